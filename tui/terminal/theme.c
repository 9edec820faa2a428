#include "tui/terminal/theme.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

/* Colours with 256 and with 8, and what stands for both where there is none. -1 is the terminal's
 * own. */
struct look {
    short front, back;
    short front8, back8;
    attr_t attributes;
    attr_t plain; /* without colours */
};

struct theme {
    const char *name;
    struct look looks[TONE_COUNT];
};

#define NONE8 -1, -1
#define LIGHT_FROM 0.179 /* black on it is read better than white */

static const struct theme themes[] = {
    /* Of the colours those between: 3 to 1 and more against white and against black, or on a
     * background of their own. */
    {THEME_AUTO,
     {[TONE_NORMAL] = {-1, -1, NONE8, A_NORMAL, A_NORMAL},
      [TONE_DIM] = {243, -1, NONE8, A_NORMAL, A_DIM},
      [TONE_GOOD] = {28, -1, NONE8, A_NORMAL, A_NORMAL},
      [TONE_WARN] = {130, -1, COLOR_MAGENTA, -1, A_BOLD, A_BOLD},
      [TONE_BAD] = {160, -1, COLOR_RED, -1, A_BOLD, A_BOLD},
      [TONE_INFO] = {32, -1, NONE8, A_NORMAL, A_NORMAL},
      [TONE_TITLE] = {-1, -1, NONE8, A_BOLD, A_BOLD},
      [TONE_HEADER] = {252, 236, COLOR_WHITE, COLOR_BLACK, A_NORMAL, A_NORMAL},
      [TONE_LABEL] = {243, -1, NONE8, A_NORMAL, A_DIM},
      [TONE_COLUMN] = {250, 237, NONE8, A_BOLD, A_UNDERLINE},
      [TONE_SELECTED] = {231, 25, COLOR_WHITE, COLOR_BLUE, A_NORMAL, A_REVERSE},
      [TONE_MARKED] = {133, -1, COLOR_MAGENTA, -1, A_BOLD, A_BOLD},
      [TONE_KEY] = {32, -1, NONE8, A_BOLD, A_BOLD},
      [TONE_PRODUCTION] = {231, 160, COLOR_WHITE, COLOR_RED, A_BOLD, A_REVERSE | A_BOLD},
      [TONE_READ_ONLY] = {16, 114, COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE},
      [TONE_INPUT] = {-1, -1, NONE8, A_BOLD, A_BOLD},
      [TONE_MATCH] = {130, -1, COLOR_MAGENTA, -1, A_UNDERLINE, A_UNDERLINE},
      [TONE_BORDER] = {243, -1, NONE8, A_NORMAL, A_NORMAL}}},
    {"dark",
     {[TONE_NORMAL] = {-1, -1, NONE8, A_NORMAL, A_NORMAL},
      [TONE_DIM] = {245, -1, NONE8, A_NORMAL, A_DIM},
      [TONE_GOOD] = {114, -1, COLOR_GREEN, -1, A_NORMAL, A_NORMAL},
      [TONE_WARN] = {215, -1, COLOR_YELLOW, -1, A_NORMAL, A_BOLD},
      [TONE_BAD] = {203, -1, COLOR_RED, -1, A_BOLD, A_BOLD},
      [TONE_INFO] = {110, -1, COLOR_CYAN, -1, A_NORMAL, A_NORMAL},
      [TONE_TITLE] = {-1, -1, NONE8, A_BOLD, A_BOLD},
      [TONE_HEADER] = {252, 236, COLOR_WHITE, COLOR_BLACK, A_NORMAL, A_NORMAL},
      [TONE_LABEL] = {245, -1, COLOR_CYAN, -1, A_NORMAL, A_DIM},
      [TONE_COLUMN] = {250, 237, NONE8, A_BOLD, A_UNDERLINE},
      [TONE_SELECTED] = {231, 25, COLOR_WHITE, COLOR_BLUE, A_NORMAL, A_REVERSE},
      [TONE_MARKED] = {221, -1, COLOR_YELLOW, -1, A_BOLD, A_BOLD},
      [TONE_KEY] = {117, -1, COLOR_CYAN, -1, A_BOLD, A_BOLD},
      [TONE_PRODUCTION] = {231, 160, COLOR_WHITE, COLOR_RED, A_BOLD, A_REVERSE | A_BOLD},
      [TONE_READ_ONLY] = {16, 114, COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE},
      [TONE_INPUT] = {-1, -1, NONE8, A_BOLD, A_BOLD},
      [TONE_MATCH] = {221, -1, COLOR_YELLOW, -1, A_UNDERLINE, A_UNDERLINE},
      [TONE_BORDER] = {240, -1, NONE8, A_NORMAL, A_NORMAL}}},
    {"light",
     {[TONE_NORMAL] = {-1, -1, NONE8, A_NORMAL, A_NORMAL},
      [TONE_DIM] = {243, -1, NONE8, A_NORMAL, A_DIM},
      [TONE_GOOD] = {28, -1, NONE8, A_NORMAL, A_NORMAL},
      [TONE_WARN] = {130, -1, COLOR_MAGENTA, -1, A_BOLD, A_BOLD},
      [TONE_BAD] = {160, -1, COLOR_RED, -1, A_BOLD, A_BOLD},
      [TONE_INFO] = {25, -1, COLOR_BLUE, -1, A_NORMAL, A_NORMAL},
      [TONE_TITLE] = {16, -1, NONE8, A_BOLD, A_BOLD},
      [TONE_HEADER] = {236, 253, COLOR_BLACK, COLOR_WHITE, A_NORMAL, A_NORMAL},
      [TONE_LABEL] = {243, -1, COLOR_BLUE, -1, A_NORMAL, A_DIM},
      [TONE_COLUMN] = {236, 252, NONE8, A_BOLD, A_UNDERLINE},
      [TONE_SELECTED] = {16, 153, COLOR_WHITE, COLOR_BLUE, A_NORMAL, A_REVERSE},
      [TONE_MARKED] = {130, -1, COLOR_MAGENTA, -1, A_BOLD, A_BOLD},
      [TONE_KEY] = {25, -1, COLOR_BLUE, -1, A_BOLD, A_BOLD},
      [TONE_PRODUCTION] = {231, 160, COLOR_WHITE, COLOR_RED, A_BOLD, A_REVERSE | A_BOLD},
      [TONE_READ_ONLY] = {231, 28, COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE},
      [TONE_INPUT] = {16, -1, NONE8, A_BOLD, A_BOLD},
      [TONE_MATCH] = {130, -1, COLOR_MAGENTA, -1, A_UNDERLINE, A_UNDERLINE},
      [TONE_BORDER] = {247, -1, NONE8, A_NORMAL, A_NORMAL}}},
    {"contrast",
     {[TONE_NORMAL] = {-1, -1, NONE8, A_NORMAL, A_NORMAL},
      [TONE_DIM] = {-1, -1, NONE8, A_NORMAL, A_NORMAL},
      [TONE_GOOD] = {46, -1, COLOR_GREEN, -1, A_BOLD, A_NORMAL},
      [TONE_WARN] = {226, -1, COLOR_YELLOW, -1, A_BOLD, A_BOLD},
      [TONE_BAD] = {196, -1, COLOR_RED, -1, A_BOLD | A_UNDERLINE, A_BOLD},
      [TONE_INFO] = {51, -1, COLOR_CYAN, -1, A_BOLD, A_NORMAL},
      [TONE_TITLE] = {-1, -1, NONE8, A_BOLD, A_BOLD},
      [TONE_HEADER] = {-1, -1, NONE8, A_REVERSE, A_REVERSE},
      [TONE_LABEL] = {-1, -1, NONE8, A_NORMAL, A_NORMAL},
      [TONE_COLUMN] = {-1, -1, NONE8, A_BOLD | A_UNDERLINE, A_BOLD | A_UNDERLINE},
      [TONE_SELECTED] = {-1, -1, NONE8, A_REVERSE | A_BOLD, A_REVERSE | A_BOLD},
      [TONE_MARKED] = {226, -1, COLOR_YELLOW, -1, A_BOLD, A_BOLD},
      [TONE_KEY] = {-1, -1, NONE8, A_BOLD, A_BOLD},
      [TONE_PRODUCTION] = {231, 196, COLOR_WHITE, COLOR_RED, A_BOLD, A_REVERSE | A_BOLD},
      [TONE_READ_ONLY] = {16, 46, COLOR_BLACK, COLOR_GREEN, A_BOLD, A_REVERSE},
      [TONE_INPUT] = {-1, -1, NONE8, A_BOLD, A_BOLD},
      [TONE_MATCH] = {226, -1, COLOR_YELLOW, -1, A_BOLD | A_UNDERLINE, A_UNDERLINE},
      [TONE_BORDER] = {-1, -1, NONE8, A_NORMAL, A_NORMAL}}},
    {"mono", {[TONE_NORMAL] = {-1, -1, NONE8, A_NORMAL, A_NORMAL}}},
};

