/* Keys from the container's agent, the instance's metadata service, IAM Identity Center and a
 * credential_process, and the profiles that name them; see fuzz_aws.h for how the answers come. At
 * most 700 bytes. The first byte, '0' to '4', says who is asked; '2' and '3' have a file first, up
 * to a NUL. Files: aws/credentials.c aws/credentials_remote.c aws/credentials_profile.c aws/sso.c
 *        aws/sso_token.c aws/profile_parse.c aws/profile.c */
#include <errno.h>
#include <sys/stat.h>

#include "aws/credentials_internal.h"
#include "aws/profile_parse.h"
#include "aws/sso.h"
#include "aws/sts.h"
#include "tests/fuzz/fuzz_aws.h"

#define SHA1_OF_S "a0f1490a20d0211c997b44bc357e1972deab8ae3"

static char *profile_text;

static void judge(enum error_code code, const struct error *error,
                  const struct aws_credentials *credentials)
{
    fuzz_judge(code, error);
    if (code || !credentials->access_key_id)
        return;
    FUZZ_HOLDS(credentials->secret_access_key && credentials->source);
    FUZZ_HOLDS(!strpbrk(credentials->access_key_id, "\r\n"));
    FUZZ_HOLDS(!credentials->token || !strpbrk(credentials->token, "\r\n"));
}

static struct credentials_provider *provider_new(profiles_reader profiles)
{
    struct credentials_provider *provider = NULL;
    const struct credentials_options options = {.profiles = profiles,
                                                .assume = sts_credentials_assume,
                                                .sso = sso_credentials_get,
                                                .world = &fuzz_world,
                                                .transport = &fuzz_transport};
    FUZZ_HOLDS(!credentials_provider_new(&provider, &options, NULL));
    return provider;
}

/* The file `config` as the piece has it. */
static enum error_code read_profiles(struct profiles **out, struct error *error)
{
    struct profiles *profiles = calloc(1, sizeof *profiles);
    char *copy = fuzz_text(profile_text, strlen(profile_text));
    FUZZ_HOLDS(profiles);
    enum error_code code = profile_parse(profiles, "config", copy, strlen(copy), false, error);
    free(copy);
    *out = code ? NULL : profiles;
    if (code)
        profiles_free(profiles);
    return code;
}

static void ask_remote(bool container)
{
    struct aws_credentials out;
    struct error error = ERROR_INIT;
    struct credentials_provider *provider = provider_new(NULL);
    aws_credentials_init(&out);
    enum error_code code = container ? credentials_from_container(provider, &out, &error)
                                     : credentials_from_instance(provider, &out, &error);
    judge(code, &error, &out);
    aws_credentials_release(&out);
    credentials_provider_free(provider);
}

/* All that a profile can say but a command to run. */
static void ask_profile(void)
{
    struct aws_credentials out;
    struct error error = ERROR_INIT;
    if (strstr(profile_text, "credential_process") || strstr(profile_text, "CREDENTIAL_PROCESS"))
        return;
    struct credentials_provider *provider = provider_new(read_profiles);
    aws_credentials_init(&out);
    enum error_code code = credentials_from_profile(provider, &out, &error);
    if (code)
        FUZZ_HOLDS(error.message[0]);
    else
        judge(code, &error, &out);
    aws_credentials_release(&out);
    credentials_provider_free(provider);
}

static const char *token_path(void)
{
    static char path[512];
    static const char *const folders[] = {"", "/.aws", "/.aws/sso", "/.aws/sso/cache"};
    if (path[0])
        return path;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s%s", fuzz_folder(), folders[i]);
        FUZZ_HOLDS(mkdir(path, 0700) == 0 || errno == EEXIST);
    }
    setenv("HOME", fuzz_folder(), 1);
    snprintf(path, sizeof path, "%s/.aws/sso/cache/" SHA1_OF_S ".json", fuzz_folder());
    return path;
}

/* The token that a sign-in left, as the piece has it. */
static void ask_sso(void)
{
    const struct credentials_sso sso = {.profile = "p",
                                        .session = "s",
                                        .start_url = "https://x.awsapps.com/start",
                                        .region = "eu-central-1",
                                        .account_id = "1",
                                        .role_name = "r"};
    const struct credentials_options options = {.world = &fuzz_world, .transport = &fuzz_transport};
    struct aws_credentials out;
    struct error error = ERROR_INIT;
    FILE *file = fopen(token_path(), "w");
    FUZZ_HOLDS(file && fputs(profile_text, file) >= 0 && fclose(file) == 0);
    aws_credentials_init(&out);
    judge(sso_credentials_get(&options, &sso, &out, &error), &error, &out);
    aws_credentials_release(&out);
    unlink(token_path());
}

static void read_keys(const uint8_t *data, size_t len)
{
    struct aws_credentials out;
    struct error error = ERROR_INIT;
    char *text = fuzz_text(data, len);
    aws_credentials_init(&out);
    judge(credentials_from_json(text, len, "process", &out, &error), &error, &out);
    aws_credentials_release(&out);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!len)
        return 0;
    char who = (char)data++[0];
    len--;
    setenv("AWS_REGION", "eu-central-1", 1);
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x", 1);
    profile_text = who == '2' || who == '3' ? fuzz_piece(&data, &len) : NULL;
    fuzz_net_begin(data, len);
    if (who == '0' || who == '1')
        ask_remote(who == '0');
    else if (who == '2')
        ask_profile();
    else if (who == '3')
        ask_sso();
    else
        read_keys(data, len);
    free(profile_text);
    return 0;
}
