/* Options, configuration, tables and the table of commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/pipeline/settings.h"
#include "tui/base/typed.h"
#include "tui/base/distance.h"
#include "tui/cli/command.h"
#include "tui/cli/listing.h"
#include "tui/cli/options.h"
#include "tui/session/config.h"

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

static const char *const colors[] = {"auto", "never", NULL};

static const struct option table[] = {
    {.name = "vendor",
     .letter = 'v',
     .type = OPTION_TEXT,
     .value = "VENDOR",
     .help = "h",
     .many = true},
    {.name = "limit", .type = OPTION_NUMBER, .value = "N", .help = "h"},
    {.name = "since", .type = OPTION_TIME, .value = "WHEN", .help = "h"},
    {.name = "color", .type = OPTION_CHOICE, .value = "WHEN", .choices = colors, .help = "h"},
    {.name = "search", .type = OPTION_SEARCH, .value = "TEXT", .help = "h"},
    {.name = "json", .letter = 'j', .help = "h"},
    {.name = "quiet", .letter = 'q', .help = "h"},
    OPTIONS_END,
};

static struct options *parse(struct error *error, int argc, const char *const *argv)
{
    const struct option *tables[] = {table, NULL};
    struct options *options = NULL;
    error_clear(error);
    if (options_parse(argc, argv, tables, NOW_MS, &options, error) != ERROR_NONE)
        return NULL;
    return options;
}

#define PARSE(error, ...)                                                     \
    parse(error, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), \
          (const char *const[]){__VA_ARGS__})

static void options_stand_anywhere(void **state)
{
    struct error error = ERROR_INIT;
    (void)state;
    struct options *options =
        PARSE(&error, "a", "--json", "--vendor", "V1", "b", "-qvV2", "--limit=7", "--", "--json");
    assert_non_null(options);
    assert_true(options_flag(options, "json"));
    assert_true(options_flag(options, "quiet"));
    assert_string_equal(options_text(options, "vendor"), "V2");
    assert_int_equal(options_number(options, "limit", 1), 7);
    assert_int_equal(options_operand_count(options), 3);
    assert_string_equal(options_operand(options, 2), "--json");
    const char *const *vendors = NULL;
    assert_int_equal(options_texts(options, "vendor", &vendors), 2);
    assert_string_equal(vendors[0], "V1");
    options_shift(options, 2);
    assert_string_equal(options_operand(options, 0), "--json");
    options_free(options);
}

/* Nothing that was typed is left out in silence: what is no search, or does not fit, is refused. */
static void a_search_is_whole_or_refused(void **state)
{
    struct error error = ERROR_INIT;
    char text[600];
    (void)state;
    struct options *options = PARSE(&error, "--search", "red -shoes");
    assert_non_null(options);
    assert_string_equal(options_text(options, "search"), "red -shoes");
    options_free(options);
    static const char *const nothing[] = {",", "   ", "\"\"", ",,,"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        assert_null(PARSE(&error, "--search", nothing[i]));
        assert_non_null(strstr(error.message, "has no value"));
    }
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = i % 10 == 9 ? ' ' : 'a';
    text[sizeof text - 1] = '\0';
    assert_null(PARSE(&error, "--search", text));
    assert_non_null(strstr(error.message, "too long"));
}

static void a_dash_is_an_operand(void **state)
{
    struct error error = ERROR_INIT;
    (void)state;
    struct options *options = PARSE(&error, "-");
    assert_non_null(options);
    assert_string_equal(options_operand(options, 0), "-");
    assert_null(options_text(options, "vendor"));
    options_free(options);
}

static void times_are_dates_times_or_ages(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } times[] = {
        {"2026-01-01", NOW_MS},
        {"2026-01-01T00:00:01Z", NOW_MS + 1000},
        {"30s", NOW_MS - 30000},
        {"15m", NOW_MS - 900000},
        {"2h", NOW_MS - 7200000},
        {"1d", NOW_MS - 86400000},
        {"2w", NOW_MS - 1209600000LL},
        {"2026-01-01T02:00:00+02:00", NOW_MS},
        {"today", NOW_MS},
        {"Yesterday", NOW_MS - 86400000},
        {"2026-01-01T02:00+02", NOW_MS},
        {"2026-01-01 02:00+0200", NOW_MS},
        {"2026-01-01+02:00", NOW_MS - 7200000},
        {"2026-01-01T00:00z", NOW_MS},
    };
    static const char *const wrong[] = {"",
                                        "d",
                                        "1",
                                        "1y",
                                        "2026-02-30",
                                        "-1d",
                                        "1dd",
                                        "now",
                                        "99999999999d",
                                        "1hr",
                                        "2026-01-01T",
                                        "2026-01-01T0:00",
                                        "2026-01-01x",
                                        "2026-13-01",
                                        "2026-01-01T24:00",
                                        "7D"};
    int64_t ms = 0;
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        assert_true(typed_time(times[i].text, NOW_MS, &ms));
        assert_int_equal(ms, times[i].ms);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(typed_time(wrong[i], NOW_MS, &ms));
}

