/* What a crash leaves behind. */
#ifndef INTAKE_CORE_BASE_CORE_DUMP_H
#define INTAKE_CORE_BASE_CORE_DUMP_H

/* A core file would hold keys, passwords and vendors' data: none is written, and no other process
 * of the user looks into this one's memory. prctl(2), PR_SET_DUMPABLE: a limit of 0 does not keep a
 * dump from a core_pattern that is a pipe. To debug, start the program under the debugger. A call
 * of main's. */
void core_dump_prevent(void);

#endif