#define THEME_COUNT (sizeof themes / sizeof themes[0])

static const struct theme *current = &themes[0];
static enum { BACKGROUND_UNKNOWN, BACKGROUND_DARK, BACKGROUND_LIGHT } background;
static bool coloured;
static attr_t attributes[TONE_COUNT];

static const struct theme *find(const char *name)
{
    for (size_t i = 0; name && i < THEME_COUNT; i++) {
        if (strcmp(themes[i].name, name) == 0)
            return &themes[i];
    }
    return NULL;
}

static bool theme_is_mono(void)
{
    return strcmp(current->name, "mono") == 0;
}

bool theme_is_auto(void)
{
    return strcmp(current->name, THEME_AUTO) == 0;
}

/* The theme whose looks are taken. */
static const struct theme *effective(void)
{
    if (theme_is_mono() || (theme_is_auto() && background == BACKGROUND_UNKNOWN))
        return find(THEME_AUTO);
    if (theme_is_auto())
        return find(background == BACKGROUND_LIGHT ? "light" : "dark");
    return current;
}

static void apply(void)
{
    bool mono = !coloured || theme_is_mono();
    bool many = COLORS == 256; /* with more, a number is a colour itself and no place in a table */
    const struct theme *looks = effective();
    for (int tone = 0; tone < TONE_COUNT; tone++) {
        const struct look *look = &looks->looks[tone];
        short front = many ? look->front : look->front8;
        short back = many ? look->back : look->back8;
        if (mono) {
            attributes[tone] = look->plain;
            continue;
        }
        attributes[tone] = look->attributes;
        if (front == -1 && back == -1) {
            if (!many)
                attributes[tone] |= look->plain;
            continue;
        }
        if (init_pair((short)(tone + 1), front, back) == OK)
            attributes[tone] |= (attr_t)COLOR_PAIR(tone + 1);
        else
            attributes[tone] |= look->plain;
    }
}

