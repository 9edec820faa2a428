#include "core/record/number_advice.h"

#include "core/base/text.h"
#include "core/record/damage.h"
#include "core/record/digits.h"
#include "core/record/hidden.h"
#include "core/record/number_pieces.h"
#include "core/record/number_problem.h"

#define SPELLED_MAX 1024 /* bytes of a value that is looked at */

/* "is it 1500 or 1.50? write 1500.00 or 1.50" */
static void point_append(struct buffer *out, enum product_column column, const char *text,
                         size_t len)
{
    int shown = (int)digits_at(text, text + len);
    const char *behind = text + shown + 1;
    if (column == COLUMN_STOCK_QUANTITY) {
        bool zeros = !memcmp(behind, "000", 3);
        buffer_format(out, "can be read in two ways: is it %.*s%.3s or %.*s%s? write %.*s%.3s%s",
                      shown, text, behind, shown, text, zeros ? "" : ", and a part of one", shown,
                      text, behind, zeros ? " or " : " or a whole number");
        if (zeros)
            buffer_append(out, text, (size_t)shown);
        return;
    }
    if (!memcmp(behind, "999", 3)) /* how prices end, not how thousands do */
        buffer_text(out, number_too_many_decimals);
    else if (behind[2] != '0')
        buffer_format(out,
                      "has more than two decimals, or is it %.*s%.3s? write %.*s%.3s.00, or the "
                      "amount with two decimals",
                      shown, text, behind, shown, text, behind);
    else
        buffer_format(out,
                      "can be read in two ways: is it %.*s%.3s or %.*s.%.2s? write %.*s%.3s.00 "
                      "or %.*s.%.2s",
                      shown, text, behind, shown, text, behind, shown, text, behind, shown, text,
                      behind);
}

static void comma_append(struct buffer *out, const char *text, size_t len)
{
    int shown = (int)digits_at(text, text + len);
    const char *behind = text + shown + 1;
    buffer_format(out,
                  "has a comma that can be read in two ways: is it %.*s%.3s or %.*s.%.3s? write "
                  "%.*s%.3s.00 or ",
                  shown, text, behind, shown, text, behind, shown, text, behind);
    if (behind[2] == '0')
        buffer_format(out, "%.*s.%.2s", shown, text, behind);
    else
        buffer_text(out, "the number with two decimals");
}

static const char *example_of(enum product_column column)
{
    return column == COLUMN_STOCK_QUANTITY ? "25" : column == COLUMN_WEIGHT_KG ? "0.25" : "12.99";
}

static const char *problem_of(const struct number_pieces *pieces)
{
    if (pieces->apostrophe)
        return "has the text mark ' of a spreadsheet before it";
    if (pieces->currency)
        return "has a currency sign beside the number";
    if (pieces->before_text || pieces->unit_len)
        return "has a unit or other text beside the number";
    if (pieces->bare && !pieces->comma)
        return "has a point without a digit before or behind it";
    if (pieces->thousands)
        return "has a thousands separator";
    if (pieces->comma)
        return "has a decimal comma";
    return pieces->plus ? "has a plus sign" : NULL;
}

static bool unit_is(const struct number_pieces *pieces, const char *lower)
{
    size_t i = 0;
    while (i < pieces->unit_len && lower[i] &&
           (pieces->unit[i] >= 'A' && pieces->unit[i] <= 'Z' ? pieces->unit[i] | 0x20
                                                             : pieces->unit[i]) == lower[i])
        i++;
    return i == pieces->unit_len && !lower[i];
}

static bool unit_in(const struct number_pieces *pieces, const char *const *units)
{
    while (*units && !unit_is(pieces, *units))
        units++;
    return *units != NULL;
}

/* 500 g are 0.500 kg. */
static void grams_to_kilograms(struct number_pieces *pieces)
{
    char digits[NUMBER_PIECE_MAX];
    int len = snprintf(digits, sizeof digits, "%04u",
                       (unsigned)(pieces->whole_len < 9 ? strtoul(pieces->whole, NULL, 10) : 0));
    pieces->whole_len = (size_t)len - 3;
    memcpy(pieces->whole, digits, pieces->whole_len);
    pieces->whole[pieces->whole_len] = '\0';
    memcpy(pieces->decimals, digits + pieces->whole_len, 4);
    pieces->decimals_len = 3;
    while (pieces->decimals_len && pieces->decimals[pieces->decimals_len - 1] == '0')
        pieces->decimals_len--;
}

/* Only kilograms can be written as they stand, and grams be converted. */
static bool weight_take(struct number_pieces *pieces)
{
    static const char *const kilograms[] = {"kg",          "kg.",        "kgs",       "kilo",
                                            "kilos",       "kilogram",   "kilograms", "kilogramm",
                                            "kilogrammes", "kilogramme", NULL};
    static const char *const grams[] = {"g", "g.", "gr", "gr.", "gram", "grams", "gramm", NULL};
    if (!pieces->unit_len && !pieces->before_text)
        return true;
    if (pieces->before_text || pieces->currency)
        return false;
    if (unit_in(pieces, kilograms))
        return true;
    if (!unit_in(pieces, grams) || pieces->decimals_len || pieces->whole_len > 8)
        return false;
    grams_to_kilograms(pieces);
    return pieces->decimals_len <= 2;
}

