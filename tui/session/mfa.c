#include "tui/session/mfa.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/file.h"
#include "core/base/text.h"

#define TRIES 3
#define TICK_MS 100
#define LINE_SIZE 64

bool mfa_code_read(const char *text, char code[CREDENTIALS_CODE_SIZE])
{
    size_t digits = CREDENTIALS_CODE_SIZE - 1;
    text += strspn(text, " \t\r\n");
    if (strspn(text, "0123456789") != digits || text[digits + strspn(text + digits, " \t\r\n")])
        return false;
    memcpy(code, text, digits);
    code[digits] = '\0';
    return true;
}

/* False at the end of input or a cancel. */
static bool line_read(int terminal, const struct cancel *cancel, char line[LINE_SIZE])
{
    size_t used = 0;
    while (!cancel_requested(cancel)) {
        struct pollfd fd = {.fd = terminal, .events = POLLIN};
        char c;
        if (poll(&fd, 1, TICK_MS) <= 0)
            continue;
        if (read(terminal, &c, 1) <= 0)
            return false;
        if (c == '\n') {
            line[used] = '\0';
            return true;
        }
        if (used < LINE_SIZE - 1)
            line[used++] = c;
    }
    return false;
}

static bool question_write(int terminal, const char *serial)
{
    struct buffer text;
    buffer_init(&text, 1024);
    buffer_text(&text, "MFA code for ");
    text_append_visible(&text, serial, strlen(serial));
    buffer_text(&text, ": ");
    bool written = file_write_all(terminal, text.data, text.len);
    buffer_release(&text);
    return written;
}

enum error_code mfa_ask_terminal(void *context, const char *serial, const struct cancel *cancel,
                                 char code[CREDENTIALS_CODE_SIZE], struct error *error)
{
    char line[LINE_SIZE];
    bool given = false;
    (void)context;
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0)
        return error_set(error, ERROR_NO_CREDENTIALS,
                         "an MFA code for %.200s is required, but there is no terminal: run "
                         "intake or aws with this profile in a terminal first",
                         serial);
    for (int i = 0; i < TRIES && !given; i++) {
        if (!question_write(terminal, serial) || !line_read(terminal, cancel, line))
            break;
        given = mfa_code_read(line, code);
    }
    OPENSSL_cleanse(line, sizeof line);
    close(terminal);
    if (given)
        return ERROR_NONE;
    if (cancel_requested(cancel))
        return error_set(error, ERROR_CANCELLED, "cancelled at the prompt for an MFA code");
    return error_set(error, ERROR_NO_CREDENTIALS,
                     "no MFA code for %.200s was entered: it is the six digits shown on the device",
                     serial);
}
