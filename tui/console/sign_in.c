#include "tui/console/sign_in.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/text.h"
#include "tui/console/console.h"
#include "tui/console/prompt.h"
#include "tui/session/mfa.h"

#define PAUSE_MS (5 * 60 * 1000)
#define TICK_NS 100000000L
#define LABEL_SIZE 160

enum asking { ASKING_NOTHING, ASKING_WANTED, ASKING_SHOWN, ASKING_GIVEN, ASKING_REFUSED };

/* One is asked at a time: whoever asks holds the credentials' own lock. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    enum asking state;
    char label[LABEL_SIZE];
    char code[CREDENTIALS_CODE_SIZE];
    int64_t not_before_ms; /* monotonic */
} asking = {.lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER};

static void label_write(const char *serial)
{
    struct buffer text;
    buffer_init(&text, 1024);
    buffer_text(&text, "MFA code for ");
    text_append_visible_cut(&text, serial, strlen(serial), LABEL_SIZE / 4);
    (void)snprintf(asking.label, sizeof asking.label, "%.*s",
                   (int)utf8_prefix(text.data, text.len, LABEL_SIZE / 2), text.data);
    buffer_release(&text);
}

static void wait_a_tick(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += TICK_NS;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&asking.answered, &asking.lock, &until);
}

enum error_code sign_in_ask(void *context, const char *serial, const struct cancel *cancel,
                            char code[CREDENTIALS_CODE_SIZE], struct error *error)
{
    const int *wake_write = context;
    enum error_code result = ERROR_NONE;
    pthread_mutex_lock(&asking.lock);
    if (console_now() >= asking.not_before_ms) {
        label_write(serial);
        asking.state = ASKING_WANTED;
        (void)!write(*wake_write, "j", 1);
        while (!cancel_requested(cancel) &&
               (asking.state == ASKING_WANTED || asking.state == ASKING_SHOWN))
            wait_a_tick();
    }
    if (asking.state == ASKING_GIVEN)
        memcpy(code, asking.code, sizeof asking.code);
    else if (cancel_requested(cancel))
        result = error_set(error, ERROR_CANCELLED, "cancelled at the prompt for an MFA code");
    else
        result = error_set(error, ERROR_NO_CREDENTIALS,
                           "no MFA code for %.200s was entered; intake asks again in a few minutes",
                           serial);
    OPENSSL_cleanse(asking.code, sizeof asking.code);
    asking.state = ASKING_NOTHING;
    pthread_mutex_unlock(&asking.lock);
    return result;
}

static struct effect entered(struct console *console, const char *text, bool kept)
{
    struct effect effect = effect_redraw();
    (void)console;
    pthread_mutex_lock(&asking.lock);
    bool given = kept && mfa_code_read(text, asking.code);
    bool waited_for = asking.state == ASKING_SHOWN;
    if (waited_for && given) {
        asking.state = ASKING_GIVEN;
    } else if (waited_for && kept) {
        asking.state = ASKING_WANTED;
        effect = effect_toast(TONE_WARN, "the code is the six digits shown on the device");
    } else if (waited_for) {
        asking.state = ASKING_REFUSED;
        asking.not_before_ms = console_now() + PAUSE_MS;
        effect = effect_toast(TONE_WARN, "AWS credentials require a code");
    }
    pthread_cond_broadcast(&asking.answered);
    pthread_mutex_unlock(&asking.lock);
    return effect;
}

void sign_in_look(struct console *console)
{
    static const struct prompt_spec spec = {
        .label = asking.label, .hint = "six digits", .entered = entered};
    bool open = false;
    if (console->overlay)
        return;
    pthread_mutex_lock(&asking.lock);
    if (asking.state == ASKING_WANTED) {
        asking.state = ASKING_SHOWN;
        open = true;
    } else if (asking.state == ASKING_SHOWN) { /* Ctrl-C took the prompt away */
        asking.state = ASKING_REFUSED;
        asking.not_before_ms = console_now() + PAUSE_MS;
        pthread_cond_broadcast(&asking.answered);
    }
    pthread_mutex_unlock(&asking.lock);
    if (open) {
        prompt_open(console, &spec, "");
        console->dirty = true;
    }
}
