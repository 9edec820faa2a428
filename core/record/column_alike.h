/* Which known column a vendor's unknown one was probably meant to be. It is told, never taken. */
#ifndef INTAKE_CORE_RECORD_COLUMN_ALIKE_H
#define INTAKE_CORE_RECORD_COLUMN_ALIKE_H

#include "core/record/record.h"

/* COLUMN_NONE: none. */
enum product_column column_alike(const char *name, size_t len);

#endif
