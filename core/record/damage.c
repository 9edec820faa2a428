#include "core/record/damage.h"

#include "core/base/text.h"

enum damage {
    DAMAGE_NONE,
    DAMAGE_SHORTENED,
    DAMAGE_WORD,
    DAMAGE_FORMULA,
    DAMAGE_ERROR,
    DAMAGE_LOST
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* [0-9]([.,][0-9]+)?E\+[0-9]+ */
static bool is_shortened(const char *at, const char *end)
{
    if (at == end || !is_digit(*at++))
        return false;
    if (at < end && (*at == '.' || *at == ',')) {
        const char *digits = ++at;
        while (at < end && is_digit(*at))
            at++;
        if (at == digits)
            return false;
    }
    if (end - at < 3 || at[0] != 'E' || at[1] != '+')
        return false;
    for (at += 2; at < end && is_digit(*at); at++)
        continue;
    return at == end;
}

static bool is_word(const char *text, size_t len, const char *upper)
{
    if (strlen(upper) != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - ('a' - 'A')) : text[i];
        if (c != upper[i])
            return false;
    }
    return true;
}

/* #[^ ]{1,12}[!?], #N/A, #NV, #N/D */
bool damage_is_error_word(const char *text, size_t len)
{
    if (is_word(text, len, "#N/A") || is_word(text, len, "#NV") || is_word(text, len, "#N/D"))
        return true;
    if (len < 3 || *text != '#' || (text[len - 1] != '!' && text[len - 1] != '?'))
        return false;
    return !memchr(text, ' ', len) && utf8_count(text + 1, len - 2) <= 12;
}

bool damage_is_nothing(const char *text, size_t len)
{
    static const char words[] =
        " - -- n/a na null none nil \\n nan #n/a \xE2\x80\x93 \xE2\x80\x94 ";
    char lower[16] = " ";
    if (len + 3 > sizeof lower || memchr(text, ' ', len))
        return false;
    for (size_t i = 0; i < len; i++)
        lower[i + 1] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + ('a' - 'A')) : text[i];
    lower[len + 1] = ' ';
    lower[len + 2] = '\0';
    return strstr(words, lower) != NULL;
}

static enum damage damage_of(enum product_column column, const char *text, size_t len)
{
    if (column_table[column].kind != COLUMN_KIND_TEXT || column == COLUMN_CATEGORY ||
        len > DAMAGE_BYTES_MAX)
        return DAMAGE_NONE;
    if (column == COLUMN_SKU || column == COLUMN_VENDOR_PRODUCT_ID) {
        if (is_shortened(text, text + len))
            return DAMAGE_SHORTENED;
        if (is_word(text, len, "NULL") || is_word(text, len, "\\N") || is_word(text, len, "NAN") ||
            is_word(text, len, "N/A"))
            return DAMAGE_WORD;
    }
    if (len >= 3 && text[0] == '=' && text[1] == '"' && text[len - 1] == '"')
        return DAMAGE_FORMULA;
    if (*text == '#' && damage_is_error_word(text, len))
        return DAMAGE_ERROR;
    return text_find(text, len, "\xEF\xBF\xBD") ? DAMAGE_LOST : DAMAGE_NONE;
}

bool damage_found(enum product_column column, const char *text, size_t len)
{
    return damage_of(column, text, len) != DAMAGE_NONE;
}

/* The text between the quotes, in which a quote is written twice. */
static void formula_append(struct buffer *out, enum product_column column, const char *text,
                           size_t len)
{
    struct buffer plain;
    const char *at = text + 2, *end = text + len - 1;
    buffer_init(&plain, DAMAGE_BYTES_MAX);
    for (; at < end; at++) {
        buffer_char(&plain, *at);
        at += *at == '"' && at + 1 < end && at[1] == '"';
    }
    const char *written = plain.data;
    size_t written_len = plain.len;
    value_trim(&written, &written_len);
    if (written_len) {
        buffer_text(out, "is a formula of a spreadsheet: write ");
        text_append_visible_cut(out, written, written_len, 60);
    } else {
        buffer_text(out, column_table[column].required
                             ? "is a formula of a spreadsheet; write the text that is meant"
                             : "is a formula of a spreadsheet; leave the cell empty or write the "
                               "text alone");
    }
    buffer_release(&plain);
}

bool damage_append(struct buffer *out, enum product_column column, const char *text, size_t len)
{
    switch (damage_of(column, text, len)) {
    case DAMAGE_NONE:
        return false;
    case DAMAGE_SHORTENED:
        buffer_text(out, "was shortened by a spreadsheet and its last digits are lost; set the "
                         "column to Text and write the whole number");
        return true;
    case DAMAGE_WORD:
        buffer_text(out, "is a word for nothing that an export put there; write the real one");
        return true;
    case DAMAGE_FORMULA:
        formula_append(out, column, text, len);
        return true;
    case DAMAGE_ERROR:
        buffer_text(out, "is an error of a spreadsheet's formula; write the text that is meant");
        return true;
    case DAMAGE_LOST:
        break;
    }
    const char *lost = text_find(text, len, "\xEF\xBF\xBD");
    buffer_format(out,
                  "has lost a character (U+FFFD, at character %u) when it was saved in a wrong "
                  "encoding; write it anew",
                  (unsigned)utf8_count(text, (size_t)(lost - text)) + 1);
    return true;
}
