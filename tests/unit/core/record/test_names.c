#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/record/names.h"
#include "core/record/record.h"

struct key_case {
    const char *key;
    enum refusal_code code;
    const char *vendor_id;
    const char *upload_id; /* with an object of 2026-05-06 07:08:09 */
    const char *message;
};

#define MODIFIED_MS INT64_C(1778051289000)
#define FORM " is not of the form <VENDOR>_<YYYYMMDD>_<HHMMSS>.csv"
#define ENDING "; save the table as \"CSV UTF-8\" and let the name end in .csv"
#define UNDERSCORE "; write _ between vendor and date"
#define PLACE "the file is not right in its vendor's folder; its place is uploads/V/"

static void test_keys(void **state)
{
    (void)state;
    static const struct key_case list[] = {
        {"uploads/VEND001/VEND001_20260102_030405.csv", REFUSAL_NONE, "VEND001",
         "UPLOAD_20260102_030405_VEND001", ""},
        {"uploads/A-b/A-b_20240229_235959 (copy).csv", REFUSAL_NONE, "A-b",
         "UPLOAD_20240229_235959_A-b", ""},
        {"uploads/V/V_20250229_000000.csv", REFUSAL_NONE, "V", "UPLOAD_20260506_070809_V", ""},
        {"uploads/V/V_20260102_0304056.csv", REFUSAL_NONE, "V", "UPLOAD_20260506_070809_V", ""},
        {"uploads/V/V_20260102_030460.csv", REFUSAL_NONE, "V", "UPLOAD_20260506_070809_V", ""},
        {"uploads/V/V_00000101_000000.csv", REFUSAL_NONE, "V", "UPLOAD_20260506_070809_V", ""},
        {"uploads/V/V_x_20260102_030405.csv", REFUSAL_NONE, "V", "UPLOAD_20260506_070809_V", ""},
        {"uploads/V/V_spring sale+50%.csv", REFUSAL_NONE, "V", "UPLOAD_20260506_070809_V", ""},
        {"uploads/V/V_.csv", REFUSAL_NONE, "V", "UPLOAD_20260506_070809_V", ""},
        {"uploads/V/W_20260102_030405.csv", REFUSAL_VENDOR_MISMATCH, "V",
         "UPLOAD_20260102_030405_V", "the file is named for vendor W but was uploaded by vendor V"},
        {"uploads/v/V_a.csv", REFUSAL_VENDOR_MISMATCH, "v", "UPLOAD_20260506_070809_v",
         "the file is named for vendor V but was uploaded by vendor v; capitals and small letters "
         "are told apart"},
        {"uploads/a b/V_a.csv", REFUSAL_VENDOR_MISMATCH, "V", "UPLOAD_20260506_070809_V",
         "the file is named for vendor V but was uploaded by vendor a b"},
        {"uploads/a\033[2J\xFFz/V_a.csv", REFUSAL_VENDOR_MISMATCH, "V", "UPLOAD_20260506_070809_V",
         "the file is named for vendor V but was uploaded by vendor a␛[2J<xFF>z"},
        {"uploads/V/products.csv", REFUSAL_INVALID_FILE_NAME, "V", "UPLOAD_20260506_070809_V",
         "the file name products.csv" FORM},
        {"uploads/V/V_20260102_030405.CSV", REFUSAL_NONE, "V", "UPLOAD_20260102_030405_V", ""},
        {"uploads/V/V_20260102_030405.csv.Csv", REFUSAL_NONE, "V", "UPLOAD_20260102_030405_V", ""},
        {"uploads/V/V_a.txt", REFUSAL_INVALID_FILE_NAME, "V", "UPLOAD_20260506_070809_V",
         "the file name V_a.txt" FORM ENDING},
        {"uploads/V/V_20260102_030405", REFUSAL_INVALID_FILE_NAME, "V", "UPLOAD_20260506_070809_V",
         "the file name V_20260102_030405" FORM ENDING},
        {"uploads/V/V_a.csv ", REFUSAL_INVALID_FILE_NAME, "V", "UPLOAD_20260506_070809_V",
         "the file name V_a.csv " FORM ENDING},
        {"uploads/V/Products.xlsx", REFUSAL_INVALID_FILE_NAME, "V", "UPLOAD_20260506_070809_V",
         "the file name Products.xlsx" FORM ENDING},
        {"uploads/V1/V1 20260102 030405.csv", REFUSAL_INVALID_FILE_NAME, "V1",
         "UPLOAD_20260506_070809_V1", "the file name V1 20260102 030405.csv" FORM UNDERSCORE},
        {"uploads/V1/V1-20260102-030405.csv", REFUSAL_INVALID_FILE_NAME, "V1",
         "UPLOAD_20260506_070809_V1", "the file name V1-20260102-030405.csv" FORM UNDERSCORE},
        {"uploads/V1/20260102.csv", REFUSAL_INVALID_FILE_NAME, "V1", "UPLOAD_20260506_070809_V1",
         "the file name 20260102.csv" FORM},
        {"uploads/V/sub/V_a.csv", REFUSAL_INVALID_FILE_NAME, "V", "UPLOAD_20260506_070809_V",
         PLACE},
        {"uploads/V_a.csv", REFUSAL_INVALID_FILE_NAME, "V", "UPLOAD_20260506_070809_V", PLACE},
        {"uploads/V!/V!_a.csv", REFUSAL_INVALID_FILE_NAME, "", "UPLOAD_20260506_070809_UNKNOWN",
         "the file name V!_a.csv" FORM},
        {"uploads/V/V_\xFF.csv", REFUSAL_INVALID_FILE_NAME, "V", "UPLOAD_20260506_070809_V",
         "the file name V_<xFF>.csv" FORM},
        {"uploads/V/V_00091231_235959.csv", REFUSAL_NONE, "V", "UPLOAD_00091231_235959_V", ""},
        {"", REFUSAL_INVALID_FILE_NAME, "", "UPLOAD_20260506_070809_UNKNOWN",
         "the file name " FORM},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
        struct upload_name name;
        struct refusal refusal;
        char id[UPLOAD_ID_SIZE];
        upload_key_parse(list[i].key, strlen(list[i].key), &name, &refusal);
        upload_id_format(&name, MODIFIED_MS, 1, id);
        assert_int_equal(refusal.code, list[i].code);
        assert_string_equal(refusal.message, list[i].message);
        assert_string_equal(name.vendor_id, list[i].vendor_id);
        assert_string_equal(id, list[i].upload_id);
    }
}

