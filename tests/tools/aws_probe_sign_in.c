/* aws_probe_sign_in AREA [ARGUMENT]...
 *
 * keys: who the credentials are of, never their secret.
 *
 * endpoints: for each line "REGION FIPS DUALSTACK" of stdin ("true", "false") a line of "SERVICE
 * URL" pairs, or of "SERVICE !" where there is none.
 *
 * token HOST PORT USER REGION MS: RDS's token at that time.
 *
 * get PROFILE KEY: a value of the shared files.
 *
 * rate: of the adaptive mode, for lines "MS t", "MS f" (an answer, throttled or not), "MS s" (one
 * goes out) of stdin. */
#include "tests/tools/aws_probe.h"

#include "aws/rate.h"
#include "aws/rds_token.h"
#include "aws/sso.h"

static int64_t fixed_ms;

static int64_t fixed_now(void *context)
{
    (void)context;
    return fixed_ms;
}

static bool provider_make(struct probe *probe, const struct world *world,
                          struct credentials_provider **provider)
{
    const struct credentials_options options = {.profiles = profiles_read_files,
                                                .assume = sts_credentials_assume,
                                                .sso = sso_credentials_get,
                                                .world = world};
    STEP(credentials_provider_new(provider, &options, &probe->error));
    return true;
}

static bool probe_keys(struct probe *probe)
{
    struct credentials_provider *provider = NULL;
    struct aws_credentials keys;
    bool ok = false;
    aws_credentials_init(&keys);
    if (provider_make(probe, NULL, &provider)) {
        ok = !credentials_get(provider, &keys, &probe->error);
        if (ok)
            printf("KEYS %s %s %lld\n", keys.source, keys.access_key_id,
                   (long long)(keys.expires_at_ms == INT64_MAX ? 0 : keys.expires_at_ms));
        else
            printf("ERROR %s %s\n", error_name(probe->error.code), probe->error.message);
    }
    aws_credentials_release(&keys);
    credentials_provider_free(provider);
    return ok;
}

static void endpoints_print(struct aws_client *client)
{
    for (int service = 0; service < AWS_SERVICE_COUNT; service++) {
        struct buffer url;
        struct error error = ERROR_INIT;
        buffer_init(&url, 4096);
        bool found = !aws_client_endpoint(client, (enum aws_service)service, &url, &error);
        printf("%s%s %s", service > 0 ? " " : "",
               aws_service_row((enum aws_service)service)->environment, found ? url.data : "!");
        buffer_release(&url);
    }
    printf("\n");
}

static bool probe_endpoints(struct probe *probe)
{
    char line[256], region[128], fips[16], dual[16];
    while (fgets(line, sizeof line, stdin)) {
        struct aws_client *client = NULL;
        const struct aws_options options = {.region = region};
        if (sscanf(line, "%127s %15s %15s", region, fips, dual) != 3)
            return false;
        setenv("AWS_USE_FIPS_ENDPOINT", fips, 1);
        setenv("AWS_USE_DUALSTACK_ENDPOINT", dual, 1);
        STEP(aws_client_new(&client, &options, &probe->error));
        endpoints_print(client);
        aws_client_free(client);
    }
    return true;
}

static bool probe_token(struct probe *probe)
{
    struct world world = world_real;
    struct credentials_provider *provider = NULL;
    struct buffer token;
    const struct rds_login login = {.host = probe->arguments[0],
                                    .port = probe->arguments[1],
                                    .user = probe->arguments[2],
                                    .region = probe->arguments[3]};
    fixed_ms = strtoll(probe->arguments[4], NULL, 10);
    world.now_ms = fixed_now;
    buffer_init(&token, 16384);
    bool ok = provider_make(probe, &world, &provider) &&
              !rds_token_make(provider, &login, &token, &probe->error);
    if (ok)
        printf("TOKEN %s\n", token.data);
    buffer_release(&token);
    credentials_provider_free(provider);
    return ok;
}

static bool probe_get(struct probe *probe)
{
    struct profiles *profiles = NULL;
    if (profiles_read_files(&profiles, &probe->error)) {
        printf("ERROR %s\n", probe->error.message);
        return false;
    }
    for (char **at = probe->arguments; at[0] && at[1]; at += 2) {
        const char *value = profile_get(profiles, at[0], at[1]);
        printf("VALUE %s\n", value ? value : "(none)");
    }
    profiles_free(profiles);
    return true;
}

static bool probe_rate(struct probe *probe)
{
    struct rate rate = {.begun = false};
    char line[64], *after;
    (void)probe;
    while (fgets(line, sizeof line, stdin)) {
        long long ms = strtoll(line, &after, 10);
        char what = after[strspn(after, " ")];
        if (what == 's') {
            printf("WAIT %lld\n", (long long)rate_take(&rate, ms));
        } else {
            rate_note(&rate, what == 't', ms);
            printf("RATE %.6f\n", rate.fill);
        }
    }
    return true;
}

int main(int count, char **arguments)
{
    static const struct probe_area areas[] = {{"keys", probe_keys},
                                              {"endpoints", probe_endpoints},
                                              {"token", probe_token},
                                              {"get", probe_get},
                                              {"rate", probe_rate}};
    return probe_main(count, arguments, areas, sizeof areas / sizeof areas[0]);
}
