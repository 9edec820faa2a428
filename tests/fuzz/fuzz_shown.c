/* Text on its way to an eye, a shell, a spreadsheet or another program: it does nothing there. At
 * most 400 bytes. Files: core/base/text.c core/base/json.c tui/cli/shell_line.c
 * core/record/report_text.c tui/widgets/json_lines.c */
#include "core/base/json.h"
#include "core/record/money.h"
#include "core/record/report_text.h"
#include "tests/fuzz/fuzz.h"
#include "tui/cli/shell_line.h"
#include "tui/widgets/json_lines.h"

static void on_a_screen(const char *text, size_t len)
{
    struct buffer shown, cut, again;
    buffer_init(&shown, 16 * len + 64);
    buffer_init(&cut, 16 * len + 64);
    buffer_init(&again, 16 * len + 64);
    text_append_visible(&shown, text, len);
    FUZZ_HOLDS(!shown.failed && fuzz_is_plain(shown.data, shown.len));
    text_append_visible(&again, shown.data, shown.len);
    FUZZ_HOLDS(again.len == shown.len && !memcmp(again.data, shown.data, shown.len));
    text_append_visible_cut(&cut, text, len, 20);
    FUZZ_HOLDS(fuzz_is_plain(cut.data, cut.len) && text_width(cut.data, cut.len) <= 20);
    FUZZ_HOLDS(utf8_prefix(text, len, 5) <= len && utf8_count(text, len) <= len);
    buffer_release(&shown);
    buffer_release(&cut);
    buffer_release(&again);
}

/* Of UTF-8 the same text comes back. */
static void in_json(const char *text, size_t len)
{
    struct json_object *document = NULL;
    struct buffer out;
    size_t used = 0, part = json_string_prefix(text, len, 40, &used);
    buffer_init(&out, 6 * len + 64);
    json_append_string(&out, text, len);
    FUZZ_HOLDS(!out.failed && fuzz_is_plain(out.data, out.len));
    FUZZ_HOLDS(!json_parse(out.data, out.len, &document, NULL));
    if (utf8_valid(text, len, NULL))
        FUZZ_HOLDS((size_t)json_object_get_string_len(document) == len &&
                   !memcmp(json_object_get_string(document), text, len));
    json_object_put(document);
    FUZZ_HOLDS(part <= len && used <= 40);
    buffer_clear(&out);
    json_append_string(&out, text, part);
    FUZZ_HOLDS(out.len == used + 2);
    buffer_release(&out);
}

/* '...' and $'...' of bash, and words that are bare. */
static void unquote(const char *quoted, struct buffer *out)
{
    bool escaped = quoted[0] == '$';
    bool bare = !escaped && quoted[0] != '\'';
    FUZZ_HOLDS(!bare || !strpbrk(quoted, " \t\n\"'`$\\&|;<>()*?[]{}!#~"));
    for (const char *at = quoted + escaped + !bare; *at; at++) {
        if (!bare && *at == '\'') {
            bool mark = !strncmp(at, "'\\''", 4);
            FUZZ_HOLDS(mark || at[1] == '\0');
            if (mark)
                buffer_char(out, '\'');
            at += mark ? 3 : 0;
        } else if (escaped && *at == '\\' && at[1] >= '0' && at[1] <= '7') {
            char octal[4] = {at[1], at[2], at[3], '\0'};
            buffer_char(out, (char)strtoul(octal, NULL, 8));
            at += 3;
        } else {
            at += escaped && *at == '\\';
            buffer_char(out, *at);
        }
    }
}

static void in_a_shell(const char *text)
{
    struct buffer quoted, back;
    buffer_init(&quoted, 4 * strlen(text) + 16);
    buffer_init(&back, strlen(text) + 16);
    shell_quote(&quoted, text);
    unquote(quoted.data, &back);
    FUZZ_HOLDS(!quoted.failed && back.len == strlen(text) && !memcmp(back.data, text, back.len));
    for (const char *at = quoted.data; *at; at++)
        FUZZ_HOLDS((unsigned char)*at >= ' ' && *at != 0x7f);
    buffer_release(&quoted);
    buffer_release(&back);
}

/* No cell is a formula, none ends before its end. */
static void in_a_spreadsheet(const char *text, size_t len)
{
    struct buffer out;
    buffer_init(&out, 3 * len + 64);
    report_append_cell(&out, text, len, ';');
    size_t at = out.len && out.data[0] == '"';
    bool quoted = at;
    struct decimal number;
    bool formula = at < out.len && out.data[at] && strchr("=+-@\t\r", out.data[at]);
    FUZZ_HOLDS(!out.failed && (!formula || decimal_parse(text, len, &number)));
    FUZZ_HOLDS(!quoted || (out.len >= 2 && out.data[out.len - 1] == '"'));
    for (; at + quoted < out.len; at++) {
        FUZZ_HOLDS(quoted || !strchr("\";\r\n", out.data[at]) || out.data[at] == '\0');
        if (quoted && out.data[at] == '"')
            FUZZ_HOLDS(out.data[++at] == '"' && at + 1 < out.len);
    }
    buffer_release(&out);
}

static void in_lines(const char *text, size_t len)
{
    struct buffer out;
    struct json_object *document = NULL;
    buffer_init(&out, (size_t)1 << 20);
    if (json_indent(text, len, &out) && !json_parse(text, len, &document, NULL)) {
        struct json_object *again = NULL;
        FUZZ_HOLDS(!json_parse(out.data, out.len, &again, NULL));
        FUZZ_HOLDS(json_object_equal(document, again));
        json_object_put(again);
    }
    json_object_put(document);
    buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = fuzz_text(data, len);
    on_a_screen(text, len);
    in_json(text, len);
    in_a_shell(text);
    in_a_spreadsheet(text, len);
    in_lines(text, len);
    free(text);
    return 0;
}
