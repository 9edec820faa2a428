#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/pipeline/batch.h"
#include "core/pipeline/ledger_columns.h"
#include "core/record/waves.h"

#define HEADER "vendor_product_id,product_name,category,sku,price,stock_quantity\n"

/* The records of a file as items of one upload, in file order. */
struct fixture {
    struct upload_item items[64];
    size_t count;
    struct batch_upload upload;
    struct batch batch;
};

/* A deep copy in one block: the reader's record lives until its next one. */
static struct record *record_copy(const struct record *record)
{
    size_t earlier = record->earlier_count * sizeof(uint32_t);
    size_t facts = 0, texts = record->raw_len;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        facts += record->fields[i].facts ? sizeof(struct field_facts) : 0;
        texts += record->fields[i].len;
    }
    struct record *copy = malloc(sizeof *copy + facts + earlier + texts);
    assert_non_null(copy);
    *copy = *record;
    struct field_facts *fact = (struct field_facts *)(copy + 1);
    uint32_t *rows = (uint32_t *)((char *)(copy + 1) + facts);
    char *text = (char *)rows + earlier;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const struct record_field *field = &record->fields[i];
        if (field->facts) {
            *fact = *field->facts;
            copy->fields[i].facts = fact++;
        }
        if (field->text) {
            memcpy(text, field->text, field->len);
            copy->fields[i].text = text;
            text += field->len;
        }
    }
    if (earlier)
        memcpy(rows, record->earlier_rows, earlier);
    copy->earlier_rows = earlier ? rows : NULL;
    if (record->raw) {
        memcpy(text, record->raw, record->raw_len);
        copy->raw = text;
    }
    return copy;
}

static void fixture_init(struct fixture *fixture, const char *csv)
{
    struct csv_reader *reader = NULL;
    struct record record;
    bool more = true;
    memset(fixture, 0, sizeof *fixture);
    batch_init(&fixture->batch);
    assert_int_equal(csv_reader_open(&reader, csv, strlen(csv), NULL), ERROR_NONE);
    while (csv_reader_next(reader, &record, &more, NULL) == ERROR_NONE && more) {
        struct upload_item *item = &fixture->items[fixture->count++];
        struct record *copy = record_copy(&record);
        upload_item_init(item);
        snprintf(item->upload_id, sizeof item->upload_id, "UPLOAD_1");
        snprintf(item->vendor_id, sizeof item->vendor_id, "VEND001");
        record_id_text(record.row_number, item->record_id);
        item->record = *copy;
        /* the copy's memory is one block that the test gives back in fixture_release */
        item->created_at_ms = (int64_t)(intptr_t)copy;
    }
    csv_reader_free(reader);
    fixture->upload = (struct batch_upload){
        .upload_id = "UPLOAD_1", .vendor_id = "VEND001", .total = (int64_t)fixture->count};
}

static void fixture_release(struct fixture *fixture)
{
    for (size_t i = 0; i < fixture->count; i++)
        free((struct record *)(intptr_t)fixture->items[i].created_at_ms);
    batch_release(&fixture->batch);
}

static void judge(struct fixture *fixture)
{
    batch_sort(&fixture->batch);
    batch_restart(&fixture->batch);
    assert_int_equal(categories_add_defaults(&fixture->batch.categories, NULL), ERROR_NONE);
    for (size_t i = 0; i < fixture->batch.count; i++)
        fixture->batch.entries[i].upload = &fixture->upload;
    assert_int_equal(batch_judge(&fixture->batch, 0, NULL), ERROR_NONE);
}

static void the_first_in_the_file_wins_however_the_batch_arrives(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, HEADER "a,Lamp,Books,S1,1.00,1\n"
                                  "b,Lamp,Books,S1,2.00,1\n"
                                  "c,Lamp,Books,S2,3.00,1\n");
    for (size_t i = fixture.count; i-- > 0;)
        assert_int_equal(batch_add(&fixture.batch, &fixture.items[i], i, NULL), ERROR_NONE);
    judge(&fixture);
    assert_int_equal(fixture.upload.added_valid, 2);
    assert_int_equal(fixture.upload.added_invalid, 1);
    struct batch_entry *second = batch_find(&fixture.batch, "UPLOAD_1", 2);
    assert_int_equal(second->finding_count, 1);
    assert_int_equal(second->findings[0].rule, RULE_DUPLICATE_SKU);
    assert_non_null(strstr(second->findings[0].message, "line 2 "));
    assert_non_null(strstr(second->message, "\"error_type\":\"DUPLICATE_SKU\""));
    fixture_release(&fixture);
}

