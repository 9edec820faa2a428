#include "tui/console/filter_prompt.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tui/base/filter.h"
#include "tui/console/console.h"
#include "tui/console/prompt.h"
#include "tui/widgets/complete.h"
#include "tui/widgets/edit.h"

#define KEYS_MOST 16

/* The keys of a screen's filter, apart. */
struct keys {
    char store[EDIT_SIZE];
    const char *names[KEYS_MOST + 1];
};

static void keys_of(const struct screen *screen, struct keys *keys)
{
    const char *text = screen->ops->filter_keys ? screen->ops->filter_keys(screen) : "";
    size_t count = 0;
    snprintf(keys->store, sizeof keys->store, "%s", text ? text : "");
    char *at = keys->store;
    for (at += strspn(at, " "); *at != '\0' && count < KEYS_MOST; at += strspn(at, " ")) {
        keys->names[count++] = at;
        at += strcspn(at, " ");
        if (*at != '\0')
            *at++ = '\0';
    }
    keys->names[count] = NULL;
}

static struct effect filter_changed(struct console *console, const char *text)
{
    struct screen *screen = console_top(console);
    return screen->ops->filter(screen, text, false);
}

static struct effect filter_entered(struct console *console, const char *text, bool kept)
{
    struct screen *screen = console_top(console);
    (void)kept;
    return screen->ops->filter(screen, text, true);
}

static const char *key_at(const void *context, size_t index)
{
    const struct keys *keys = context;
    return keys->names[index];
}

static const char *word_at(const void *context, size_t index)
{
    const struct filter_words *words = context;
    return words->word ? words->word(index) : words->words[index];
}

static void value_complete(const struct screen *screen, struct edit *edit, const char *key,
                           size_t length, char *others, size_t size)
{
    const struct filter_words *words =
        screen->ops->filter_words ? screen->ops->filter_words(screen) : NULL;
    for (; words && words->key; words++) {
        if (strlen(words->key) == length && strncasecmp(words->key, key, length) == 0)
            complete_word(edit, word_at, words, " ", others, size);
    }
}

/* A key, or behind its colon one of its values. */
static void filter_complete(struct console *console, struct edit *edit, char *others, size_t size)
{
    const struct screen *screen = console_top(console);
    size_t length;
    const char *begun = complete_begun(edit, &length);
    const char *key = begun;
    struct keys keys = {.names = {NULL}};
    if (begun == edit->text || begun[-1] != ':') {
        keys_of(screen, &keys);
        complete_word(edit, key_at, &keys, ":", others, size);
        return;
    }
    while (key > edit->text && key[-1] != ' ')
        key--;
    value_complete(screen, edit, key, (size_t)(begun - 1 - key), others, size);
}

static void filter_hint(const struct screen *screen, char *out, size_t size)
{
    struct keys keys = {.names = {NULL}};
    size_t used = 0;
    keys_of(screen, &keys);
    for (size_t i = 0; keys.names[i] && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s: ", keys.names[i]);
    if (used < size)
        snprintf(out + used, size - used, used > 0 ? "words   tab completes" : "words");
}

void console_filter_begin(struct console *console)
{
    struct screen *screen = console_top(console);
    char hint[EDIT_SIZE];
    const struct prompt_spec spec = {.label = "/",
                                     .hint = hint,
                                     .history = true,
                                     .complete = filter_complete,
                                     .changed = filter_changed,
                                     .entered = filter_entered};
    filter_hint(screen, hint, sizeof hint);
    prompt_open(console, &spec, screen->ops->filter_text ? screen->ops->filter_text(screen) : "");
}
