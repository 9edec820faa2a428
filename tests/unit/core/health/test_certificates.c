/* What the doctor says of a bundle of certificates, by a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/health/doctor_private.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* Two of the test's own: "Test authority A" ends on 2031-03-01 00:00:00 UTC, B on 2041-03-01. */
static const char bundle[] = "# A comment, as the bundle has them\n"
                             "-----BEGIN CERTIFICATE-----\n"
                             "MIIBITCByaADAgECAgEBMAoGCCqGSM49BAMCMBsxGTAXBgNVBAMMEFRlc3QgYXV0\n"
                             "aG9yaXR5IEEwHhcNMjEwMzAxMDAwMDAwWhcNMzEwMzAxMDAwMDAwWjAbMRkwFwYD\n"
                             "VQQDDBBUZXN0IGF1dGhvcml0eSBBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
                             "19rG8awClbfysG+ZDFtDILP5yVeFwvyKdZowNUt5Y4P+0qmDcJUtsRjR3lbZMGIC\n"
                             "y7jeLuVvuau+sZfrKZ4z+jAKBggqhkjOPQQDAgNHADBEAiB1ejwgZiAmjfFSn1FS\n"
                             "hE1LNjKrrP51z/4eWuCuzAh95gIgHkG0QSUSwbbPe7Ww26i3HxMM8P3s+8hXhkDG\n"
                             "Xkgkspc=\n"
                             "-----END CERTIFICATE-----\n"
                             "\n# Another\n"
                             "-----BEGIN CERTIFICATE-----\n"
                             "MIIBIjCByaADAgECAgEBMAoGCCqGSM49BAMCMBsxGTAXBgNVBAMMEFRlc3QgYXV0\n"
                             "aG9yaXR5IEIwHhcNMjEwMzAxMDAwMDAwWhcNNDEwMzAxMDAwMDAwWjAbMRkwFwYD\n"
                             "VQQDDBBUZXN0IGF1dGhvcml0eSBCMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
                             "k75+dCdC1izYd2dV2EVcU0a8im2HSPds3PY6LzW+rvPCYljx1Gpw75mL/7xfmHDt\n"
                             "tUZHshWlPoCU1BDjmEvuXjAKBggqhkjOPQQDAgNIADBFAiEApjOKVGzMbWjrFcqq\n"
                             "lv8HpCl5cUgoRMT+ZJDb843QXr0CIE3pbIk0W/6bY8kTyeSpDWQ89Bai5dmNzT//\n"
                             "ubBCMb6w\n"
                             "-----END CERTIFICATE-----\n";
#define A_ENDS INT64_C(1930089600000)
#define B_ENDS INT64_C(2245708800000)

static struct doctor_check look(const char *pem, int64_t now_ms)
{
    struct doctor_visit visit = {.area = "secret"};
    doctor_see_certificates(&visit, pem, strlen(pem), now_ms);
    assert_int_equal(visit.report.count, 1);
    struct doctor_check check = visit.report.checks[0];
    doctor_report_release(&visit.report);
    assert_string_equal(check.name, "database authorities");
    return check;
}

static void test_far_from_the_end_all_is_well(void **state)
{
    (void)state;
    struct doctor_check check = look(bundle, A_ENDS - 91 * DAY_MS);
    assert_int_equal(check.status, DOCTOR_OK);
    assert_string_equal(check.detail, "2, none expires before 2031-03-01");
    assert_string_equal(check.remedy, "");
    assert_int_equal(look(bundle, A_ENDS - 90 * DAY_MS - 1000).status, DOCTOR_OK);
}

static void test_it_warns_from_90_days_before_the_end(void **state)
{
    (void)state;
    struct doctor_check check = look(bundle, A_ENDS - 90 * DAY_MS);
    assert_int_equal(check.status, DOCTOR_WARN);
    assert_string_equal(check.detail,
                        "1 of 2 expire within 90 days, the first on 2031-03-01: Test authority A");
    assert_non_null(strstr(check.remedy, "rds-certificates.pem"));
    assert_int_equal(look(bundle, A_ENDS).status, DOCTOR_WARN);
}

static void test_what_has_ended_is_told_first(void **state)
{
    (void)state;
    struct doctor_check check = look(bundle, A_ENDS + 1000);
    assert_int_equal(check.status, DOCTOR_WARN);
    assert_string_equal(check.detail,
                        "1 of 2 have expired, the first on 2031-03-01: Test authority A");
    check = look(bundle, B_ENDS + DAY_MS);
    assert_string_equal(check.detail,
                        "2 of 2 have expired, the first on 2031-03-01: Test authority A");
}

static void test_a_bundle_that_cannot_be_read_fails(void **state)
{
    (void)state;
    char broken[sizeof bundle];
    memcpy(broken, bundle, sizeof broken);
    memset(strstr(broken, "# Another") - 100, '!', 8);
    assert_int_equal(look(broken, A_ENDS - DAY_MS).status, DOCTOR_FAIL);
    assert_int_equal(look("", A_ENDS - DAY_MS).status, DOCTOR_FAIL);
    assert_int_equal(look("# nothing\n", A_ENDS - DAY_MS).status, DOCTOR_FAIL);
    memcpy(broken, bundle, sizeof broken);
    broken[strlen(broken) - 60] = '\0';
    struct doctor_check cut = look(broken, A_ENDS - DAY_MS);
    assert_int_equal(cut.status, DOCTOR_FAIL);
    assert_non_null(strstr(cut.detail, "certificate 2"));
}

static void test_our_own_bundle_is_well_until_2037(void **state)
{
    (void)state;
    struct doctor_visit visit = {.area = "secret"};
    const int64_t ends = INT64_C(2145916799000); /* 2037-12-31 23:59:59 */
    doctor_see_own_certificates(&visit, ends - 91 * DAY_MS);
    doctor_see_own_certificates(&visit, ends - 89 * DAY_MS);
    assert_int_equal(visit.report.count, 2);
    assert_int_equal(visit.report.checks[0].status, DOCTOR_OK);
    assert_int_equal(visit.report.checks[1].status, DOCTOR_WARN);
    assert_non_null(strstr(visit.report.checks[1].detail, "Starfield"));
    doctor_report_release(&visit.report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_far_from_the_end_all_is_well),
        cmocka_unit_test(test_it_warns_from_90_days_before_the_end),
        cmocka_unit_test(test_what_has_ended_is_told_first),
        cmocka_unit_test(test_a_bundle_that_cannot_be_read_fails),
        cmocka_unit_test(test_our_own_bundle_is_well_until_2037),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
