/* Numbers as vendors write them, judged and advised upon; what is advised would be taken. At most
 * 80 bytes. Files: core/record/money.c core/record/number_problem.c core/record/number_advice.c
 *        core/record/number_pieces.c core/record/hidden.c core/record/damage.c */
#include "core/record/damage.h"
#include "core/record/hidden.h"
#include "core/record/number_advice.h"
#include "core/record/number_problem.h"
#include "tests/fuzz/fuzz.h"

static const enum product_column columns[] = {COLUMN_PRICE, COLUMN_COMPARE_AT_PRICE,
                                              COLUMN_STOCK_QUANTITY, COLUMN_WEIGHT_KG};

static const char *problem_of(enum product_column column, const char *text, size_t len,
                              struct decimal *decimal)
{
    const struct record_field field = {.text = text, .len = len};
    return number_problem(column, &field, decimal);
}

/* Hundredths written and read again are the same. */
static void read_amount(const char *text, size_t len)
{
    struct decimal decimal, again;
    char out[MONEY_TEXT_SIZE];
    if (!decimal_parse(text, len, &decimal))
        return;
    FUZZ_HOLDS(len && strspn(text, "-0123456789.") == len);
    FUZZ_HOLDS(!(decimal.negative && decimal.positive));
    money_text(decimal.hundredths, out);
    FUZZ_HOLDS(decimal_parse(out, strlen(out), &again));
    FUZZ_HOLDS(again.hundredths == decimal.hundredths || decimal.hundredths >= MONEY_HUGE / 2 ||
               decimal.hundredths <= -MONEY_HUGE / 2);
}

/* "write 12.99" behind the last colon. */
static void follow_advice(enum product_column column, const char *advice)
{
    static const char mark[] = ": write ";
    struct decimal decimal;
    const char *at = NULL;
    for (const char *next = advice; (next = strstr(next, mark)); next++)
        at = next + strlen(mark);
    size_t len = at ? strspn(at, "0123456789.") : 0;
    if (len && at[len] == '\0')
        FUZZ_HOLDS(!problem_of(column, at, len, &decimal));
}

static void judge(enum product_column column, const char *text, size_t len)
{
    struct decimal decimal;
    struct buffer advice;
    buffer_init(&advice, 4096 + 16 * len);
    const char *problem = problem_of(column, text, len, &decimal);
    if (problem == number_unreadable) {
        number_advice_append(&advice, column, text, len);
        FUZZ_HOLDS(!advice.failed && fuzz_is_plain(advice.data, advice.len));
        follow_advice(column, advice.data);
    } else if (problem == number_too_many_decimals) {
        number_noise_append(&advice, column, text, len);
        follow_advice(column, advice.data);
    } else {
        FUZZ_HOLDS(decimal.readable);
    }
    buffer_release(&advice);
}

static void look(const char *text, size_t len)
{
    struct buffer out;
    buffer_init(&out, 8192 + 16 * len);
    (void)hidden_append(&out, text, len, true);
    for (enum product_column column = 0; column < COLUMN_COUNT; column++) {
        size_t before = out.len;
        bool found = damage_append(&out, column, text, len);
        FUZZ_HOLDS(found == damage_found(column, text, len) && found == (out.len > before));
    }
    (void)damage_is_nothing(text, len);
    FUZZ_HOLDS(!out.failed && fuzz_is_plain(out.data, out.len));
    buffer_release(&out);
}

/* As a record has it: trimmed, UTF-8. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *copy = fuzz_text(data, len);
    const char *text = copy;
    value_trim(&text, &len);
    read_amount(text, len);
    if (len && utf8_valid(text, len, NULL)) {
        char *exact = fuzz_text(text, len);
        for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
            judge(columns[i], exact, len);
        look(exact, len);
        free(exact);
    }
    free(copy);
    return 0;
}
