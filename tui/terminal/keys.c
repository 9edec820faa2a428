#include "tui/terminal/keys.h"

#include <curses.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/base/world.h"

#define CODE_PASTE_BEGIN 0x8001
#define CODE_PASTE_END 0x8002
#define ESCAPE 27
#define SEQUENCE_MS 100 /* a sequence takes no longer */
#define STRING_MS 25    /* within which its second byte follows */
#define TAKEN_MS 1000   /* an answer that comes later is of no use any more */
#define ANSWER_MS 10000 /* but is no key for so long */

struct key_word {
    const char *name;
    int key;
};

/* The first name of a code is the one that is shown. */
static const struct key_word words[] = {
    {"enter", '\n'},
    {"esc", ESCAPE},
    {"space", ' '},
    {"tab", '\t'},
    {"backtab", KEYS_FUNCTION + KEY_BTAB},
    {"backspace", KEYS_FUNCTION + KEY_BACKSPACE},
    {"delete", KEYS_FUNCTION + KEY_DC},
    {"insert", KEYS_FUNCTION + KEY_IC},
    {"up", KEYS_FUNCTION + KEY_UP},
    {"down", KEYS_FUNCTION + KEY_DOWN},
    {"left", KEYS_FUNCTION + KEY_LEFT},
    {"right", KEYS_FUNCTION + KEY_RIGHT},
    {"pgup", KEYS_FUNCTION + KEY_PPAGE},
    {"pgdn", KEYS_FUNCTION + KEY_NPAGE},
    {"home", KEYS_FUNCTION + KEY_HOME},
    {"end", KEYS_FUNCTION + KEY_END},
    {"mouse", KEYS_FUNCTION + KEY_MOUSE},
    {"resize", KEYS_FUNCTION + KEY_RESIZE},
};

#define WORD_COUNT (sizeof words / sizeof words[0])

void keys_init(void)
{
    define_key("\033[200~", CODE_PASTE_BEGIN);
    define_key("\033[201~", CODE_PASTE_END);
    define_key("\033[<", 0);
    define_key("\033[M", 0);
    define_key(NULL, KEY_MOUSE);
    /* What terminals send that ignore application mode, or that speak xterm under another TERM. */
    define_key("\033[A", KEY_UP);
    define_key("\033[B", KEY_DOWN);
    define_key("\033[C", KEY_RIGHT);
    define_key("\033[D", KEY_LEFT);
    define_key("\033[H", KEY_HOME);
    define_key("\033[F", KEY_END);
    define_key("\033OH", KEY_HOME);
    define_key("\033OF", KEY_END);
    define_key("\033[1~", KEY_HOME);
    define_key("\033[4~", KEY_END);
    define_key("\033[5~", KEY_PPAGE);
    define_key("\033[6~", KEY_NPAGE);
    define_key("\033OP", KEY_F(1));
    define_key("\033[11~", KEY_F(1));
}

static int plain(int kind, wint_t code)
{
    if (kind == KEY_CODE_YES) {
        if (code == KEY_ENTER)
            return '\n';
        return KEYS_FUNCTION + (int)code;
    }
    if (code == '\r')
        return '\n';
    if (code == 127 || code == 8)
        return KEYS_FUNCTION + KEY_BACKSPACE;
    return (int)code;
}

/* What curses did not recognise behind an Esc is taken whole: its bytes are no keys, in how many
 * pieces they ever come. One that never ends is over by itself. */
static struct {
    wint_t introducer; /* 0: none is being read */
    int64_t since_ms;
    int left;      /* bytes that follow whatever they are */
    bool told;     /* the program was given its KEYS_UNKNOWN */
    bool escaped;  /* an Esc within a string: \ would end it */
    size_t length; /* behind the introducer */
    char text[40]; /* its beginning */
} sequence;

/* The question for the terminal's background. */
static struct {
    bool asked;
    bool escaped; /* an Esc that was given as a key may be its beginning */
    int64_t asked_ms;
    double luminance;
} background;

static struct keys_mouse mouse;

const struct keys_mouse *keys_mouse(void)
{
    return &mouse;
}

static int64_t now_ms(void)
{
    return world_monotonic_ms(&world_real);
}

void keys_expect_background(void)
{
    background.asked = true;
    background.asked_ms = now_ms();
}

bool keys_await_background(void)
{
    return background.asked && now_ms() - background.asked_ms <= ANSWER_MS;
}

double keys_background(void)
{
    return background.luminance;
}

