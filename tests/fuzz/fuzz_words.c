/* Words that become a command, an address or a name: URLs of databases, tunnels, ARNs, keys,
 * secrets, policies. At most 400 bytes. The first byte, '0' to '6', says which reader gets the
 * rest. Files: tui/session/tunnel_command.c sql/db_options.c aws/region.c aws/endpoint.c
 * tui/terminal/keys.c core/pipeline/database_secret.c core/record/subscription_filter.c aws/sqs.c
 */
#include "aws/client.h"
#include "aws/sqs.h"
#include "core/pipeline/database_secret.h"
#include "core/record/subscription_filter.h"
#include "sql/db_private.h"
#include "tests/fuzz/fuzz.h"
#include "tui/session/tunnel_command.h"
#include "tui/terminal/keys.h"

/* No word of a value becomes two, none an option of ssh. */
static void split_command(const uint8_t *data, size_t len)
{
    char *host = fuzz_piece(&data, &len), *command = fuzz_piece(&data, &len);
    const struct tunnel_places places = {
        .host = host, .port = "5432", .local_port = 15432, .instance = host, .region = host};
    struct tunnel_words words;
    struct error error = ERROR_INIT;
    if (tunnel_words_make(command, &places, &words, &error)) {
        FUZZ_HOLDS(error.message[0] && words.count == 0);
    } else {
        FUZZ_HOLDS(words.count > 0 && words.count <= TUNNEL_WORDS_MOST &&
                   !words.words[words.count]);
        FUZZ_HOLDS(host[0] != '-' && !strpbrk(host, " \t\n'\"\\;|&$`"));
    }
    tunnel_words_release(&words);
    free(host);
    free(command);
}

/* What is refused is not quoted: a password may be in it. */
static void read_url(const char *url)
{
    const struct db_settings settings = {.url = url};
    struct db_options options = {.count = 0};
    struct error error = ERROR_INIT;
    bool given;
    if (db_options_build(&settings, &options, &given, &error))
        FUZZ_HOLDS(error.message[0] && (strlen(url) < 12 || !strstr(error.message, url)));
    else
        FUZZ_HOLDS(options.count > 0 && options.count <= DB_OPTIONS_MAX);
    (void)db_host_is_local(url);
    db_options_release(&options);
}

static void read_arn(const char *text)
{
    char part[64];
    for (int index = 1; index <= 5; index++)
        if (arn_part(text, index, part, sizeof part))
            FUZZ_HOLDS(strlen(part) < sizeof part && strstr(text, part));
    const char *name = sqs_queue_name(text);
    FUZZ_HOLDS(name >= text && name <= text + strlen(text));
    const struct aws_partition *partition;
    (void)(region_partition_find(text, &partition, NULL) == ERROR_NONE);
}

/* An endpoint that is taken is one host. */
static void read_endpoint(const char *text)
{
    struct aws_client *client = NULL;
    struct buffer url;
    struct error error = ERROR_INIT;
    const struct aws_options options = {.region = "us-east-1", .endpoint_url = text};
    buffer_init(&url, 4096);
    FUZZ_HOLDS(!aws_client_new(&client, &options, NULL));
    if (!aws_client_endpoint(client, AWS_SQS, &url, &error))
        FUZZ_HOLDS(!strncmp(url.data, "http", 4) && fuzz_is_plain(url.data, url.len) &&
                   !strpbrk(url.data, " \t\"<>\\^`{|}"));
    else
        FUZZ_HOLDS(error.message[0]);
    aws_client_free(client);
    buffer_release(&url);
}

static void read_keys(const char *text)
{
    const char *at = text;
    char name[KEYS_NAME_SIZE];
    int key;
    while ((key = keys_next(&at)) != KEYS_NONE) {
        keys_name(key, name);
        FUZZ_HOLDS(name[0] && strlen(name) < sizeof name);
        FUZZ_HOLDS(keys_match(text, key));
        if (strncmp(name, "key-", 4) != 0 && key != ' ')
            FUZZ_HOLDS(keys_parse(name, strlen(name)) == key || key < 27);
    }
}

static void read_secret(const char *text, size_t len)
{
    struct database_secret secret;
    struct db_settings settings = {.url = NULL};
    struct error error = ERROR_INIT;
    if (database_secret_parse("s", text, len, &secret, &error)) {
        FUZZ_HOLDS(fuzz_is_plain(error.message, strlen(error.message)));
    } else {
        database_secret_apply(&secret, &settings);
        FUZZ_HOLDS(secret.username[0] && secret.host[0] && secret.dbname[0]);
    }
    (void)(database_secret_take_login("s", text, len, &secret, &error) == ERROR_NONE);
    database_secret_clear(&secret);
}

static void read_policy(const char *text)
{
    static const struct aws_pair attributes[] = {{"upload_id", "UPLOAD_1_VEND001"},
                                                 {"vendor_id", "VEND001"}};
    if (subscription_filter_passes(text, "", attributes, 2))
        FUZZ_HOLDS(subscription_filter_allows(text, "vendor_id", "VEND001") || strstr(text, "$or"));
    FUZZ_HOLDS(!subscription_filter_passes(text, "MessageBody", attributes, 2) ||
               !text[strspn(text, " \t\r\n{}")]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!len)
        return 0;
    char *text = fuzz_text(data + 1, len - 1);
    switch (data[0]) {
    case '0':
        split_command(data + 1, len - 1);
        break;
    case '1':
        read_url(text);
        break;
    case '2':
        read_arn(text);
        break;
    case '3':
        read_endpoint(text);
        break;
    case '4':
        read_keys(text);
        break;
    case '5':
        read_secret(text, len - 1);
        break;
    case '6':
        read_policy(text);
    }
    free(text);
    return 0;
}
