/* What a terminal sends, cut at any place, broken off, or never asked for: each byte becomes a key
 * or part of a sequence, no call waits for long, and behind a pause a key is that key. At most 200
 * bytes. 0xF8 to 0xFB are pauses of 5, 60, 150 and 1500 ms, 0xFC asks for the background (OSC 11).
 * curses and the clock are played. Files: tui/terminal/keys.c */
#include <curses.h>

#include "core/base/world.h"
#include "tests/fuzz/fuzz.h"
#include "tui/terminal/keys.h"

#define ESCAPE_WAIT_MS 50
#define CODES 64
#define BYTES 4096

WINDOW *stdscr;

static struct {
    uint8_t bytes[BYTES];
    int64_t at_ms[BYTES]; /* when it arrives */
    size_t next, end;
    int64_t now_ms;
    int delay_ms;
} line;

static struct {
    char text[16];
    int code;
} codes[CODES];
static size_t code_count;

/* ---- the world */

static int64_t now(void *context)
{
    (void)context;
    return line.now_ms;
}

const struct world world_real = {.now_ms = now, .monotonic_ms = now};

int64_t world_monotonic_ms(const struct world *world)
{
    return world->monotonic_ms(world->context);
}

int64_t world_now_ms(const struct world *world)
{
    return world->now_ms(world->context);
}

/* ---- curses: wgetch(3), define_key(3), as far as keys.c uses it */

int define_key(const char *text, int code)
{
    size_t i = 0;
    while (text && i < code_count && strcmp(codes[i].text, text) != 0)
        i++;
    if (!text || (i == code_count && code_count == CODES))
        return OK;
    code_count += i == code_count;
    snprintf(codes[i].text, sizeof codes[i].text, "%s", text);
    codes[i].code = code;
    return OK;
}

void wtimeout(WINDOW *window, int delay)
{
    (void)window;
    line.delay_ms = delay;
}

int nodelay(WINDOW *window, bool yes)
{
    (void)window;
    line.delay_ms = yes ? 0 : -1;
    return OK;
}

static bool arrives(size_t place, int64_t within_ms)
{
    if (place >= line.end || line.at_ms[place] > line.now_ms + within_ms)
        return false;
    if (line.at_ms[place] > line.now_ms)
        line.now_ms = line.at_ms[place];
    return true;
}

/* The longest that is defined; 0: none. */
static int take_code(void)
{
    size_t best = 0;
    int code = 0;
    for (size_t i = 0; i < code_count; i++) {
        size_t len = strlen(codes[i].text), same = 0;
        while (same < len && codes[i].code && arrives(line.next + same, ESCAPE_WAIT_MS) &&
               line.bytes[line.next + same] == (uint8_t)codes[i].text[same])
            same++;
        if (same == len && len > best && codes[i].code) {
            best = len;
            code = codes[i].code;
        }
    }
    line.next += best;
    return code;
}

int wget_wch(WINDOW *window, wint_t *code)
{
    (void)window;
    if (!arrives(line.next, line.delay_ms)) {
        line.now_ms += line.delay_ms;
        return ERR;
    }
    if (line.bytes[line.next] == 27) {
        int known = take_code();
        if (known) {
            *code = (wint_t)known;
            return KEY_CODE_YES;
        }
    }
    const char *at = (const char *)line.bytes + line.next, *end = at;
    while (end < at + 4 && arrives((size_t)(end - (char *)line.bytes), 1))
        end++;
    uint32_t code_point;
    if (!utf8_decode(&at, end, &code_point)) {
        line.next++;
        return ERR;
    }
    line.next = (size_t)(at - (const char *)line.bytes);
    *code = code_point;
    return OK;
}

static void put_back(const char *text, size_t len)
{
    FUZZ_HOLDS(line.next >= len);
    line.next -= len;
    for (size_t i = 0; i < len; i++) {
        line.bytes[line.next + i] = (uint8_t)text[i];
        line.at_ms[line.next + i] = line.now_ms;
    }
}

int unget_wch(const wchar_t code)
{
    char text[4];
    put_back(text, utf8_encode((uint32_t)code, text));
    return OK;
}

int ungetch(int code)
{
    size_t i = 0;
    while (codes[i].code != code)
        FUZZ_HOLDS(++i < code_count);
    put_back(codes[i].text, strlen(codes[i].text));
    return OK;
}

/* ---- what is typed, and what is made of it */

