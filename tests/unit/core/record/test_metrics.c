#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/record/metrics.h"

static void test_line_is_the_embedded_format(void **state)
{
    const struct metric metrics[] = {{METRIC_PRODUCTS_VALIDATED, 100},
                                     {METRIC_VALIDATION_DURATION, 12}};
    const struct metric_property properties[] = {
        {"function", "product-validator"}, {"upload_id", NULL}, {"vendor_id", "a\"b\n"}};
    struct buffer line;

    (void)state;
    buffer_init(&line, 4096);
    metrics_append(&line, 1700000000123, metrics, 2, properties, 3);
    assert_string_equal(
        line.data, "{\"_aws\":{\"Timestamp\":1700000000123,\"CloudWatchMetrics\":[{\"Namespace\":"
                   "\"EcommerceProductOnboarding\",\"Dimensions\":[[]],\"Metrics\":["
                   "{\"Name\":\"ProductsValidated\",\"Unit\":\"Count\"},"
                   "{\"Name\":\"ValidationDuration\",\"Unit\":\"Milliseconds\"}]}]},"
                   "\"ProductsValidated\":100,\"ValidationDuration\":12,"
                   "\"function\":\"product-validator\",\"vendor_id\":\"a\\\"b\\n\"}");
    buffer_release(&line);
}

static void test_another_name_space(void **state)
{
    const struct metric metric = {METRIC_UPLOADS_STUCK, 1};
    struct buffer line;

    (void)state;
    buffer_init(&line, 4096);
    metrics_name_space("staging-\"Intake");
    metrics_append(&line, 1, &metric, 1, NULL, 0);
    metrics_name_space(NULL);
    assert_non_null(strstr(line.data, "{\"Namespace\":\"staging-\\\"Intake\",\"Dimensions\""));
    buffer_clear(&line);
    metrics_append(&line, 1, &metric, 1, NULL, 0);
    assert_non_null(strstr(line.data, "\"" METRICS_NAMESPACE "\""));
    buffer_release(&line);
}

static void test_no_metric_no_line(void **state)
{
    struct buffer line;

    (void)state;
    buffer_init(&line, 4096);
    metrics_append(&line, 1, NULL, 0, NULL, 0);
    assert_int_equal(line.len, 0);
    buffer_release(&line);
}

static void test_every_name_has_text_and_unit(void **state)
{
    (void)state;
    for (int i = 0; i < METRIC_COUNT; i++) {
        assert_non_null(metric_text((enum metric_name)i));
        assert_non_null(metric_unit((enum metric_name)i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_is_the_embedded_format),
        cmocka_unit_test(test_another_name_space),
        cmocka_unit_test(test_no_metric_no_line),
        cmocka_unit_test(test_every_name_has_text_and_unit),
    };

    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
