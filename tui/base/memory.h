/* Memory of the console's own thread. A full-screen program that is out of memory can do nothing
 * better than give the terminal back and say so, hence these never return NULL. Jobs on worker
 * threads may use them too. */
#ifndef INTAKE_TUI_BASE_MEMORY_H
#define INTAKE_TUI_BASE_MEMORY_H

#include <stddef.h>

/* All return memory for free(). `console_allocate` returns it zeroed. */
void *console_allocate(size_t size);
void *console_grow(void *memory, size_t count, size_t size);
char *console_copy(const char *text);                       /* NULL becomes "" */
char *console_copy_bytes(const char *bytes, size_t length); /* NUL terminated */
char *console_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