static void a_rejected_record_occupies_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, HEADER "a,Lamp,Books,S1,free,1\n"
                                  "a,Lamp,Books,S1,2.00,1\n");
    for (size_t i = 0; i < fixture.count; i++)
        assert_int_equal(batch_add(&fixture.batch, &fixture.items[i], i, NULL), ERROR_NONE);
    judge(&fixture);
    assert_int_equal(batch_find(&fixture.batch, "UPLOAD_1", 1)->finding_count, 1);
    assert_int_equal(batch_find(&fixture.batch, "UPLOAD_1", 2)->finding_count, 0);
    fixture_release(&fixture);
}

static void the_same_record_twice_is_judged_once(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, HEADER "a,Lamp,Books,S1,1.00,1\n");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(batch_add(&fixture.batch, &fixture.items[0], i, NULL), ERROR_NONE);
    judge(&fixture);
    assert_int_equal(fixture.upload.added_valid, 1);
    assert_false(fixture.batch.entries[0].superseded);
    assert_true(fixture.batch.entries[1].superseded);
    assert_true(fixture.batch.entries[2].superseded);
    fixture_release(&fixture);
}

static void what_another_upload_occupies_is_in_the_catalogue(void **state)
{
    (void)state;
    struct occupied_set set;
    occupied_init(&set);
    char texts[1000][16];
    for (uint32_t i = 0; i < 1000; i++) {
        snprintf(texts[i], sizeof texts[i], "SKU-%u", (unsigned)i);
        struct occupant occupant = {.text = texts[i],
                                    .len = strlen(texts[i]),
                                    .vendor_id = i % 2 ? "VEND001" : NULL,
                                    .upload_id = "U",
                                    .row_number = i};
        assert_int_equal(occupied_add(&set, &occupant, NULL), ERROR_NONE);
        occupant.row_number = 5000;
        assert_int_equal(occupied_add(&set, &occupant, NULL), ERROR_NONE);
    }
    for (uint32_t i = 0; i < 1000; i++) {
        const char *vendor = i % 2 ? "VEND001" : NULL;
        const struct occupant *found = occupied_find(&set, vendor, texts[i], strlen(texts[i]));
        assert_non_null(found);
        assert_int_equal(found->row_number, i);
        assert_null(occupied_find(&set, "VEND002", texts[i], strlen(texts[i])));
    }
    occupied_clear(&set);
    assert_null(occupied_find(&set, NULL, "SKU-0", 5));
    occupied_release(&set);
}

static void an_upload_is_final_when_its_counts_meet_the_total(void **state)
{
    (void)state;
    assert_string_equal(ledger_status(10, 5, 4), "processing");
    assert_string_equal(ledger_status(10, 10, 0), "completed");
    assert_string_equal(ledger_status(10, 6, 4), "partial");
    assert_string_equal(ledger_status(10, 0, 10), "failed");
}

static void a_record_is_written_after_those_it_shares_a_key_with(void **state)
{
    (void)state;
    struct buffer csv;
    struct csv_reader *reader = NULL;
    struct refusal refusal;
    struct waves waves;
    buffer_init(&csv, 1 << 20);
    buffer_text(&csv, HEADER);
    for (int i = 0; i < 20; i++)
        buffer_format(&csv, "p%d,Lamp,Books,%s,1.00,1\n", i, i % 2 ? "SAME" : "");
    for (int i = 20; i < 40; i++)
        buffer_format(&csv, "p%d,Lamp,Books,S%d,1.00,1\n", i, i);
    waves_init(&waves);
    assert_int_equal(csv_reader_open(&reader, csv.data, csv.len, NULL), ERROR_NONE);
    assert_int_equal(waves_read(&waves, reader, &refusal, NULL), ERROR_NONE);
    assert_int_equal(refusal.code, REFUSAL_NONE);
    assert_int_equal(waves.count, 40);
    uint32_t expected = 0;
    for (uint32_t row = 1; row <= 40; row++) {
        struct record record = {.row_number = row};
        waves_apply(&waves, &record);
        bool shares = row <= 20 && row % 2 == 0;
        expected += shares;
        assert_int_equal(record.earlier_count, shares ? expected - 1 : 0);
        if (shares && expected > 1)
            assert_int_equal(record.earlier_rows[0], row - 2);
        assert_int_equal(record.wave, !shares ? 1 : expected < WAVES_MAX ? expected : WAVES_MAX);
    }
    assert_int_equal(waves.last, WAVES_MAX);
    waves_release(&waves);
    csv_reader_free(reader);
    buffer_release(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_in_the_file_wins_however_the_batch_arrives),
        cmocka_unit_test(a_rejected_record_occupies_nothing),
        cmocka_unit_test(the_same_record_twice_is_judged_once),
        cmocka_unit_test(what_another_upload_occupies_is_in_the_catalogue),
        cmocka_unit_test(an_upload_is_final_when_its_counts_meet_the_total),
        cmocka_unit_test(a_record_is_written_after_those_it_shares_a_key_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
