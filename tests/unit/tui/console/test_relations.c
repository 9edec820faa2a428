/* Every relation leads to a screen that is there and takes what it is handed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tui/base/filter.h"
#include "tui/console/relations.h"
#include "tui/console/registry.h"
#include "tui/frames/list.h"

/* A set that knows one id of every kind. */
static void know_all(struct id_set *set)
{
    memset(set, 0, sizeof(*set));
    for (int kind = ID_UPLOAD; kind < ID_ANY; kind++)
        snprintf(set->values[kind], ID_SIZE, "%d", kind);
}

/* "{upload} row:{row}" is what a screen means that asks for "UPLOAD row:N". */
static bool takes(const struct screen_ops *ops, const char *template)
{
    size_t at;

    if (ops->argument == NULL || template[0] == '\0')
        return ops->argument == NULL;
    for (at = 0; isupper((unsigned char)ops->argument[at]); at++) {
        if (toupper((unsigned char)template[at + 1]) != ops->argument[at])
            return false;
    }
    return template[0] == '{' && template[at + 1] == '}';
}

static void every_relation_leads_to_a_screen_that_takes_it(void **state)
{
    const struct relation *relation;
    struct id_set all;
    char text[ID_SIZE];

    (void)state;
    know_all(&all);
    for (size_t i = 0; (relation = relation_at(i)) != NULL; i++) {
        const struct screen_ops *ops = screen_find(relation->screen);

        assert_non_null(ops);
        if (!takes(ops, relation->argument))
            fail_msg("%s does not take \"%s\"", ops->name, relation->argument);
        assert_true(relation_fill(relation->argument, &all, text, sizeof(text)));
        assert_true(relation_fill(relation->filter, &all, text, sizeof(text)));
        if (relation->filter != NULL) {
            struct filter parsed;

            assert_non_null(ops->filter);
            filter_parse(&parsed, text, ((const struct list_spec *)ops->spec)->filter_keys);
            assert_string_equal(parsed.problem, "");
        }
    }
}

static void no_two_relations_share_a_letter_nor_take_a_movement(void **state)
{
    (void)state;
    for (size_t i = 0; relation_at(i) != NULL; i++) {
        assert_null(strchr("jkqJ", relation_at(i)->key));
        assert_true(islower((unsigned char)relation_at(i)->key));
        for (size_t other = 0; other < i; other++)
            assert_int_not_equal(relation_at(i)->key, relation_at(other)->key);
    }
}

static void each_kind_leads_to_the_thing_itself(void **state)
{
    (void)state;
    assert_string_equal(relation_of(ID_UPLOAD)->screen, "upload");
    assert_string_equal(relation_of(ID_VENDOR)->screen, "vendor");
    assert_string_equal(relation_of(ID_QUEUE)->screen, "dead-letters");
    assert_string_equal(relation_of(ID_FILE)->screen, "uploads");
    assert_string_equal(relation_of(ID_SKU)->screen, "products");
    assert_string_equal(relation_of(ID_WORD)->screen, "products");
    assert_null(relation_of(ID_NONE));
}

