/* Keys and file names: whatever they are, what is made of them is well formed. At most 1200
 * bytes. Files: core/record/names.c core/record/refusal.c core/record/event_s3.c */
#include "core/base/text.h"
#include "core/record/event_s3.h"
#include "core/record/names.h"
#include "tests/fuzz/fuzz.h"

/* nameless: standard input, which nobody is named by and which is not refused for it. */
static void judge_name(const struct upload_name *name, const struct refusal *refusal, bool nameless)
{
    char id[UPLOAD_ID_SIZE];
    bool valid = vendor_id_valid(name->vendor_id, strlen(name->vendor_id));
    if ((refusal->code == REFUSAL_NONE && !valid && !nameless) || (name->vendor_id[0] && !valid))
        abort();
    if (!utf8_valid(name->file_name, strlen(name->file_name), NULL) ||
        !fuzz_is_plain(refusal->message, strlen(refusal->message)))
        abort();
    upload_id_format(name, 0, 2, id);
    if (strncmp(id, "UPLOAD_", 7) != 0 || strlen(id) < 26)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct upload_name name;
    struct refusal refusal;
    struct buffer encoded;
    char *key = malloc(len + 1), *again = malloc(3 * len + 1);
    if (!key || !again)
        abort();
    buffer_init(&encoded, 3 * len + 1);
    size_t key_len = s3_key_decode((const char *)data, len, key);
    s3_key_encode(&encoded, key, key_len);
    if (s3_key_decode(encoded.data, encoded.len, again) != key_len ||
        memcmp(again, key, key_len) != 0)
        abort();
    upload_key_parse(key, key_len, &name, &refusal);
    judge_name(&name, &refusal, false);
    upload_file_name_parse(key, NULL, &name, &refusal);
    judge_name(&name, &refusal, !strcmp(key, "-"));
    buffer_release(&encoded);
    free(key);
    free(again);
    return 0;
}
