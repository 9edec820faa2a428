#include "core/base/json.h"
#include "core/operate/vendors/category.h"
#include "tui/cli/shell_line.h"
#include "tui/commands/operate.h"
#include "tui/commands/rows.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

static const struct command_example list_examples[] = {
    {"intake categories", "every category with its number of products"},
    {"intake categories --json | jq -r '.[] | select(.is_active).category_name'",
     "the names that a file may use"},
    {NULL, NULL},
};

static const struct option add_options[] = {
    OPTION("parent", OPTION_TEXT, "NAME", "parent category; must be a top-level category"),
    OPTIONS_END,
};

static const struct command_example add_examples[] = {
    {"intake categories add 'Smart Home' --parent Electronics --dry-run",
     "how many rejected records name this category"},
    {"intake categories add Garage --reason 'requested by VEND003'", "accepted from now on"},
    {NULL, NULL},
};

static const struct command_example deactivate_examples[] = {
    {"intake categories deactivate Books --dry-run", "how many products are in the category"},
    {"intake categories deactivate Books --reason 'no longer sold'", "no longer accepted"},
    {NULL, NULL},
};

static const struct command_example activate_examples[] = {
    {"intake categories activate Books", "accepted again"},
    {NULL, NULL},
};

static const struct listing_column columns[] = {
    {.title = "CATEGORY", .flexible = true, .least = 12},
    {.title = "PARENT"},
    {.title = "ACTIVE"},
    {.title = "PRODUCTS", .right = true},
    {.title = NULL},
};

static void category_json(struct buffer *out, const void *listed)
{
    const struct listed_category *category = listed;
    json_append_member(out, "category_name", category->name);
    json_append_member(out, "parent", category->parent);
    json_append_member_bool(out, "is_active", category->is_active);
    json_append_member_integer(out, "products", category->products);
}

static void category_cells(struct listing *listing, const void *listed)
{
    const struct listed_category *category = listed;
    listing_cell(listing, category->name);
    listing_cell(listing, category->parent);
    listing_cell_status(listing, category->is_active ? "active" : "inactive");
    listing_cell_number(listing, category->products);
}

static const struct row_shape category_shape = {.size = sizeof(struct listed_category),
                                                .columns = columns,
                                                .cells = category_cells,
                                                .members = category_json};

static int run_list(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct db *db = NULL;
    struct category_list list = {.count = 0};
    enum error_code code = session_database(call->session, &db, &error);
    if (!code)
        code = category_list_read(db, &list, &error);
    if (!code)
        code = rows_print(call->output, &category_shape, list.rows, list.count, &error);
    category_list_release(&list);
    return code ? command_fail(call, &error) : EXIT_DONE;
}

static void rejects_json(struct buffer *out, const void *listed)
{
    const struct category_rejects *rejects = listed;
    struct buffer line;
    buffer_init(&line, 1024);
    buffer_text(&line, "intake revalidate ");
    shell_quote(&line, rejects->upload_id);
    json_append_member(out, "upload_id", rejects->upload_id);
    json_append_member(out, "vendor_id", rejects->vendor_id);
    json_append_member_integer(out, "records", rejects->records);
    json_append_member(out, "command", line.data);
    buffer_release(&line);
}

static void action_json(struct buffer *out, const void *made, const void *result)
{
    const struct category_action_plan *plan = made;
    const bool *done = result;
    bool changed = done ? *done : plan->changes;
    struct listed_category after = plan->category;
    if (changed)
        after.is_active = plan->action != CATEGORY_DEACTIVATE;
    buffer_char(out, '{');
    category_json(out, &after);
    json_append_member_bool(out, "dry_run", !result);
    json_append_member_bool(out, "changed", changed);
    json_append_member_integer(out, "active_children", plan->active_children);
    json_append_member_integer(out, "rejected_records", plan->rejected_records);
    json_append_member_integer(out, "rejected_uploads", plan->rejected_uploads);
    json_objects(out, "rejected", plan->rejects, plan->reject_count, sizeof *plan->rejects,
                 rejects_json);
    json_texts(out, "notes", plan->notes.list, plan->notes.count);
    buffer_text(out, "}\n");
}

static int act(struct command_call *call)
{
    enum category_action action = (enum category_action)call->command->variant;
    const struct category_request request = {
        .action = action,
        .name = options_operand(call->options, 0),
        .parent = action == CATEGORY_ADD ? options_text(call->options, "parent") : NULL};
    const struct operate operate = {.operation = &category_operation,
                                    .request = &request,
                                    .target = request.name,
                                    .json = action_json};
    return command_operate(call, &operate);
}

const struct command command_categories = {
    .name = "categories",
    .summary = "List product categories",
    .operands = "",
    .description =
        "A record's category must match an active category exactly; parent categories are valid "
        "too. PRODUCTS counts the products in the catalogue.",
    .examples = list_examples,
    .role = ROLE_VIEWER,
    .run = run_list,
};

const struct command command_categories_add = {
    .name = "categories add",
    .summary = "Add a product category",
    COMMAND_OPERAND("NAME"),
    .description =
        "The category is accepted from the next record on. The plan counts the records that "
        "were rejected for exactly this name and shows the commands that revalidate them; "
        "nothing is revalidated automatically.\n"
        "\n"
        "A name has at most 100 characters and may not differ from another name in case alone. "
        "Categories have two levels.",
    .options = add_options,
    .examples = add_examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .variant = CATEGORY_ADD,
    .run = act,
};

const struct command command_categories_deactivate = {
    .name = "categories deactivate",
    .summary = "Reject records of a category from now on",
    COMMAND_OPERAND("NAME"),
    .description = "Products in the category and its subcategories stay as they are; the plan "
                   "counts both. The category can be activated again.",
    .examples = deactivate_examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .variant = CATEGORY_DEACTIVATE,
    .run = act,
};

const struct command command_categories_activate = {
    .name = "categories activate",
    .summary = "Accept records of a category again",
    COMMAND_OPERAND("NAME"),
    .description = "The plan counts the records that were rejected in the meantime and shows "
                   "the commands that revalidate them.",
    .examples = activate_examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .variant = CATEGORY_ACTIVATE,
    .run = act,
};
