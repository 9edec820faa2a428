#include "tui/widgets/edit.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tui/terminal/keys.h"
#include "tui/widgets/draw.h"

#define CONTROL(letter) ((letter) - 'a' + 1)

void edit_set(struct edit *edit, const char *text)
{
    size_t length = strlen(text);
    if (length > EDIT_SIZE - 1)
        length = EDIT_SIZE - 1;
    memcpy(edit->text, text, length);
    edit->text[length] = '\0';
    edit->length = edit->cursor = length;
}

static size_t before(const struct edit *edit, size_t at)
{
    while (at > 0) {
        at--;
        if (((unsigned char)edit->text[at] & 0xc0) != 0x80)
            break;
    }
    return at;
}

static size_t after(const struct edit *edit, size_t at)
{
    if (at >= edit->length)
        return edit->length;
    do {
        at++;
    } while (at < edit->length && ((unsigned char)edit->text[at] & 0xc0) == 0x80);
    return at;
}

static void cut(struct edit *edit, size_t from, size_t to)
{
    memmove(edit->text + from, edit->text + to, edit->length - to + 1);
    edit->length -= to - from;
    edit->cursor = from;
}

static void insert(struct edit *edit, int key)
{
    char bytes[4];
    size_t count = utf8_encode((uint32_t)key, bytes);
    if (edit->length + count >= EDIT_SIZE)
        return;
    memmove(edit->text + edit->cursor + count, edit->text + edit->cursor,
            edit->length - edit->cursor + 1);
    memcpy(edit->text + edit->cursor, bytes, count);
    edit->length += count;
    edit->cursor += count;
}

void edit_replace(struct edit *edit, size_t from, const char *text)
{
    size_t count = strlen(text);
    if (edit->length - (edit->cursor - from) + count >= EDIT_SIZE)
        return;
    cut(edit, from, edit->cursor);
    memmove(edit->text + from + count, edit->text + from, edit->length - from + 1);
    memcpy(edit->text + from, text, count);
    edit->length += count;
    edit->cursor += count;
}

static size_t word_start(const struct edit *edit)
{
    size_t at = edit->cursor;
    while (at > 0 && edit->text[at - 1] == ' ')
        at--;
    while (at > 0 && edit->text[at - 1] != ' ')
        at--;
    return at;
}

bool edit_key(struct edit *edit, int key)
{
    switch (key) {
    case KEYS_FUNCTION + KEY_LEFT:
    case CONTROL('b'):
        edit->cursor = before(edit, edit->cursor);
        return true;
    case KEYS_FUNCTION + KEY_RIGHT:
    case CONTROL('f'):
        edit->cursor = after(edit, edit->cursor);
        return true;
    case KEYS_FUNCTION + KEY_HOME:
    case CONTROL('a'):
        edit->cursor = 0;
        return true;
    case KEYS_FUNCTION + KEY_END:
    case CONTROL('e'):
        edit->cursor = edit->length;
        return true;
    case KEYS_FUNCTION + KEY_BACKSPACE:
        cut(edit, before(edit, edit->cursor), edit->cursor);
        return true;
    case KEYS_FUNCTION + KEY_DC:
    case CONTROL('d'): {
        size_t at = edit->cursor;
        cut(edit, at, after(edit, at));
        return true;
    }
    case CONTROL('u'):
        cut(edit, 0, edit->cursor);
        return true;
    case CONTROL('k'):
        edit->text[edit->cursor] = '\0';
        edit->length = edit->cursor;
        return true;
    case CONTROL('w'):
        cut(edit, word_start(edit), edit->cursor);
        return true;
    default:
        break;
    }
    if (key >= ' ' && key < KEYS_FUNCTION && !text_is_control((uint32_t)key)) {
        insert(edit, key);
        return true;
    }
    return false;
}

int edit_draw(const struct edit *edit, int y, int x, int width)
{
    char head[EDIT_SIZE];
    size_t from = 0;
    int column;
    if (width < 2)
        return x;
    snprintf(head, sizeof head, "%.*s", (int)edit->cursor, edit->text);
    while ((column = draw_width(head + from)) > width - 1)
        from = after(edit, from);
    draw_cell(y, x, width, DRAW_LEFT, TONE_INPUT, edit->text + from);
    return x + column;
}
