/* Ids, object keys and file names, and what they say. Pure text. */
#ifndef INTAKE_CORE_RECORD_NAMES_H
#define INTAKE_CORE_RECORD_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/refusal.h"

#define VENDOR_ID_MAX 50
#define VENDOR_ID_SIZE (VENDOR_ID_MAX + 1)
#define UPLOAD_ID_SIZE 128
#define OBJECT_KEY_SIZE 1025 /* S3 keys have at most 1024 bytes */
#define VENDOR_ID_UNKNOWN "UNKNOWN"

/* [A-Za-z0-9-]{1,50} */
bool vendor_id_valid(const char *text, size_t len);

/* What an upload key says, refused or not. */
struct upload_name {
    char vendor_id[VENDOR_ID_SIZE];  /* whom to tell: the folder's vendor where that is a vendor id,
                                        else the file name's, else "" */
    char file_name[OBJECT_KEY_SIZE]; /* behind the last slash; the whole key where there is none */
    bool has_time;                   /* the name carries a date and time */
    int64_t time_ms;                 /* that time as UTC */
};

/* `uploads/<VENDOR>/<VENDOR>_<anything>.csv` (.csv in any case), already URL-decoded. The refusal
   is REFUSAL_NONE, INVALID_FILE_NAME or VENDOR_MISMATCH; *name is filled as far as can be in any
   case. */
void upload_key_parse(const char *key, size_t len, struct upload_name *name,
                      struct refusal *refusal);

/* A file's name alone, as `check` and `submit` have it; a path before it is dropped. vendor_id
   NULL: from the name, refused where it has none; else the given one, and VENDOR_MISMATCH where the
   name says another. The path "-" is standard input: no name, so none to refuse. */
void upload_file_name_parse(const char *path, const char *vendor_id, struct upload_name *name,
                            struct refusal *refusal);

/* Whether the key is a file below uploads/, which is to be answered whatever its name. Not: a
   folder (it ends in /), and what tools leave behind: a name that begins with . or ~$, Thumbs.db,
   desktop.ini, *.filepart, *.part, *.tmp. */
bool upload_key_is_upload(const char *key, size_t len);

/* "uploads/V/<file>". False where it does not fit an S3 key. */
bool upload_key_format(const char *vendor_id, const char *file_name, char out[OBJECT_KEY_SIZE]);

/* UPLOAD_<YYYYMMDD>_<HHMMSS>_<VENDOR>: the name's time, or the object's LastModified. attempt 1 is
   the plain id, 2 ends with _R2, and so on. */
void upload_id_format(const struct upload_name *name, int64_t last_modified_ms, unsigned attempt,
                      char out[UPLOAD_ID_SIZE]);

/* errors/<VENDOR>/<upload_id>_errors.csv and ..._rejected.csv */
#define REPORT_KEY_SIZE 192
void report_key_format(const char *vendor_id, const char *upload_id, char out[REPORT_KEY_SIZE]);
void rejected_key_format(const char *vendor_id, const char *upload_id, char out[REPORT_KEY_SIZE]);

/* "REC_00012" -> 12; false for anything else. */
bool record_id_parse(const char *text, size_t len, uint32_t *row_number);

#endif
