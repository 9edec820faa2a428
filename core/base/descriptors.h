/* Standard input, output and error are open before anything else is: a connection or a file that
 * gets number 1 or 2 would be sent what is meant for a person. */
#ifndef INTAKE_CORE_BASE_DESCRIPTORS_H
#define INTAKE_CORE_BASE_DESCRIPTORS_H

#include <stdbool.h>

/* Fills those that are closed with /dev/null, opened the other way round for input and output:
 * reading from a closed input and writing to a closed output fail (EBADF), as they would. What goes
 * to a closed standard error is dropped. False where that is not possible: end the program. The
 * first call of main. */
bool descriptors_open(void);

#endif
