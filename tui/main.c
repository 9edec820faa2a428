#include <locale.h>

#include "core/base/core_dump.h"
#include "core/base/descriptors.h"
#include "tui/cli/command.h"
#include "tui/console/start.h"

int main(int argc, char **argv)
{
    core_dump_prevent();
    if (!descriptors_open())
        return EXIT_FAILED;
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    return command_main(argc, argv, console_run);
}
