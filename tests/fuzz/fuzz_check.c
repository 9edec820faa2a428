/* A whole file, judged; and every record that breaks a rule must look the same through its item.
 * Files: core/operate/check/check.c core/operate/check/json.c core/record/rules.c
 * core/record/rules_text.c core/record/item.c core/record/item_decode.c core/record/earlier.c
 * core/record/csv.c core/record/csv_look.c core/record/csv_header.c core/record/column_alike.c
 * core/record/advice.c */
#include "core/base/json.h"
#include "core/operate/check/check.h"
#include "core/record/earlier.h"
#include "core/record/item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct categories categories;
static struct check *check;

static void judge_file(const char *data, size_t len)
{
    struct check_result result;
    struct buffer out;
    struct json_object *document = NULL;
    buffer_init(&out, (size_t)1 << 28);
    if (check_run(check, "VEND001_a.csv", NULL, data, len, len, &result, NULL))
        abort();
    if (result.valid_records + result.error_records != result.total_records)
        abort();
    if (check_append_json(check, "VEND001_a.csv", &result, &out, NULL, NULL) ||
        json_parse(out.data, out.len, &document, NULL))
        abort();
    json_object_put(document);
    buffer_release(&out);
}

static bool same_findings(const struct findings *a, const struct findings *b)
{
    if (a->count != b->count || a->messages.len != b->messages.len)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->list[i].rule != b->list[i].rule || a->list[i].column != b->list[i].column)
            return false;
    }
    return !memcmp(a->messages.data, b->messages.data, a->messages.len);
}

static void record_through_item(const struct record *record)
{
    static const struct item_head head = {"UPLOAD_20260102_030405_VEND001", "VEND001", 0};
    struct findings before, after;
    struct upload_item item;
    struct json_object *document = NULL;
    struct buffer out;
    buffer_init(&out, (size_t)1 << 24);
    findings_init(&before);
    findings_init(&after);
    upload_item_init(&item);
    item_append(&out, &head, record);
    if (json_parse(out.data, out.len, &document, NULL) || item_decode(document, &item, NULL))
        abort();
    rules_judge(record, &categories, NULL, &before);
    rules_judge(&item.record, &categories, NULL, &after);
    if (!same_findings(&before, &after))
        abort();
    upload_item_release(&item);
    findings_release(&before);
    findings_release(&after);
    json_object_put(document);
    buffer_release(&out);
}

static void read_file(const char *data, size_t len)
{
    struct csv_reader *reader = NULL;
    struct earlier *earlier = NULL;
    struct record record;
    uint32_t rows[RECORD_EARLIER_MAX];
    bool more;
    if (csv_reader_open(&reader, data, len, NULL) || earlier_new(&earlier, NULL))
        abort();
    while (!csv_reader_next(reader, &record, &more, NULL) && more) {
        if (earlier_add(earlier, &record, true, rows, NULL))
            abort();
        if (record.row_number <= 20)
            record_through_item(&record);
    }
    earlier_free(earlier);
    csv_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct check_options options = {.categories = &categories};
    char *copy = malloc(len + 1); /* exactly as long, so that a sanitizer sees a read behind it */
    if (!check && (categories_add_defaults(&categories, NULL) || check_new(&check, &options, NULL)))
        abort();
    if (!copy)
        return 0;
    memcpy(copy, data, len);
    char *exact = realloc(copy, len ? len : 1);
    judge_file(exact, len);
    read_file(exact, len);
    free(exact);
    return 0;
}
