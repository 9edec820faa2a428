/* Why a file cannot be taken at all. In the order of precedence: the first that holds. */
#ifndef INTAKE_CORE_RECORD_REFUSAL_H
#define INTAKE_CORE_RECORD_REFUSAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

enum refusal_code {
    REFUSAL_NONE,
    REFUSAL_INVALID_FILE_NAME,
    REFUSAL_VENDOR_MISMATCH,
    REFUSAL_UNKNOWN_VENDOR,
    REFUSAL_VENDOR_NOT_ACTIVE,
    REFUSAL_FILE_TOO_LARGE,
    REFUSAL_EMPTY_FILE,
    REFUSAL_INVALID_ENCODING,
    REFUSAL_MALFORMED_CSV,
    REFUSAL_INVALID_HEADER,
    REFUSAL_MISSING_COLUMN,
    REFUSAL_NO_RECORDS, /* named EMPTY_FILE too */
    REFUSAL_TOO_MANY_RECORDS,
    REFUSAL_OBJECT_GONE,  /* it was there when the upload was claimed */
    REFUSAL_RECORDS_LOST, /* an operator ended it: some were nowhere to be found */
    REFUSAL_COUNT
};

struct refusal {
    enum refusal_code code; /* REFUSAL_NONE: the file can be taken */
    uint32_t line_number;   /* 0: of no line */
    char message[512];      /* one line for the vendor, in UTF-8 and without control characters */
};

/* "INVALID_HEADER"; "NONE" for REFUSAL_NONE. Never NULL. */
const char *refusal_name(enum refusal_code code);

void refusal_set(struct refusal *refusal, enum refusal_code code, uint32_t line_number,
                 const char *format, ...) PRINTF_LIKE(4, 5);

/* The two that only the database can find. */
void refusal_set_unknown_vendor(struct refusal *refusal, const char *vendor_id);
void refusal_set_vendor_not_active(struct refusal *refusal, const char *vendor_id,
                                   const char *status);
/* FILE_TOO_LARGE, by the size alone, before a byte is read. */
void refusal_set_too_large(struct refusal *refusal, uint64_t bytes);
/* The claimed object version is not there any more. */
void refusal_set_object_gone(struct refusal *refusal);
void refusal_set_records_lost(struct refusal *refusal, int64_t lost, int64_t total);

#endif