static void expect_fault(struct error *error, struct options *options, const char *words)
{
    assert_null(options);
    assert_int_equal(error->code, ERROR_USAGE);
    if (strstr(error->message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error->message, words);
}

static void faults_say_what_is_wrong(void **state)
{
    struct error error = ERROR_INIT;
    (void)state;
    expect_fault(&error, PARSE(&error, "--vender", "x"), "did you mean --vendor?");
    expect_fault(&error, PARSE(&error, "--zzz"), "unknown option --zzz");
    expect_fault(&error, PARSE(&error, "-z"), "unknown option -z");
    expect_fault(&error, PARSE(&error, "--vendor"), "--vendor requires a value: VENDOR");
    expect_fault(&error, PARSE(&error, "-v"), "-v requires a value");
    expect_fault(&error, PARSE(&error, "--json=1"), "--json takes no value");
    expect_fault(&error, PARSE(&error, "--limit", "0"), "must be a whole number above 0");
    expect_fault(&error, PARSE(&error, "--limit=-3"), "must be a whole number above 0");
    expect_fault(&error, PARSE(&error, "--since", "1hr"), "must be a date");
    expect_fault(&error, PARSE(&error, "--color", "nevr"), "did you mean never?");
    expect_fault(&error, PARSE(&error, "--limit", "1", "--limit", "2"), "--limit is given twice");
    expect_fault(&error, PARSE(&error, "--since", "1d", "--since=1d"), "--since is given twice");
    expect_fault(&error, PARSE(&error, "--color", "red"), "must be one of auto, never");
}

static void distance_counts_edits(void **state)
{
    (void)state;
    assert_int_equal(text_distance("uploads", "uploads"), 0);
    assert_int_equal(text_distance("uplaods", "uploads"), 2);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("report", "reports"), 1);
}

/* A configuration file of the test's own. */
static enum error_code config_of(const char *text, struct config **config, struct error *error)
{
    char path[] = "/tmp/intake-config-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
    error_clear(error);
    enum error_code code = config_read(path, config, error);
    unlink(path);
    return code;
}

static void sections_are_environments(void **state)
{
    struct error error = ERROR_INIT;
    struct config *config = NULL;
    (void)state;
    assert_int_equal(config_of("cool_down_minutes = 5\n"
                               "# a comment\n"
                               "[staging]\nprofile = s\nregion=eu-west-1 ; near\n"
                               "[empty]\n"
                               "[production]\n  production = true\n  cool_down_minutes = 20\n",
                               &config, &error),
                     ERROR_NONE);
    assert_string_equal(config_get(config, "staging", "profile"), "s");
    assert_string_equal(config_get(config, "staging", "region"), "eu-west-1");
    assert_string_equal(config_get(config, "staging", "cool_down_minutes"), "5");
    assert_string_equal(config_get(config, "production", "cool_down_minutes"), "20");
    assert_null(config_get(config, "production", "profile"));
    assert_true(config_get_bool(config, "production", "production", false));
    assert_false(config_get_bool(config, "staging", "production", false));
    assert_true(config_has_section(config, "empty"));
    assert_false(config_has_section(config, "other"));
    assert_string_equal(config_section(config, 0), "staging");
    assert_null(config_section(config, 3));
    config_free(config);
}

static void expect_config_fault(const char *text, const char *words)
{
    struct error error = ERROR_INIT;
    struct config *config = NULL;
    assert_int_equal(config_of(text, &config, &error), ERROR_CONFIG);
    assert_null(config);
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}