/* 0 to 1 of one to four hexadecimal digits, made linear. */
static double channel(const char *digits, size_t length)
{
    char text[8];
    snprintf(text, sizeof text, "%.*s", (int)length, digits);
    double value = (double)strtoul(text, NULL, 16) / (double)((1u << (4 * length)) - 1);
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

/* "11;rgb:1e1e/1e1e/1e1e", or rgba with an alpha behind. XTerm Control Sequences, OSC 11. */
static bool is_background(void)
{
    static const double weights[] = {0.2126, 0.7152, 0.0722};
    static const char hex[] = "0123456789abcdefABCDEF";
    const char *at = sequence.text + 7;
    double luminance = 0;
    if (sequence.introducer != ']' || sequence.length >= sizeof sequence.text ||
        strncmp(sequence.text, "11;rgb", 6) != 0 || !keys_await_background())
        return false;
    at += at[-1] == 'a';
    for (size_t i = 0; i < 3; i++) {
        size_t length = strspn(at, hex);
        if (at[-1] != (i == 0 ? ':' : '/') || length < 1 || length > 4)
            return false;
        luminance += weights[i] * channel(at, length);
        at += length + 1;
    }
    background.asked = false;
    background.luminance = luminance;
    return now_ms() - background.asked_ms <= TAKEN_MS;
}

/* Of the string that is read so far: whether it is the answer, as far as it came. */
static bool is_answer(void)
{
    static const char start[] = "11;";
    size_t length = sequence.length < sizeof start - 1 ? sequence.length : sizeof start - 1;
    return sequence.introducer == ']' && keys_await_background() &&
           strncmp(sequence.text, start, length) == 0;
}

/* An answer that broke off ends before what no answer holds. */
static bool is_beyond_answer(wint_t code)
{
    return !sequence.escaped && code != 7 && code != 0x9c && code != ESCAPE &&
           (code >= 128 || !strchr("0123456789abcdefABCDEFrg:;/", (int)code));
}

static void sequence_begin(wint_t introducer)
{
    memset(&sequence, 0, sizeof sequence);
    sequence.introducer = introducer;
    sequence.since_ms = now_ms();
}

/* Whether this byte is the last one. ECMA-48, 5.4 and 5.6; XTerm Control Sequences. */
static bool sequence_takes(wint_t code)
{
    size_t place = sequence.length++;
    bool ended;
    if (place + 1 < sizeof sequence.text)
        sequence.text[place] = (char)(code < 128 ? code : '?');
    switch (sequence.introducer) {
    case '[':
        if (sequence.left > 0)
            return --sequence.left == 0;
        if (place == 0 && (code == '[' || code == 'M')) { /* the Linux console's F1; X10's mouse */
            sequence.left = code == '[' ? 1 : 3;
            return false;
        }
        return code < 0x20 || code > 0x3f;
    case 'O':
        return code < '0' || code > '9';
    default:
        ended = code == 7 || code == 0x9c || (sequence.escaped && code == '\\');
        sequence.escaped = code == ESCAPE;
        return ended;
    }
}

/* "<button;x;yM", or m for a release. */
static bool is_mouse(void)
{
    int numbers[3];
    char *at = sequence.text;
    if (sequence.introducer != '[' || sequence.length >= sizeof sequence.text || *at != '<')
        return false;
    for (size_t i = 0; i < 3; i++) {
        char *digits = at + 1;
        long number = strtol(digits, &at, 10);
        if (at == digits || number < (i > 0) || number > 99999 || (i < 2 && *at != ';'))
            return false;
        numbers[i] = (int)number;
    }
    if (*at != 'M' && *at != 'm')
        return false;
    mouse =
        (struct keys_mouse){numbers[0] & ~(4 | 8 | 16), numbers[2] - 1, numbers[1] - 1, *at == 'M'};
    return true;
}

/* Strings for the terminal alone (OSC, PM, APC, DCS) begin like two keys: what follows tells them
 * apart. P is a key that people press, so a DCS must look like one. */
static bool begins_string(wint_t introducer)
{
    wint_t code = 0;
    int kind = ERR;
    if (introducer < 128 && introducer > 0 && strchr("]^_P", (int)introducer)) {
        timeout(introducer == ']' && keys_await_background() ? SEQUENCE_MS : STRING_MS);
        kind = get_wch(&code);
        nodelay(stdscr, TRUE);
    }
    if (kind == OK)
        unget_wch((wchar_t)code);
    else if (kind == KEY_CODE_YES)
        ungetch((int)code);
    return kind == OK && code > ' ' && code < 127 &&
           (introducer != 'P' || strchr("0123456789>=!$+", (int)code));
}

/* KEYS_NONE: nothing more is there; a sequence that began is told of once. */
static int nothing(void)
{
    if (sequence.introducer == 0 || sequence.told)
        return KEYS_NONE;
    if (is_answer())
        return KEYS_NONE;
    sequence.told = true;
    return KEYS_UNKNOWN;
}

/* A terminal sends Alt with a key as an Esc with the key right behind it. */
static bool behind_escape;

static int begun_by_escape(void)
{
    wint_t code;
    if (keys_await_background() && now_ms() - background.asked_ms <= TAKEN_MS)
        timeout(STRING_MS);
    int kind = get_wch(&code);
    nodelay(stdscr, TRUE);
    if (kind == OK && (code == '[' || code == 'O' || begins_string(code))) {
        sequence_begin(code);
        return KEYS_NONE;
    }
    behind_escape = kind == OK && code != ESCAPE;
    if (kind == OK)
        unget_wch((wchar_t)code);
    else if (kind == KEY_CODE_YES)
        ungetch((int)code);
    return ESCAPE;
}

int keys_read(void)
{
    for (;;) {
        wint_t code;
        int kind = get_wch(&code);
        if (kind == ERR)
            return nothing();
        bool slow = sequence.introducer && now_ms() - sequence.since_ms > SEQUENCE_MS;
        if (slow && !is_answer())
            sequence.introducer = 0;
        bool string = sequence.introducer && !strchr("[O", (int)sequence.introducer);
        if (sequence.introducer && kind == OK && (code != ESCAPE || string)) {
            bool answer = is_answer();
            if (answer && slow && is_beyond_answer(code)) {
                sequence.introducer = 0;
                return plain(kind, code);
            }
            if (!sequence_takes(code))
                continue;
            bool told = sequence.told || answer;
            bool moused = is_mouse(), seen = is_background();
            sequence.introducer = 0;
            if (moused || seen)
                return moused ? KEYS_FUNCTION + KEY_MOUSE : KEYS_BACKGROUND;
            if (!told)
                return KEYS_UNKNOWN;
            continue;
        }
        sequence.introducer = 0;
        bool torn = background.escaped && kind == OK && code == ']' && keys_await_background();
        background.escaped = false;
        if (torn) {
            behind_escape = false;
            sequence_begin(code);
            continue;
        }
        int key = plain(kind, code);
        if (key == ESCAPE)
            key = begun_by_escape();
        else if (behind_escape)
            key += KEYS_ALT;
        if (key != ESCAPE)
            behind_escape = false;
        background.escaped = key == ESCAPE;
        if (key != KEYS_NONE)
            return key;
    }
}

static int parse_control(const char *name, size_t length)
{
    if (length != 6 || strncasecmp(name, "ctrl-", 5) != 0)
        return KEYS_NONE;
    char letter = name[5];
    if (letter >= 'A' && letter <= 'Z')
        letter = (char)(letter + 32);
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 1;
    return KEYS_NONE;
}

int keys_parse(const char *name, size_t length)
{
    const char *at = name;
    uint32_t code;
    int key = parse_control(name, length);
    if (key != KEYS_NONE)
        return key;
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (strlen(words[i].name) == length && strncasecmp(words[i].name, name, length) == 0)
            return words[i].key;
    }
    if ((length == 2 || length == 3) && (name[0] == 'f' || name[0] == 'F')) {
        int number = 0;
        for (size_t i = 1; i < length; i++) {
            if (name[i] < '0' || name[i] > '9')
                return KEYS_NONE;
            number = number * 10 + (name[i] - '0');
        }
        return number >= 1 && number <= 24 ? KEYS_FUNCTION + KEY_F(number) : KEYS_NONE;
    }
    if (length > 0 && utf8_decode(&at, name + length, &code) && at == name + length)
        return (int)code;
    return KEYS_NONE;
}

