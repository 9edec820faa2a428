#include "core/operate/guide/guide.h"

#include "core/base/json.h"
#include "core/base/world.h"
#include "core/history/lists.h"
#include "core/record/names.h"
#include "tui/cli/command.h"
#include "tui/commands/table.h"

static const struct option guide_options[] = {
    OPTION("vendor", OPTION_TEXT, "VENDOR",
           "include this vendor's id and name and the live categories"),
    {.name = "database", .help = "include the live categories"},
    {.name = "html", .help = "write HTML instead of Markdown"},
    OPTIONS_END,
};

static const struct command_example guide_examples[] = {
    {"intake guide --vendor VEND001 --html > VEND001.html", "a page to send to a vendor"},
    {"intake guide", "without a database, in Markdown"},
    {NULL, NULL},
};

static const char *const delimiters[] = {",", ";", "tab", "|", NULL};

static const struct option template_options[] = {
    OPTION("delimiter", OPTION_CHOICE, "CHARACTER", "delimiter: , ; tab or | (default: ,)",
           .choices = delimiters),
    {.name = "bom", .help = "start with a byte order mark, so that Excel reads UTF-8"},
    OPTIONS_END,
};

static const struct command_example template_examples[] = {
    {"intake template --bom > VEND001_20260301_090000.csv", "for a spreadsheet"},
    {"intake template --delimiter ';' --bom", "for spreadsheets with a decimal comma"},
    {NULL, NULL},
};

static void text_print(struct command_call *call, const struct buffer *text)
{
    if (call->output->json) {
        buffer_char(&call->output->text, '{');
        json_append_key(&call->output->text, "text");
        json_append_string(&call->output->text, text->data, text->len);
        buffer_text(&call->output->text, "}\n");
    } else {
        buffer_append(&call->output->text, text->data, text->len);
    }
}

/* The database's categories and vendor. A vendor that is not there is an error; a database that
 * does not answer is told, and the built-in categories stand in. */
static enum error_code read_database(struct command_call *call, struct guide_request *request,
                                     struct category_list *categories, struct vendor_list *vendors,
                                     struct error *error)
{
    struct db *db = NULL;
    enum error_code code = session_database(call->session, &db, error);
    if (!code && request->vendor_id)
        code = vendors_list(db, request->vendor_id, vendors, error);
    if (!code)
        code = category_list_read(db, categories, error);
    if (!code) {
        request->vendor_name = vendors->count ? vendors->rows[0].vendor_name : NULL;
        request->categories_at_ms = world_now_ms(&world_real);
        return ERROR_NONE;
    }
    category_list_release(categories);
    if (code == ERROR_NOT_FOUND || code == ERROR_CANCELLED)
        return code;
    output_note(call->output, "intake guide: using the default categories: %s", error->message);
    return category_list_built_in(categories, error);
}

static int run_guide(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct category_list categories = {.count = 0};
    struct vendor_list vendors = {.count = 0};
    struct buffer text;
    struct guide_request request = {
        .format = options_flag(call->options, "html") ? GUIDE_HTML : GUIDE_MARKDOWN,
        .vendor_id = options_text(call->options, "vendor"),
        .categories = &categories,
    };
    const char *vendor = request.vendor_id;
    if (vendor && !vendor_id_valid(vendor, strlen(vendor)))
        return command_misused(call, "--vendor must be 1 to 50 letters, digits and hyphens");
    buffer_init(&text, 4 << 20);
    enum error_code code = vendor || options_flag(call->options, "database")
                               ? read_database(call, &request, &categories, &vendors, &error)
                               : category_list_built_in(&categories, &error);
    if (!code) {
        guide_append(&text, &request);
        code = buffer_check(&text, &error);
    }
    if (!code)
        text_print(call, &text);
    buffer_release(&text);
    vendor_list_release(&vendors);
    category_list_release(&categories);
    return code ? command_fail(call, &error) : EXIT_DONE;
}

static int run_template(struct command_call *call)
{
    struct error error = ERROR_INIT;
    const char *delimiter = options_text(call->options, "delimiter");
    struct buffer text;
    buffer_init(&text, 1 << 16);
    if (!delimiter)
        delimiter = ",";
    template_append(&text, NULL, strcmp(delimiter, "tab") == 0 ? '\t' : delimiter[0],
                    options_flag(call->options, "bom"), "\r\n");
    enum error_code code = buffer_check(&text, &error);
    if (!code)
        text_print(call, &text);
    buffer_release(&text);
    return code ? command_fail(call, &error) : EXIT_DONE;
}

const struct command command_guide = {
    .name = "guide",
    .summary = "Write a guide to send to a vendor",
    .operands = "",
    .description =
        "Describes the columns and their limits, the file and its name, the categories, every "
        "error with its fix, and an example, generated from the tables that files are validated "
        "with. Markdown, readable as plain text too, or HTML.\n"
        "\n"
        "Without --vendor and --database the database is not used, and the guide lists the "
        "default categories and says so. It does the same if the database cannot be reached.",
    .options = guide_options,
    .examples = guide_examples,
    .role = ROLE_VIEWER,
    .run = run_guide,
};

const struct command command_template = {
    .name = "template",
    .summary = "Write an example file with a header and two products",
    .operands = "",
    .description = "Writes a file that `intake check` accepts, for a vendor to fill in. Lines "
                   "end with CR LF, as in files from spreadsheets.",
    .options = template_options,
    .examples = template_examples,
    .role = ROLE_VIEWER,
    .run = run_template,
};
