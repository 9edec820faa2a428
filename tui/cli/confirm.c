#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/operate/audit.h"
#include "tui/cli/command.h"

enum { COUNT_IS_TYPED_ABOVE = 100 };

static bool answer_read(char *answer, int size)
{
    answer[0] = '\0';
    if (!fgets(answer, size, stdin))
        return false;
    size_t before = strspn(answer, " \t");
    memmove(answer, answer + before, strlen(answer + before) + 1);
    answer[strcspn(answer, " \t\r\n")] = '\0';
    return true;
}

static bool person_agrees(size_t count, bool production)
{
    char answer[64], wanted[24];
    if (!production && count <= COUNT_IS_TYPED_ABOVE) {
        fprintf(stderr, "Go on? [y/N] ");
        return answer_read(answer, sizeof answer) &&
               (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0);
    }
    snprintf(wanted, sizeof wanted, "%zu", count);
    fprintf(stderr, "%sType %s to continue: ", production ? "PRODUCTION. " : "", wanted);
    return answer_read(answer, sizeof answer) && strcmp(answer, wanted) == 0;
}

int command_confirm(const struct command_call *call, size_t count, const char *plan)
{
    struct session_identity identity;
    bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
    if (options_flag(call->options, "yes"))
        return EXIT_DONE;
    if (!terminal && count <= 1)
        return EXIT_DONE;
    output_progress_end(call->output);
    output_ask(plan);
    session_identity(call->session, &identity);
    if (terminal && person_agrees(count, identity.production))
        return EXIT_DONE;
    command_note(call, options_operand(call->options, 0), NULL, AUDIT_REFUSED,
                 "{\"why\":\"not confirmed\"}");
    if (terminal)
        output_complain(call->output, "intake %s: nothing was changed", call->command->name);
    else
        output_complain(call->output,
                        "intake %s: %zu changes need confirmation: add --yes to continue; "
                        "nothing was changed",
                        call->command->name, count);
    return EXIT_REFUSED;
}

int command_confirm_text(const struct command_call *call, size_t count, struct buffer *plan)
{
    struct error error = ERROR_INIT;
    int result = EXIT_DONE;
    if (buffer_check(plan, &error))
        result = command_fail(call, &error);
    else if (count > 0)
        result = command_confirm(call, count, plan->data);
    buffer_release(plan);
    return result;
}