/* What would be wrong with the number that was meant. */
static const char *problem_left(enum product_column column, const struct buffer *meant)
{
    struct decimal decimal;
    struct record_field field = {.text = meant->data, .len = (uint32_t)meant->len};
    return number_problem(column, &field, &decimal);
}

static void not_a_number_append(struct buffer *out, enum product_column column)
{
    if (column == COLUMN_WEIGHT_KG)
        buffer_text(out, "is not a number; write it in kilograms, like 0.25");
    else
        buffer_format(out, "is not a number; write it like %s", example_of(column));
}

/* What is meant, and may be written; or what is wrong with it besides. */
static void meant_append(struct buffer *out, enum product_column column, const char *problem,
                         const struct number_pieces *pieces)
{
    struct buffer meant;
    buffer_init(&meant, SPELLED_MAX);
    number_pieces_append(&meant, pieces, column == COLUMN_STOCK_QUANTITY);
    const char *left = problem_left(column, &meant);
    if (left && *left)
        buffer_text(out, left);
    else if (left || !problem)
        not_a_number_append(out, column);
    else
        buffer_format(out, "%s: write %s", problem, meant.data);
    buffer_release(&meant);
}

static void pieces_append(struct buffer *out, enum product_column column, const char *problem,
                          struct number_pieces *pieces)
{
    size_t len = (size_t)(pieces->core_end - pieces->core);
    bool whole = column == COLUMN_STOCK_QUANTITY;
    if (!whole && digits_three_behind(pieces->core, len, ','))
        comma_append(out, pieces->core, len);
    else if (number_is_ambiguous(column, pieces->core, len))
        point_append(out, column, pieces->core, len);
    else if (column == COLUMN_WEIGHT_KG && !weight_take(pieces))
        not_a_number_append(out, column);
    else if (whole && digits_three_behind(pieces->core, len, ','))
        buffer_format(out, "has a thousands separator: write %.*s%.3s", (int)(len - 4),
                      pieces->core, pieces->core_end - 3);
    else
        meant_append(out, column, problem ? problem : problem_of(pieces), pieces);
}

/* ="12.99" and =12.99 */
static void formula_append(struct buffer *out, enum product_column column, const char *text,
                           size_t len)
{
    struct number_pieces pieces;
    bool quoted = len > 3 && text[1] == '"' && text[len - 1] == '"';
    const char *inner = text + 1 + quoted;
    size_t inner_len = len - 1 - 2 * (size_t)quoted;
    if (number_take_apart(inner, inner_len, &pieces) && !pieces.before_text)
        pieces_append(out, column, "is a formula of a spreadsheet", &pieces);
    else
        buffer_text(out, "is a formula of a spreadsheet; write the number alone");
}

/* Whether the text but for what has no width is a number that is taken. */
static bool hidden_alone_append(struct buffer *out, enum product_column column,
                                const struct buffer *spelled, bool digits, const char *text,
                                size_t len)
{
    if (problem_left(column, spelled))
        return false;
    if (digits) {
        buffer_format(out, "has digits that are not the plain 0 to 9: write %s", spelled->data);
    } else {
        buffer_text(out, "is not a number");
        hidden_append(out, text, len, false);
    }
    return true;
}

static void advice_append(struct buffer *out, enum product_column column, const char *text,
                          size_t len)
{
    struct number_pieces pieces;
    bool any = len > 0;
    if (any && number_is_ambiguous(column, text, len))
        point_append(out, column, text, len);
    else if (any && damage_is_nothing(text, len) && !column_table[column].required)
        buffer_text(out, "is not a number; leave the cell empty");
    else if (any && damage_is_error_word(text, len))
        buffer_text(out, "is an error of a spreadsheet's formula; write the number that is meant");
    else if (any && *text == '=')
        formula_append(out, column, text, len);
    else if (any && number_take_apart(text, len, &pieces))
        pieces_append(out, column, NULL, &pieces);
    else
        not_a_number_append(out, column);
}

void number_advice_append(struct buffer *out, enum product_column column, const char *text,
                          size_t len)
{
    struct buffer spelled;
    bool digits = false;
    buffer_init(&spelled, SPELLED_MAX * 2);
    if (len > SPELLED_MAX || !number_spell_plainly(text, len, &spelled, &digits))
        advice_append(out, column, text, len);
    else if (!hidden_alone_append(out, column, &spelled, digits, text, len))
        advice_append(out, column, spelled.data, spelled.len);
    buffer_release(&spelled);
}

/* Two decimals, then at least six digits 9 or 0, and at most three others. */
void number_noise_append(struct buffer *out, enum product_column column, const char *text,
                         size_t len)
{
    char written[MONEY_TEXT_SIZE];
    struct decimal decimal;
    const char *point = memchr(text, '.', len), *end = text + len;
    if (!point || end - point < 12 || !decimal_parse(text, len, &decimal) || decimal.negative)
        return;
    const char *run = point + 3, *at = run;
    while (at < end && *at == *run)
        at++;
    if ((*run != '9' && *run != '0') || at - run < 6 || end - at > 3)
        return;
    money_text(decimal.hundredths + (*run == '9'), written);
    const struct record_field meant = {.text = written, .len = (uint32_t)strlen(written)};
    if (!number_problem(column, &meant, &decimal))
        buffer_format(out, ": write %s", written);
}
