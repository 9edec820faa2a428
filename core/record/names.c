#include "core/record/names.h"

#include <stdio.h>

#include "core/base/text.h"
#include "core/base/time_text.h"

#define PREFIX "uploads/"
#define SUFFIX ".csv"

bool vendor_id_valid(const char *text, size_t len)
{
    if (!len || len > VENDOR_ID_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-'))
            return false;
    }
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int digits_value(const char *at, int count)
{
    int value = 0;
    while (count--)
        value = value * 10 + (*at++ - '0');
    return value;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int past = year - 1;
    int64_t days = (int64_t)past * 365 + past / 4 - past / 100 + past / 400 - 719162;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days + before[month - 1] + (leap && month > 2) + day - 1;
}

static bool is_date(int year, int month, int day)
{
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    int next = month == 12 ? 1 : month + 1;
    return day <= days_of(year + (month == 12), next, 1) - days_of(year, month, 1);
}

/* YYYYMMDD_HHMMSS at the start, and no digit behind it. */
static bool time_parse(const char *at, size_t len, int64_t *ms)
{
    if (len < 15 || at[8] != '_' || (len > 15 && is_digit(at[15])))
        return false;
    for (int i = 0; i < 15; i++) {
        if (i != 8 && !is_digit(at[i]))
            return false;
    }
    int year = digits_value(at, 4), month = digits_value(at + 4, 2), day = digits_value(at + 6, 2);
    int hour = digits_value(at + 9, 2), minute = digits_value(at + 11, 2);
    int second = digits_value(at + 13, 2);
    if (!is_date(year, month, day) || hour > 23 || minute > 59 || second > 59)
        return false;
    *ms = (((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000;
    return true;
}

static void text_copy(char *out, size_t size, const char *text, size_t len)
{
    if (len >= size)
        len = size - 1;
    memcpy(out, text, len);
    out[len] = '\0';
}

/* What a database column can hold, whatever the key's bytes are. */
static void file_name_copy(char out[OBJECT_KEY_SIZE], const char *text, size_t len)
{
    if (len < OBJECT_KEY_SIZE && utf8_valid(text, len, NULL) && !memchr(text, '\0', len)) {
        text_copy(out, OBJECT_KEY_SIZE, text, len);
        return;
    }
    struct buffer visible;
    buffer_init(&visible, OBJECT_KEY_SIZE);
    text_append_visible_cut(&visible, text, len, OBJECT_KEY_SIZE / 4);
    text_copy(out, OBJECT_KEY_SIZE, visible.data, visible.len);
    buffer_release(&visible);
}

/* In any ASCII case; `lower` is in lower case. */
static bool ends_with(const char *text, size_t len, const char *lower)
{
    size_t wanted = strlen(lower);
    if (len < wanted)
        return false;
    for (size_t i = 0; i < wanted; i++) {
        char c = text[len - wanted + i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c) != lower[i])
            return false;
    }
    return true;
}

/* "<VENDOR>_<anything>.csv": the vendor's length, or 0. */
static size_t file_vendor(const char *file, size_t len)
{
    const char *underscore = memchr(file, '_', len);
    size_t vendor = underscore ? (size_t)(underscore - file) : 0;
    if (!vendor_id_valid(file, vendor) || len < vendor + 1 + strlen(SUFFIX) ||
        !ends_with(file, len, SUFFIX) || !utf8_valid(file, len, NULL) || memchr(file, '\0', len))
        return 0;
    return vendor;
}

/* "VEND001 20260301" or "VEND001-20260301": a date of eight digits behind another mark than _. */
static bool lacks_underscore(const char *file, size_t len)
{
    for (size_t i = 1; i + 9 <= len; i++) {
        size_t digits = 0;
        while (digits < 9 && i + 1 + digits < len && is_digit(file[i + 1 + digits]))
            digits++;
        if (digits == 8 && (file[i] == ' ' || file[i] == '-' || file[i] == '.') &&
            vendor_id_valid(file, i))
            return true;
    }
    return false;
}

static void refuse_name(struct refusal *refusal, const char *file_name)
{
    struct buffer shown;
    size_t len = strlen(file_name);
    buffer_init(&shown, 1024);
    text_append_visible_cut(&shown, file_name, len, 120);
    refusal_set(refusal, REFUSAL_INVALID_FILE_NAME, 0,
                "the file name %s is not of the form <VENDOR>_<YYYYMMDD>_<HHMMSS>.csv%s%s",
                shown.data,
                lacks_underscore(file_name, len) ? "; write _ between vendor and date" : "",
                !len || ends_with(file_name, len, SUFFIX)
                    ? ""
                    : "; save the table as \"CSV UTF-8\" and let the name end in .csv");
    buffer_release(&shown);
}

static bool same_but_for_case(const char *a, size_t a_len, const char *b, size_t b_len)
{
    if (a_len != b_len)
        return false;
    for (size_t i = 0; i < a_len; i++) {
        if ((a[i] | 0x20) != (b[i] | 0x20))
            return false;
    }
    return true;
}

static void refuse_vendor(struct refusal *refusal, const char *file, size_t file_vendor_len,
                          const char *vendor, size_t vendor_len)
{
    struct buffer shown;
    buffer_init(&shown, 1024);
    text_append_visible_cut(&shown, vendor, vendor_len, 60);
    refusal_set(refusal, REFUSAL_VENDOR_MISMATCH, 0,
                "the file is named for vendor %.*s but was uploaded by vendor %s%s",
                (int)file_vendor_len, file, shown.data,
                same_but_for_case(file, file_vendor_len, vendor, vendor_len)
                    ? "; capitals and small letters are told apart"
                    : "");
    buffer_release(&shown);
}

static void name_begin(struct upload_name *name, struct refusal *refusal)
{
    *name = (struct upload_name){.has_time = false};
    *refusal = (struct refusal){.code = REFUSAL_NONE};
}

static void name_time(struct upload_name *name, const char *file, size_t len, size_t vendor)
{
    name->has_time = vendor && time_parse(file + vendor + 1, len - vendor - 1, &name->time_ms);
}

void upload_key_parse(const char *key, size_t len, struct upload_name *name,
                      struct refusal *refusal)
{
    size_t prefix = strlen(PREFIX);
    const char *file = key, *folder = NULL;
    size_t folder_len = 0;
    name_begin(name, refusal);
    for (size_t i = len; i > 0 && file == key; i--) {
        if (key[i - 1] == '/')
            file = key + i;
    }
    size_t file_len = len - (size_t)(file - key);
    if (len > prefix && !memcmp(key, PREFIX, prefix)) {
        folder = key + prefix;
        const char *slash = memchr(folder, '/', len - prefix);
        folder_len = slash ? (size_t)(slash - folder) : 0;
    }
    size_t vendor = file_vendor(file, file_len);
    name_time(name, file, file_len, vendor);
    file_name_copy(name->file_name, file, file_len);
    if (folder && vendor_id_valid(folder, folder_len))
        text_copy(name->vendor_id, VENDOR_ID_SIZE, folder, folder_len);
    else if (vendor)
        text_copy(name->vendor_id, VENDOR_ID_SIZE, file, vendor);
    if (!vendor)
        refuse_name(refusal, name->file_name);
    else if (!folder_len || folder + folder_len + 1 != file)
        refusal_set(refusal, REFUSAL_INVALID_FILE_NAME, 0,
                    "the file is not right in its vendor's folder; its place is " PREFIX "%.*s/",
                    (int)vendor, file);
    else if (folder_len != vendor || memcmp(folder, file, vendor) != 0)
        refuse_vendor(refusal, file, vendor, folder, folder_len);
}

void upload_file_name_parse(const char *path, const char *vendor_id, struct upload_name *name,
                            struct refusal *refusal)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    size_t len = strlen(file), vendor = file_vendor(file, len);
    name_begin(name, refusal);
    name_time(name, file, len, vendor);
    file_name_copy(name->file_name, file, len);
    if (vendor_id)
        text_copy(name->vendor_id, VENDOR_ID_SIZE, vendor_id, strlen(vendor_id));
    else
        text_copy(name->vendor_id, VENDOR_ID_SIZE, file, vendor);
    if (!vendor_id && !vendor && strcmp(path, "-") != 0)
        refuse_name(refusal, name->file_name);
    else if (vendor_id && vendor &&
             (strlen(vendor_id) != vendor || memcmp(vendor_id, file, vendor) != 0))
        refuse_vendor(refusal, file, vendor, vendor_id, strlen(vendor_id));
}

/* What tools leave beside files, and files that are still being written. */
static bool name_ignored(const char *file, size_t len)
{
    static const char *const names[] = {"Thumbs.db", "desktop.ini"};
    static const char *const endings[] = {".filepart", ".part", ".tmp"};
    if (!len || file[0] == '.' || (len >= 2 && file[0] == '~' && file[1] == '$'))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) == len && !memcmp(file, names[i], len))
            return true;
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (len >= ending && !memcmp(file + len - ending, endings[i], ending))
            return true;
    }
    return false;
}