void keys_name(int key, char out[KEYS_NAME_SIZE])
{
    char encoded[5] = "";
    if (key >= KEYS_ALT) {
        char plain_name[KEYS_NAME_SIZE];
        keys_name(key - KEYS_ALT, plain_name);
        snprintf(out, KEYS_NAME_SIZE, "alt-%.18s", plain_name);
        return;
    }
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (words[i].key == key) {
            snprintf(out, KEYS_NAME_SIZE, "%s", words[i].name);
            return;
        }
    }
    if (key >= KEYS_FUNCTION + KEY_F(1) && key <= KEYS_FUNCTION + KEY_F(24)) {
        snprintf(out, KEYS_NAME_SIZE, "f%d", key - KEYS_FUNCTION - KEY_F(0));
    } else if (key >= 1 && key <= 26) {
        snprintf(out, KEYS_NAME_SIZE, "ctrl-%c", 'a' + key - 1);
    } else if (key >= 0 && key < KEYS_FUNCTION) {
        utf8_encode((uint32_t)key, encoded);
        snprintf(out, KEYS_NAME_SIZE, "%s", encoded);
    } else {
        snprintf(out, KEYS_NAME_SIZE, "key-%d", key - KEYS_FUNCTION);
    }
}

int keys_next(const char **names)
{
    const char *start = *names + strspn(*names, " ");
    size_t length = strcspn(start, " ");
    *names = start + length;
    return length == 0 ? KEYS_NONE : keys_parse(start, length);
}

bool keys_match(const char *names, int key)
{
    int candidate;
    if (!names || key == KEYS_NONE)
        return false;
    while ((candidate = keys_next(&names)) != KEYS_NONE) {
        if (candidate == key)
            return true;
    }
    return false;
}
