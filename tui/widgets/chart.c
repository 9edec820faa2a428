#include "tui/widgets/chart.h"

#include <langinfo.h>
#include <string.h>

enum { STEPS = 8 }; /* of a character's height or width */

static const char *const upright[STEPS + 1] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const sideways[STEPS + 1] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
static const char *const ascii[STEPS + 1] = {"_", ".", ":", "-", "=", "+", "*", "%", "#"};

bool chart_has_blocks(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

double chart_most(const double *values, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = values[i] > most ? values[i] : most;
    return most;
}

/* In steps of `size` characters; what is above 0 is at least one. */
static int steps_of(double value, double most, int size)
{
    if (value <= 0 || most <= 0)
        return 0;
    int steps = (int)(value / most * size * STEPS + 0.5);
    if (steps > size * STEPS)
        return size * STEPS;
    return steps > 0 ? steps : 1;
}

void chart_spark(struct buffer *out, bool blocks, const double *values, size_t count, double most)
{
    for (size_t i = 0; i < count; i++) {
        int steps = steps_of(values[i], most, 1);
        if (values[i] < 0)
            buffer_text(out, blocks ? "·" : " ");
        else if (blocks)
            buffer_text(out, upright[steps > 0 ? steps : 1]);
        else
            buffer_text(out, ascii[steps]);
    }
}

void chart_line(struct buffer *out, bool blocks, const double *values, size_t count, double most,
                int width, int height, int line)
{
    for (size_t i = 0; i < count; i++) {
        int steps = steps_of(values[i], most, height) - (height - 1 - line) * STEPS;
        steps = steps < 0 ? 0 : steps > STEPS ? STEPS : steps;
        const char *cell = blocks              ? upright[steps]
                           : steps == 0        ? " "
                           : steps < STEPS / 2 ? "."
                                               : "#";
        for (int column = 0; column < width; column++)
            buffer_text(out, cell);
        buffer_char(out, ' ');
    }
}

void chart_bar(struct buffer *out, bool blocks, double value, double most, int width)
{
    int steps = steps_of(value, most, width);
    for (int i = 0; i < steps / STEPS; i++)
        buffer_text(out, blocks ? sideways[STEPS] : "#");
    if (blocks)
        buffer_text(out, sideways[steps % STEPS]);
    else if (steps < STEPS && steps > 0)
        buffer_char(out, '#');
}