bool upload_key_is_upload(const char *key, size_t len)
{
    size_t prefix = strlen(PREFIX), start = len;
    if (len < prefix || memcmp(key, PREFIX, prefix) != 0)
        return false;
    while (start > prefix && key[start - 1] != '/')
        start--;
    return !name_ignored(key + start, len - start);
}

bool upload_key_format(const char *vendor_id, const char *file_name, char out[OBJECT_KEY_SIZE])
{
    int len = snprintf(out, OBJECT_KEY_SIZE, PREFIX "%s/%s", vendor_id, file_name);
    return len > 0 && len < OBJECT_KEY_SIZE;
}

void upload_id_format(const struct upload_name *name, int64_t last_modified_ms, unsigned attempt,
                      char out[UPLOAD_ID_SIZE])
{
    char time[TIME_TEXT_SIZE], again[16] = "";
    time_text_iso8601(name->has_time ? name->time_ms : last_modified_ms, time);
    if (attempt > 1)
        snprintf(again, sizeof again, "_R%u", attempt);
    snprintf(out, UPLOAD_ID_SIZE, "UPLOAD_%.4s%.2s%.2s_%.2s%.2s%.2s_%s%s", time, time + 5, time + 8,
             time + 11, time + 14, time + 17,
             name->vendor_id[0] ? name->vendor_id : VENDOR_ID_UNKNOWN, again);
}

void report_key_format(const char *vendor_id, const char *upload_id, char out[REPORT_KEY_SIZE])
{
    snprintf(out, REPORT_KEY_SIZE, "errors/%s/%s_errors.csv", vendor_id, upload_id);
}

void rejected_key_format(const char *vendor_id, const char *upload_id, char out[REPORT_KEY_SIZE])
{
    snprintf(out, REPORT_KEY_SIZE, "errors/%s/%s_rejected.csv", vendor_id, upload_id);
}

bool record_id_parse(const char *text, size_t len, uint32_t *row_number)
{
    uint64_t value = 0;
    if (len < 9 || len > 14 || memcmp(text, "REC_", 4) != 0)
        return false;
    for (size_t i = 4; i < len; i++) {
        if (!is_digit(text[i]))
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    if (!value || value > UINT32_MAX)
        return false;
    *row_number = (uint32_t)value;
    return true;
}
