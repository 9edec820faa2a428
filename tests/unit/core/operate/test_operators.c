/* The pure parts of the operators' actions: filter policies and lists of rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "core/history/subscriptions.h"
#include "core/operate/revalidate/revalidate.h"
#include "core/record/subscription_filter.h"

static const struct aws_pair attributes[] = {
    {"upload_id", "UPLOAD_1_VEND001"}, {"status", "partial"}, {"vendor_id", "VEND001"}};

static bool passes(const char *policy)
{
    return subscription_filter_passes(policy, "", attributes, 3);
}

static void test_what_passes(void **state)
{
    static const char *const policies[] = {
        "",
        "{}",
        "{\"vendor_id\":[\"VEND001\"]}",
        "{\"vendor_id\":[\"VEND002\",\"VEND001\"]}",
        "{\"vendor_id\":[{\"prefix\":\"VEND\"}]}",
        "{\"vendor_id\":[{\"suffix\":\"001\"}]}",
        "{\"vendor_id\":[{\"wildcard\":\"V*D*1\"}]}",
        "{\"vendor_id\":[{\"equals-ignore-case\":\"vend001\"}]}",
        "{\"vendor_id\":[{\"anything-but\":[\"VEND002\"]}]}",
        "{\"vendor_id\":[{\"anything-but\":\"VEND002\"}]}",
        "{\"vendor_id\":[{\"anything-but\":{\"prefix\":\"X\"}}]}",
        "{\"vendor_id\":[{\"exists\":true}],\"error_type\":[{\"exists\":false}]}",
        "{\"vendor_id\":[\"VEND001\"],\"status\":[\"failed\",\"partial\"]}",
        "{\"$or\":[{\"vendor_id\":[\"VEND002\"]},{\"status\":[\"partial\"]}]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
        if (!passes(policies[i]))
            fail_msg("%s lets it through", policies[i]);
}

static void test_what_does_not(void **state)
{
    static const char *const policies[] = {
        "not JSON",
        "[]",
        "{\"vendor_id\":[]}",
        "{\"vendor_id\":[\"VEND00\"]}",
        "{\"vendor_id\":[\"vend001\"]}",
        "{\"vendor_id\":[{\"prefix\":\"VEND002\"}]}",
        "{\"vendor_id\":[{\"suffix\":\"LONGER-THAN-VEND001\"}]}",
        "{\"vendor_id\":[{\"wildcard\":\"V*2\"}]}",
        "{\"vendor_id\":[{\"anything-but\":[\"VEND001\"]}]}",
        "{\"vendor_id\":[{\"anything-but\":{\"prefix\":\"VEND\"}}]}",
        "{\"vendor_id\":[{\"anything-but\":{\"suffix\":[\"x\",\"001\"]}}]}",
        "{\"vendor_id\":[{\"exists\":false}]}",
        "{\"error_type\":[{\"anything-but\":\"x\"}]}",
        "{\"vendor_id\":[{\"numeric\":[\"=\",1]}]}",
        "{\"vendor_id\":[1,null,true]}",
        "{\"vendor_id\":[\"VEND001\"],\"status\":[\"failed\"]}",
        "{\"$or\":[{\"vendor_id\":[\"VEND002\"]},{\"status\":[\"failed\"]}]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
        if (passes(policies[i]))
            fail_msg("%s keeps it out", policies[i]);
    assert_false(
        subscription_filter_passes("{\"vendor_id\":[\"VEND001\"]}", "MessageBody", attributes, 3));
    assert_true(subscription_filter_passes("{}", "MessageBody", attributes, 3));
}

static void test_one_attribute_alone(void **state)
{
    (void)state;
    assert_true(subscription_filter_allows("{\"status\":[\"x\"]}", "vendor_id", "V"));
    assert_true(
        subscription_filter_allows("{\"vendor_id\":[\"V\"],\"status\":[\"x\"]}", "vendor_id", "V"));
    assert_false(subscription_filter_allows("{\"vendor_id\":[\"W\"]}", "vendor_id", "V"));
    assert_true(subscription_policy_matches("{\"vendor_id\":[{\"prefix\":\"V\"}]}", "V1"));
    assert_false(subscription_policy_matches("{\"status\":[\"x\"]}", "V1"));
    assert_true(subscription_policy_matches("", "V1"));
}

static bool matches(const char *wildcard, const char *value)
{
    char policy[400];
    snprintf(policy, sizeof policy, "{\"v\":[{\"wildcard\":\"%s\"}]}", wildcard);
    return subscription_filter_allows(policy, "v", value);
}

/* Where a run of characters was taken too short, the search goes on one further, and ends. */
static void test_wildcards_come_to_an_end(void **state)
{
    char many[301];
    (void)state;
    memset(many, 'a', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    assert_true(matches("*ab", "aab"));
    assert_true(matches("*ab", "abab"));
    assert_true(matches("a*bc*d", "abbcbcbd"));
    assert_true(matches("*", "") && matches("**", "x") && matches("a**", "a"));
    assert_true(matches("*a*a*a*a*a*a*a*a*a*a*", many));
    assert_false(matches("*a*a*a*a*a*a*a*a*a*a*b", many));
    assert_false(matches("*ab", "abc"));
    assert_false(matches("*abc", "ababab"));
    assert_false(matches("x*b", "xaaaa"));
    assert_false(matches("", "x"));
}

static void test_rows(void **state)
{
    struct revalidate_rows *rows = NULL;
    struct error error = ERROR_INIT;
    size_t count = 0;
    (void)state;
    assert_int_equal(revalidate_rows_parse("7-12,3,1", &rows, &count, &error), ERROR_NONE);
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].first, 1);
    assert_int_equal(rows[2].first, 7);
    assert_int_equal(rows[2].last, 12);
    free(rows);
    static const char *const wrong[] = {"",   ",",    "0",  "1,",  "-3",         "4-",  "5-4",
                                        "1 ", "1,2x", "+1", "1.5", "9999999999", "1--2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(revalidate_rows_parse(wrong[i], &rows, &count, &error), ERROR_USAGE);
        assert_null(rows);
    }
}

static void test_rows_written(void **state)
{
    static const uint32_t rows[] = {1, 2, 3, 7, 9, 10, 20};
    struct buffer out;
    (void)state;
    buffer_init(&out, 1 << 16);
    revalidate_rows_append(&out, rows, 7, 10);
    assert_string_equal(out.data, "1-3, 7, 9-10, 20");
    buffer_clear(&out);
    revalidate_rows_append(&out, rows, 7, 2);
    assert_string_equal(out.data, "1-3, 7, ...");
    buffer_clear(&out);
    revalidate_rows_append(&out, rows, 0, 2);
    assert_int_equal(out.len, 0);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_passes),
        cmocka_unit_test(test_what_does_not),
        cmocka_unit_test(test_one_attribute_alone),
        cmocka_unit_test(test_wildcards_come_to_an_end),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_written),
    };
    alarm(30); /* a search that does not end is killed */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
