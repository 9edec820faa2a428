#include "core/record/hidden.h"

#include "core/base/text.h"

struct hidden {
    uint32_t code_point;
    const char *name;
};

static const struct hidden hiddens[] = {
    {0x0085, "a next line"},
    {0x00A0, "a no-break space"},
    {0x00AD, "a soft hyphen"},
    {0x034F, "a combining grapheme joiner"},
    {0x061C, "an Arabic letter mark"},
    {0x1680, "an Ogham space mark"},
    {0x180E, "a Mongolian vowel separator"},
    {0x2000, "an en quad"},
    {0x2001, "an em quad"},
    {0x2002, "an en space"},
    {0x2003, "an em space"},
    {0x2004, "a third of an em space"},
    {0x2005, "a quarter of an em space"},
    {0x2006, "a sixth of an em space"},
    {0x2007, "a figure space"},
    {0x2008, "a punctuation space"},
    {0x2009, "a thin space"},
    {0x200A, "a hair space"},
    {0x200B, "a zero-width space"},
    {0x200C, "a zero-width non-joiner"},
    {0x200D, "a zero-width joiner"},
    {0x200E, "a left-to-right mark"},
    {0x200F, "a right-to-left mark"},
    {0x2028, "a line separator"},
    {0x2029, "a paragraph separator"},
    {0x202A, "a left-to-right embedding"},
    {0x202B, "a right-to-left embedding"},
    {0x202C, "an end of a direction"},
    {0x202D, "a left-to-right override"},
    {0x202E, "a right-to-left override"},
    {0x202F, "a narrow no-break space"},
    {0x205F, "a medium mathematical space"},
    {0x2060, "a word joiner"},
    {0x2066, "a left-to-right isolate"},
    {0x2067, "a right-to-left isolate"},
    {0x2068, "a first strong isolate"},
    {0x2069, "an end of an isolate"},
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

bool hidden_append(struct buffer *out, const char *text, size_t len, bool blanks)
{
    const char *end = text + len;
    uint32_t c;
    for (unsigned place = 1; utf8_decode(&text, end, &c); place++) {
        const char *name = hidden_name(c);
        if (!name)
            continue;
        buffer_format(out, "; it holds %s (U+%04X) at character %u: delete it%s", name, (unsigned)c,
                      place, blanks && text_is_white_space(c) ? " or type a plain blank" : "");
        return true;
    }
    return false;
}