static void config_faults_name_line_and_key(void **state)
{
    static char line[10000];
    (void)state;
    expect_config_fault("[a]\nregoin = x\n", ":2: regoin: unknown key; did you mean region?");
    expect_config_fault("[a]\n\nnonsense_of_mine = x\n", ":3: nonsense_of_mine: unknown key");
    expect_config_fault("[a]\nproduction = maybe\n", ":2: production = maybe: must be true");
    expect_config_fault("[a]\nendpoint_url = ftp://x\n", ":2: endpoint_url = ftp://x: must start");
    expect_config_fault("[a]\ncool_down_minutes = -1\n", ":2: cool_down_minutes = -1: must be");
    expect_config_fault("[a]\ndatabase_password = x\n",
                        ":2: database_password: this file must not contain");
    expect_config_fault("[a]\nhost\n", ":2: must be a [section] or KEY = VALUE");
    expect_config_fault("theme = no-such\n", ":1: theme = no-such: unknown theme");
    expect_config_fault("keys.quit = nokey\n", ":1: keys.quit = nokey: must be names of keys");
    expect_config_fault("color = red\n", ":1: color = red: must be auto");
    memset(line, 'x', sizeof line);
    memcpy(line, "[a]\nprofile = ", 14);
    line[sizeof line - 1] = '\0';
    expect_config_fault(line, ":2: the line is longer");
}

static void config_keeps_no_password(void **state)
{
    struct error error = ERROR_INIT;
    struct config *config = NULL;
    (void)state;
    static const char *const texts[] = {
        "[a]\ndatabase_url = postgresql://me:geheim@host/db\n",
        "[a]\ndatabase_url = host=h password=geheim\n",
    };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(config_of(texts[i], &config, &error), ERROR_CONFIG);
        assert_non_null(strstr(error.message, ":2: database_url: holds a password"));
        assert_null(strstr(error.message, "geheim"));
    }
    assert_int_equal(config_of("[a]\ndatabase_url = postgresql://me@host/db\n", &config, &error),
                     ERROR_NONE);
    config_free(config);
}

static void a_missing_file_is_empty_unless_named(void **state)
{
    struct error error = ERROR_INIT;
    struct config *config = NULL;
    (void)state;
    assert_int_equal(config_read("/nonexistent/intake.ini", &config, &error), ERROR_CONFIG);
    unsetenv("INTAKE_CONFIG");
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    assert_int_equal(config_read(NULL, &config, &error), ERROR_NONE);
    assert_null(config_get(config, "", "region"));
    config_free(config);
}

static void stronger_sources_stay(void **state)
{
    struct settings settings;
    struct error error = ERROR_INIT;
    (void)state;
    assert_int_equal(settings_init(&settings, &error), ERROR_NONE);
    assert_string_equal(settings_get(&settings, SETTING_TABLE), "UploadRecords");
    setenv("DYNAMODB_TABLE", "FromEnvironment", 1);
    setenv("S3_BUCKET_NAME", "", 1);
    assert_int_equal(settings_read_environment(&settings, &error), ERROR_NONE);
    assert_int_equal(settings_put(&settings, SETTING_TABLE, "FromFile", SETTING_FROM_FILE, &error),
                     ERROR_NONE);
    assert_string_equal(settings_get(&settings, SETTING_TABLE), "FromEnvironment");
    assert_int_equal(
        settings_put(&settings, SETTING_TABLE, "FromStack", SETTING_FROM_STACK, &error),
        ERROR_NONE);
    assert_string_equal(settings_get(&settings, SETTING_TABLE), "FromStack");
    const char *bucket = NULL;
    assert_int_equal(settings_require(&settings, SETTING_BUCKET, &bucket, &error), ERROR_CONFIG);
    assert_non_null(strstr(error.message, "S3_BUCKET_NAME"));
    settings_release(&settings);
    unsetenv("DYNAMODB_TABLE");
}

static void every_setting_is_whole(void **state)
{
    (void)state;
    for (int i = 0; i < SETTING_COUNT; i++) {
        assert_non_null(setting_variable(i));
        assert_non_null(setting_help(i));
        if (setting_key(i) != NULL)
            assert_int_equal(setting_find_key(setting_key(i)), i);
        if (setting_output(i) != NULL)
            assert_int_equal(setting_find_output(setting_output(i)), i);
    }
    assert_int_equal(setting_find_key("no_such"), SETTING_COUNT);
}

static void table_names_are_unique(const struct option *const *tables)
{
    for (size_t a = 0; tables[a] != NULL; a++) {
        for (const struct option *one = tables[a]; one->name != NULL; one++) {
            assert_non_null(one->help);
            assert_true(one->type == OPTION_FLAG || one->value != NULL);
            assert_true(one->type != OPTION_CHOICE || one->choices != NULL || one->word != NULL);
            for (size_t b = 0; tables[b] != NULL; b++) {
                for (const struct option *other = tables[b]; other->name != NULL; other++) {
                    if (one == other)
                        continue;
                    assert_string_not_equal(one->name, other->name);
                    assert_true(one->letter == 0 || one->letter != other->letter);
                }
            }
        }
    }
}

