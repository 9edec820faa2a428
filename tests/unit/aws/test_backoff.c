/* How long is waited before another attempt: any time up to a bound that doubles, and has a cap. */
#include "tests/unit/aws/test_fake.h"

static uint64_t drawn;

static bool draw(void *context, void *bytes, size_t length)
{
    (void)context;
    assert_int_equal(length, sizeof drawn);
    memcpy(bytes, &drawn, length);
    return true;
}

/* The longest wait is drawn as it is; one more begins again at none. */
static void assert_longest(struct aws_client *client, size_t attempt, int64_t longest)
{
    drawn = (uint64_t)longest;
    assert_int_equal(aws_backoff_ms(client, attempt, 100, 20000), longest);
    drawn = (uint64_t)longest + 1;
    assert_int_equal(aws_backoff_ms(client, attempt, 100, 20000), 0);
}

static void test_the_longest_wait_doubles_up_to_a_cap(void **state)
{
    struct fake fake;
    (void)state;
    fake_init(&fake, NULL);
    fake.world.random_bytes = draw;
    struct aws_client *client = fake_client(&fake);
    assert_longest(client, 0, 100);
    assert_longest(client, 1, 200);
    assert_longest(client, 2, 400);
    assert_longest(client, 7, 12800);
    assert_longest(client, 8, 20000);
    assert_longest(client, 1000, 20000);
    aws_client_free(client);
    fake_release(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_longest_wait_doubles_up_to_a_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