static void test_taken_ids(void **state)
{
    (void)state;
    struct upload_name name = {.vendor_id = "V", .has_time = true, .time_ms = 0};
    char id[UPLOAD_ID_SIZE], key[REPORT_KEY_SIZE];
    upload_id_format(&name, 1, 12, id);
    assert_string_equal(id, "UPLOAD_19700101_000000_V_R12");
    report_key_format("V", id, key);
    assert_string_equal(key, "errors/V/UPLOAD_19700101_000000_V_R12_errors.csv");
    rejected_key_format("V", id, key);
    assert_string_equal(key, "errors/V/UPLOAD_19700101_000000_V_R12_rejected.csv");
}

static void test_local_files(void **state)
{
    (void)state;
    struct upload_name name;
    struct refusal refusal;
    upload_file_name_parse("a/b/V_1.csv", NULL, &name, &refusal);
    assert_int_equal(refusal.code, REFUSAL_NONE);
    assert_string_equal(name.vendor_id, "V");
    assert_string_equal(name.file_name, "V_1.csv");
    upload_file_name_parse("products.csv", NULL, &name, &refusal);
    assert_int_equal(refusal.code, REFUSAL_INVALID_FILE_NAME);
    upload_file_name_parse("products.csv", "W", &name, &refusal);
    assert_int_equal(refusal.code, REFUSAL_NONE);
    assert_string_equal(name.vendor_id, "W");
    upload_file_name_parse("V_1.csv", "W", &name, &refusal);
    assert_int_equal(refusal.code, REFUSAL_VENDOR_MISMATCH);
}

static void test_upload_keys(void **state)
{
    (void)state;
    char key[OBJECT_KEY_SIZE], *longest = malloc(2000);
    assert_non_null(longest);
    memset(longest, 'x', 1999);
    longest[1999] = '\0';
    static const char *const answered[] = {
        "uploads/a.csv",       "uploads/a.txt",    "uploads/V/a",          "uploads/V/V_a.xlsx",
        "uploads/V/a.tmp.csv", "uploads/V/~a.csv", "uploads/V/thumbs.csv", "uploads/.V/V_a.csv",
        "uploads/V/part",      "uploads/V/a.csv "};
    static const char *const ignored[] = {"errors/a.csv",
                                          "uploads",
                                          "uploads/",
                                          "uploads/V/",
                                          "uploads/V/.DS_Store",
                                          "uploads/V/.a.csv",
                                          "uploads/V/~$a.csv",
                                          "uploads/V/Thumbs.db",
                                          "uploads/V/desktop.ini",
                                          "uploads/V/a.csv.filepart",
                                          "uploads/V/a.csv.part",
                                          "uploads/V/a.csv.tmp"};
    for (size_t i = 0; i < sizeof answered / sizeof *answered; i++) {
        if (!upload_key_is_upload(answered[i], strlen(answered[i])))
            fail_msg("%s is not answered", answered[i]);
    }
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        if (upload_key_is_upload(ignored[i], strlen(ignored[i])))
            fail_msg("%s is not ignored", ignored[i]);
    }
    assert_true(upload_key_format("V", "V_1.csv", key));
    assert_string_equal(key, "uploads/V/V_1.csv");
    assert_false(upload_key_format("V", longest, key));
    free(longest);
}

static void test_record_ids(void **state)
{
    (void)state;
    char id[RECORD_ID_SIZE];
    uint32_t row = 0;
    record_id_text(12, id);
    assert_string_equal(id, "REC_00012");
    assert_true(record_id_parse(id, strlen(id), &row));
    assert_int_equal(row, 12);
    assert_true(record_id_parse("REC_123456", 10, &row));
    assert_false(record_id_parse("REC_00000", 9, &row));
    assert_false(record_id_parse("REC_0001x", 9, &row));
    assert_false(record_id_parse("REC_99999999999", 15, &row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),        cmocka_unit_test(test_taken_ids),
        cmocka_unit_test(test_local_files), cmocka_unit_test(test_upload_keys),
        cmocka_unit_test(test_record_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