static void every_command_is_whole(void **state)
{
    static const struct option none[] = {OPTIONS_END};
    (void)state;
    for (size_t i = 0; command_table[i] != NULL; i++) {
        const struct command *command = command_table[i];
        const struct option *tables[] = {command_global_options,
                                         command->action ? command_action_options : none,
                                         command->options != NULL ? command->options : none, NULL};
        assert_non_null(command->summary);
        assert_non_null(command->operands);
        assert_non_null(command->run);
        assert_true(strlen(command->description) > 20);
        assert_true(command->operands_least <= command->operands_most);
        assert_true(command->examples != NULL || command->hidden);
        table_names_are_unique(tables);
        for (size_t k = 0; command_table[k] != NULL; k++)
            assert_true(i == k || strcmp(command->name, command_table[k]->name) != 0);
        for (const struct command_example *example = command->examples;
             example != NULL && example->line != NULL; example++)
            assert_non_null(example->what);
    }
}

static void the_longest_name_wins(void **state)
{
    size_t used = 0;
    (void)state;
    const char *words[] = {"vendors", "VEND001"};
    const struct command *found = command_find(words, 2, &used);
    assert_non_null(found);
    assert_string_equal(found->name, "vendors");
    assert_int_equal(used, 1);
    words[0] = "vendor";
    assert_null(command_find(words, 1, &used));
    assert_null(command_find(words, 0, &used));
}

static void listings_align_what_is_visible(void **state)
{
    static const struct listing_column columns[] = {
        {.title = "A"}, {.title = "N", .right = true}, {.title = "T"}, {.title = NULL}};
    struct output output;
    struct listing listing;
    struct error error = ERROR_INIT;
    (void)state;
    output_init(&output, false, false, OUTPUT_COLOR_NEVER);
    output.width = 0;
    listing_init(&listing, columns);
    listing_cell(&listing, "日本");
    listing_cell_number(&listing, 7);
    listing_cell(&listing, "\033[31mred\n");
    listing_cell(&listing, "x");
    listing_cell_number(&listing, 1234);
    listing_cell(&listing, NULL);
    assert_int_equal(listing_print(&listing, &output, &error), ERROR_NONE);
    assert_null(strchr(output.text.data, '\033'));
    assert_non_null(strstr(output.text.data, "A        N  T\n日本     7  "));
    assert_non_null(strstr(output.text.data, "\nx     1234  -\n"));
    listing_release(&listing);
    output_release(&output);
}

static void listings_fit_a_terminal(void **state)
{
    static const struct listing_column columns[] = {
        {.title = "ID"}, {.title = "TEXT", .flexible = true, .least = 6}, {.title = NULL}};
    struct output output;
    struct listing listing;
    struct error error = ERROR_INIT;
    (void)state;
    output_init(&output, false, false, OUTPUT_COLOR_NEVER);
    output.width = 20;
    listing_init(&listing, columns);
    listing_cell(&listing, "0123456789");
    listing_cell(&listing, "a text that is longer than the line");
    assert_int_equal(listing_print(&listing, &output, &error), ERROR_NONE);
    assert_non_null(strstr(output.text.data, "\n0123456789  a tex...\n"));
    listing_release(&listing);
    output_release(&output);
}

static void exit_codes_worsen(void **state)
{
    (void)state;
    assert_int_equal(command_worse(EXIT_DONE, EXIT_PARTLY), EXIT_PARTLY);
    assert_int_equal(command_worse(EXIT_FAILED, EXIT_PARTLY), EXIT_FAILED);
    assert_int_equal(command_worse(EXIT_DONE, EXIT_DONE), EXIT_DONE);
    assert_int_equal(command_exit_code(ERROR_USAGE), EXIT_USAGE);
    assert_int_equal(command_exit_code(ERROR_DENIED), EXIT_FAILED);
    assert_int_equal(command_exit_code(ERROR_CANCELLED), EXIT_INTERRUPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(a_search_is_whole_or_refused),
        cmocka_unit_test(a_dash_is_an_operand),
        cmocka_unit_test(times_are_dates_times_or_ages),
        cmocka_unit_test(faults_say_what_is_wrong),
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(sections_are_environments),
        cmocka_unit_test(config_faults_name_line_and_key),
        cmocka_unit_test(config_keeps_no_password),
        cmocka_unit_test(a_missing_file_is_empty_unless_named),
        cmocka_unit_test(stronger_sources_stay),
        cmocka_unit_test(every_setting_is_whole),
        cmocka_unit_test(every_command_is_whole),
        cmocka_unit_test(the_longest_name_wins),
        cmocka_unit_test(listings_align_what_is_visible),
        cmocka_unit_test(listings_fit_a_terminal),
        cmocka_unit_test(exit_codes_worsen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
