#include <locale.h>

#include "tui/cli/command.h"
#include "tui/console/start.h"

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    return command_main(argc, argv, console_run);
}
