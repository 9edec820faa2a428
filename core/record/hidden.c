#include "core/record/hidden.h"

#include "core/base/text.h"

struct hidden {
    uint32_t code_point;
    const char *name;
};

static const struct hidden hiddens[] = {
    {0x00A0, "a no-break space"},
    {0x00AD, "a soft hyphen"},
    {0x034F, "a combining grapheme joiner"},
    {0x061C, "an Arabic letter mark"},
    {0x180E, "a Mongolian vowel separator"},
    {0x200B, "a zero-width space"},
    {0x200C, "a zero-width non-joiner"},
    {0x200D, "a zero-width joiner"},
    {0x200E, "a left-to-right mark"},
    {0x200F, "a right-to-left mark"},
    {0x2028, "a line separator"},
    {0x2029, "a paragraph separator"},
    {0x202F, "a narrow no-break space"},
    {0x2060, "a word joiner"},
    {0x3000, "an ideographic space"},
    {0xFEFF, "a byte order mark"},
};

const char *hidden_name(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof hiddens / sizeof *hiddens; i++) {
        if (hiddens[i].code_point == code_point)
            return hiddens[i].name;
    }
    if (code_point == '\t')
        return "a tab";
    if (code_point == '\n' || code_point == '\r')
        return "a line end";
    if (code_point != ' ' && text_is_white_space(code_point))
        return "a blank that is no plain one";
    return code_point >= 0x80 && !text_is_control(code_point) && text_is_invisible(code_point)
               ? "a hidden character"
               : NULL;
}

bool hidden_append(struct buffer *out, const char *text, size_t len)
{
    const char *end = text + len;
    uint32_t c;
    for (unsigned place = 1; utf8_decode(&text, end, &c); place++) {
        const char *name = hidden_name(c);
        if (!name)
            continue;
        buffer_format(out, "; it holds %s (U+%04X) at character %u: delete it%s", name, (unsigned)c,
                      place, text_is_white_space(c) ? " or type a plain blank" : "");
        return true;
    }
    return false;
}
