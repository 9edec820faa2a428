/* What the probes share. A probe AREA [ARGUMENT]... uses the calls of one AWS client against a live
 * endpoint and prints a line for every step; exit 1 at the first step that is not as expected.
 * Driven by tests/integration/aws/test_aws_*.py. */
#ifndef TESTS_TOOLS_AWS_PROBE_H
#define TESTS_TOOLS_AWS_PROBE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/client.h"
#include "aws/profile_files.h"
#include "aws/sts.h"

struct probe {
    struct aws_client *client;
    struct error error;
    char **arguments;
    size_t seen;
    char text[256];
};

struct probe_area {
    const char *name;
    bool (*run)(struct probe *probe);
};

#define STEP(call)                                                                  \
    do {                                                                            \
        if ((call) != ERROR_NONE) {                                                 \
            printf("FAILED %s: [%s %s] %s\n", #call, error_name(probe->error.code), \
                   probe->error.service_code, probe->error.message);                \
            return false;                                                           \
        }                                                                           \
    } while (0)
#define EXPECT(condition)                                           \
    do {                                                            \
        if (!(condition)) {                                         \
            printf("NOT SO (line %d): %s\n", __LINE__, #condition); \
            return false;                                           \
        }                                                           \
    } while (0)

static inline int probe_main(int count, char **arguments, const struct probe_area *areas,
                             size_t area_count)
{
    struct probe probe = {.error = ERROR_INIT};
    bool ok = false;
    const struct aws_options options = {.profiles = profiles_read_files,
                                        .assume = sts_credentials_assume};
    if (count < 2 || aws_client_new(&probe.client, &options, &probe.error) != ERROR_NONE) {
        fprintf(stderr, "usage: %s AREA [ARGUMENT]...\n", arguments[0]);
        return 2;
    }
    probe.arguments = arguments + 2;
    for (size_t i = 0; i < area_count; i++)
        if (strcmp(areas[i].name, arguments[1]) == 0)
            ok = areas[i].run(&probe);
    printf("%s\n", ok ? "OK" : "NOT OK");
    aws_client_free(probe.client);
    return ok ? 0 : 1;
}

#endif