static void send(const void *bytes, size_t len, int gap_ms)
{
    int64_t at = line.end > line.next ? line.at_ms[line.end - 1] : line.now_ms;
    for (size_t i = 0; i < len && line.end < BYTES; i++) {
        line.bytes[line.end] = ((const uint8_t *)bytes)[i];
        line.at_ms[line.end++] = at += gap_ms;
    }
}

static int read_key(void)
{
    int64_t before = line.now_ms;
    size_t place = line.next;
    int key = keys_read();
    FUZZ_HOLDS(line.now_ms - before <= 300 + (int64_t)(line.next - place) * ESCAPE_WAIT_MS);
    int plain = key >= KEYS_ALT ? key - KEYS_ALT : key;
    FUZZ_HOLDS(key == KEYS_NONE || (plain >= 0 && plain <= KEYS_BACKGROUND));
    if (key == KEYS_BACKGROUND)
        FUZZ_HOLDS(keys_background() >= 0 && keys_background() <= 1.0001);
    return key;
}

/* All that has arrived when nothing more comes for a while; the last key. */
static int read_all(size_t most, int keys[], size_t *count)
{
    int last = KEYS_NONE;
    size_t rounds = 0, seen = 0;
    for (;;) {
        FUZZ_HOLDS(rounds++ < 8 * most + 64);
        int key = read_key();
        if (key != KEYS_NONE) {
            if (keys && seen < most)
                keys[seen] = key;
            seen++;
            last = key;
        } else if (line.next < line.end) {
            arrives(line.next, INT32_MAX);
        } else {
            break;
        }
    }
    if (count)
        *count = seen;
    return last;
}

static void rest(int64_t ms)
{
    line.now_ms += ms;
    line.next = line.end = 0;
}

static void a_key_is_a_key(void)
{
    rest(20000);
    send("x", 1, 0);
    FUZZ_HOLDS(read_all(1, NULL, NULL) == 'x');
    rest(20000);
}

static void any_bytes(const uint8_t *data, size_t len)
{
    static const int pauses[] = {5, 60, 150, 1500};
    int gap = 0;
    for (size_t i = 0; i < len; i++) {
        if (data[i] >= 0xF8 && data[i] <= 0xFB) {
            gap += pauses[data[i] - 0xF8];
        } else if (data[i] == 0xFC) {
            (void)read_all(BYTES, NULL, NULL);
            keys_expect_background();
        } else {
            send(data + i, 1, gap);
            gap = 0;
        }
    }
    (void)read_all(BYTES, NULL, NULL);
}

static size_t printable(const uint8_t *data, size_t len, char out[64])
{
    size_t count = 0;
    for (size_t i = 0; i < len && count < 60; i++)
        if (data[i] >= ' ' && data[i] < 0x7f)
            out[count++] = (char)data[i];
    return count;
}

/* A string for the terminal is no key, whatever it holds and in how many pieces it comes. */
static void a_whole_string(const char *text, size_t len, int gap_ms)
{
    int keys[8];
    size_t count = 0;
    send("\033]0;", 4, 0);
    send(text, len, gap_ms);
    send("\a", 1, gap_ms);
    (void)read_all(8, keys, &count);
    FUZZ_HOLDS(count <= 1 && (!count || keys[0] == KEYS_UNKNOWN));
    a_key_is_a_key();
}

static void a_paste(const char *text, size_t len)
{
    int keys[80];
    size_t count = 0;
    send("\033[200~", 6, 0);
    send(text, len, 1);
    send("\033[201~", 6, 0);
    (void)read_all(80, keys, &count);
    FUZZ_HOLDS(count == len + 2 && keys[0] == KEYS_PASTE_BEGIN && keys[len + 1] == KEYS_PASTE_END);
    for (size_t i = 0; i < len; i++)
        FUZZ_HOLDS(keys[i + 1] == text[i]);
    a_key_is_a_key();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char text[64];
    if (!code_count) {
        keys_init();
        define_key("\033OA", KEY_UP);
        define_key("\033[Z", KEY_BTAB);
        define_key("\033[15~", KEY_F(5));
        line.now_ms = 1000000;
    }
    nodelay(stdscr, TRUE);
    any_bytes(data, len);
    a_key_is_a_key();
    size_t count = printable(data, len, text);
    a_whole_string(text, count, 0);
    a_whole_string(text, count, 1);
    a_paste(text, count);
    return 0;
}
