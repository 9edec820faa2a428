#include "tui/command.h"

#include <locale.h>

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    return command_main(argc, argv);
}
