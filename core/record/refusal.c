#include "core/record/refusal.h"

#include <stdio.h>

#include "core/base/text.h"

static const char *const names[REFUSAL_COUNT] = {
    [REFUSAL_NONE] = "NONE",
    [REFUSAL_INVALID_FILE_NAME] = "INVALID_FILE_NAME",
    [REFUSAL_VENDOR_MISMATCH] = "VENDOR_MISMATCH",
    [REFUSAL_UNKNOWN_VENDOR] = "UNKNOWN_VENDOR",
    [REFUSAL_VENDOR_NOT_ACTIVE] = "VENDOR_NOT_ACTIVE",
    [REFUSAL_FILE_TOO_LARGE] = "FILE_TOO_LARGE",
    [REFUSAL_EMPTY_FILE] = "EMPTY_FILE",
    [REFUSAL_INVALID_ENCODING] = "INVALID_ENCODING",
    [REFUSAL_MALFORMED_CSV] = "MALFORMED_CSV",
    [REFUSAL_INVALID_HEADER] = "INVALID_HEADER",
    [REFUSAL_MISSING_COLUMN] = "MISSING_COLUMN",
    [REFUSAL_NO_RECORDS] = "EMPTY_FILE",
    [REFUSAL_TOO_MANY_RECORDS] = "TOO_MANY_RECORDS",
    [REFUSAL_OBJECT_GONE] = "OBJECT_GONE",
    [REFUSAL_RECORDS_LOST] = "RECORDS_LOST",
};

const char *refusal_name(enum refusal_code code)
{
    return code < REFUSAL_COUNT ? names[code] : names[REFUSAL_NONE];
}

void refusal_set(struct refusal *refusal, enum refusal_code code, uint32_t line_number,
                 const char *format, ...)
{
    va_list arguments;
    refusal->code = code;
    refusal->line_number = line_number;
    va_start(arguments, format);
    int len = vsnprintf(refusal->message, sizeof refusal->message, format, arguments);
    va_end(arguments);
    size_t end = len < 0 ? 0 : strlen(refusal->message), bad;
    if (!utf8_valid(refusal->message, end, &bad)) /* a code point that the end of message halved */
        refusal->message[bad] = '\0';
}

void refusal_set_unknown_vendor(struct refusal *refusal, const char *vendor_id)
{
    refusal_set(refusal, REFUSAL_UNKNOWN_VENDOR, 0, "no vendor has the id %s", vendor_id);
}

void refusal_set_vendor_not_active(struct refusal *refusal, const char *vendor_id,
                                   const char *status)
{
    refusal_set(refusal, REFUSAL_VENDOR_NOT_ACTIVE, 0,
                "vendor %s is %s; only an active vendor may upload", vendor_id, status);
}

void refusal_set_too_large(struct refusal *refusal, uint64_t bytes)
{
    refusal_set(refusal, REFUSAL_FILE_TOO_LARGE, 0,
                "the file has %llu bytes, more than the 10485760 (10 MB) allowed; split it",
                (unsigned long long)bytes);
}

void refusal_set_object_gone(struct refusal *refusal)
{
    refusal_set(refusal, REFUSAL_OBJECT_GONE, 0,
                "the file was deleted or replaced before all of it was read; upload it again");
}

void refusal_set_records_lost(struct refusal *refusal, int64_t lost, int64_t total)
{
    refusal_set(refusal, REFUSAL_RECORDS_LOST, 0,
                "%lld of %lld records were lost before they were judged; upload the file again",
                (long long)lost, (long long)total);
}