static void ids_are_found_in_what_is_pasted(void **state)
{
    static const struct {
        const char *text;
        enum id_kind kind;
        const char *value;
    } cases[] = {
        {"UPLOAD_20260102_120000_VEND001", ID_UPLOAD, "UPLOAD_20260102_120000_VEND001"},
        {" \"UPLOAD_20260102_120000_VEND001\"\r\n", ID_UPLOAD, "UPLOAD_20260102_120000_VEND001"},
        {"errors/VEND001/UPLOAD_20260102_120000_VEND001_R2_errors.csv", ID_UPLOAD,
         "UPLOAD_20260102_120000_VEND001_R2"},
        {"{\"upload_id\": \"UPLOAD_20260102_120000_ACME-1\"}", ID_UPLOAD,
         "UPLOAD_20260102_120000_ACME-1"},
        {"VEND001", ID_VENDOR, "VEND001"},
        {"VEND_1", ID_WORD, "VEND_1"},
        {"uploads/VEND001/VEND001_20260102_120000.csv", ID_FILE, "VEND001_20260102_120000.csv"},
        {"s3://bucket/uploads/VEND001/VEND001_a.csv", ID_FILE, "VEND001_a.csv"},
        {"VEND001_a.csv", ID_FILE, "VEND001_a.csv"},
        {"product-validation-errors-dlq", ID_QUEUE, "product-validation-errors-dlq"},
        {"https://sqs.us-east-1.amazonaws.com/123456789012/product-validation-errors-dlq", ID_QUEUE,
         "product-validation-errors-dlq"},
        {"arn:aws:sqs:us-east-1:123456789012:errors", ID_QUEUE, "errors"},
        {"KB-0001", ID_WORD, "KB-0001"},
        {"  \t", ID_NONE, ""},
        {"", ID_NONE, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char value[ID_SIZE];

        if (id_find(cases[i].text, value) != cases[i].kind)
            fail_msg("%s", cases[i].text);
        if (cases[i].kind != ID_NONE)
            assert_string_equal(value, cases[i].value);
    }
}

static void too_long_an_id_is_none(void **state)
{
    char text[ID_SIZE * 3];
    char value[ID_SIZE];
    struct id_set set = {.values = {""}};

    (void)state;
    memset(text, 'A', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(id_find(text, value), ID_NONE);
    id_set_add(&set, ID_SKU, text);
    assert_string_equal(set.values[ID_SKU], "");
}

static void a_set_knows_what_is_said_first(void **state)
{
    struct id_set set = {.values = {""}};

    (void)state;
    id_set_add_argument(&set, "UPLOAD row:N", "UPLOAD_20260102_120000_VEND001 row:3");
    id_set_add(&set, ID_VENDOR, "VEND009");
    id_set_add_filter(&set, "sku:\"A 1\" words");
    assert_string_equal(set.values[ID_UPLOAD], "UPLOAD_20260102_120000_VEND001");
    assert_string_equal(set.values[ID_VENDOR], "VEND001");
    assert_string_equal(set.values[ID_ROW], "3");
    assert_string_equal(set.values[ID_SKU], "A 1");
    id_set_add_filter(&set, "errors-dlq");
    assert_string_equal(set.values[ID_QUEUE], "errors-dlq");
    assert_string_equal(set.values[ID_WORD], "");
}

static void an_argument_of_any_kind_is_looked_into(void **state)
{
    struct id_set set = {.values = {""}};

    (void)state;
    id_set_add_argument(&set, NULL, "ACME-1");
    assert_string_equal(set.values[ID_VENDOR], "ACME-1");
    memset(&set, 0, sizeof(set));
    id_set_add_argument(&set, NULL, "product-validation-errors-dlq");
    assert_string_equal(set.values[ID_QUEUE], "product-validation-errors-dlq");
    memset(&set, 0, sizeof(set));
    id_set_add_argument(&set, "QUEUE MESSAGE", "errors-dlq 12-34");
    assert_string_equal(set.values[ID_QUEUE], "errors-dlq");
    assert_string_equal(set.values[ID_MESSAGE], "12-34");
    memset(&set, 0, sizeof(set));
    id_set_add(&set, ID_UPLOAD, "UPLOAD_20260102_120000_UNKNOWN");
    assert_string_equal(set.values[ID_VENDOR], "");
}

static void the_beginning_of_an_id_says_no_vendor(void **state)
{
    static const char *const texts[] = {"UPLOAD_", "UPLOAD_2026", "UPLOAD_20260102_120000"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct id_set set = {.values = {""}};
        id_set_add(&set, ID_ANY, texts[i]);
        assert_string_equal(set.values[ID_UPLOAD], texts[i]);
        assert_string_equal(set.values[ID_VENDOR], "");
    }
}

static void a_template_is_filled_wholly_or_not_at_all(void **state)
{
    struct id_set set = {.values = {""}};
    char text[32];

    (void)state;
    id_set_add(&set, ID_SKU, "a \"b\" c");
    assert_true(relation_fill("sku:\"{sku}\"", &set, text, sizeof(text)));
    assert_string_equal(text, "sku:\"a \"\"b\"\" c\"");
    assert_true(relation_fill("{sku}", &set, text, sizeof(text)));
    assert_string_equal(text, "a \"b\" c");
    assert_false(relation_fill("{upload}", &set, text, sizeof(text)));
    assert_false(relation_fill("{sku}{sku}{sku}{sku}{sku}", &set, text, sizeof(text)));
    assert_true(relation_fill(NULL, &set, text, sizeof(text)));
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_relation_leads_to_a_screen_that_takes_it),
        cmocka_unit_test(no_two_relations_share_a_letter_nor_take_a_movement),
        cmocka_unit_test(each_kind_leads_to_the_thing_itself),
        cmocka_unit_test(ids_are_found_in_what_is_pasted),
        cmocka_unit_test(too_long_an_id_is_none),
        cmocka_unit_test(a_set_knows_what_is_said_first),
        cmocka_unit_test(an_argument_of_any_kind_is_looked_into),
        cmocka_unit_test(the_beginning_of_an_id_says_no_vendor),
        cmocka_unit_test(a_template_is_filled_wholly_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