/* "15;0", "0;default;15": the last is the background's number. */
static void read_colorfgbg(void)
{
    const char *colours = getenv("COLORFGBG");
    const char *back = colours ? strrchr(colours, ';') : NULL;
    char *end;
    if (!back || back[1] < '0' || back[1] > '9')
        return;
    long number = strtol(back + 1, &end, 10);
    if (*end == '\0' && number <= 15)
        background = number == 7 || number == 15 ? BACKGROUND_LIGHT : BACKGROUND_DARK;
}

bool theme_init(const char *name, bool colour)
{
    const char *no_color = getenv("NO_COLOR");
    coloured = colour && (!no_color || no_color[0] == '\0') && has_colors() == TRUE &&
               start_color() == OK && COLORS >= 8;
    if (coloured && use_default_colors() != OK)
        coloured = false;
    read_colorfgbg();
    bool known = theme_use(name);
    if (!known)
        apply();
    return known;
}

bool theme_use(const char *name)
{
    const struct theme *theme = find(name);
    if (!theme)
        return false;
    current = theme;
    apply();
    return true;
}

void theme_background(double luminance)
{
    background = luminance > LIGHT_FROM ? BACKGROUND_LIGHT : BACKGROUND_DARK;
    apply();
}

const char *theme_at(size_t index)
{
    return index < THEME_COUNT ? themes[index].name : NULL;
}

unsigned long theme_attribute(enum theme_tone tone)
{
    return (unsigned long)attributes[tone];
}
