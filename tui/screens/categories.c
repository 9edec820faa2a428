#include <string.h>

#include "core/history/categories.h"
#include "tui/console/console.h"
#include "tui/console/form.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/plans/plans.h"
#include "tui/session/session.h"

static const struct grid_column columns[] = {
    GRID_COLUMN("name", "CATEGORY", 28, 12, .grow = 2),
    GRID_COLUMN("parent", "PARENT", 20, 8, .grow = 1, .drop = 1),
    GRID_COLUMN("status", "STATUS", 9, 8),
    GRID_COLUMN("products", "PRODUCTS", 9, 8, GRID_NUMBER, .drop = 2),
};

enum { COLUMN_STATUS = 2 };

static const char *status_of(const struct listed_category *category)
{
    return category->is_active ? "active" : "inactive";
}

static bool wanted(const struct listed_category *category, const struct filter *filter)
{
    const char *texts[] = {category->name, category->parent};
    return filter_key_is(filter, "status", status_of(category)) &&
           filter_key_holds(filter, "in", cell_text(category->parent)) &&
           filter_matches(filter, texts, sizeof texts / sizeof texts[0]);
}

static struct row *make_row(const struct listed_category *category)
{
    char products[CELL_SIZE];
    const char *cells[] = {category->name, cell_text(category->parent), status_of(category),
                           cell_number(category->products, products)};
    struct row *row =
        row_new(category->name, category->name, cells, sizeof cells / sizeof cells[0]);
    row->accent = COLUMN_STATUS;
    row->accent_tone = (uint8_t)cell_status_tone(status_of(category));
    return row;
}

static enum error_code fetch(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error)
{
    struct category_list list = {.count = 0};
    struct db *db;
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = category_list_read(db, &list, error);
    for (size_t i = 0; i < list.count && !code; i++)
        if (wanted(&list.rows[i], query->filter))
            window_page_add(page, make_row(&list.rows[i]));
    category_list_release(&list);
    return code;
}

static const char *const statuses[] = {"active", "inactive", NULL};
static const struct filter_words words[] = {{.key = "status", .words = statuses}, {.key = NULL}};

static const struct list_spec spec = {
    LIST_COLUMNS(columns),          .filter_words = words, .filter_keys = "status in",
    .empty = "no categories",       .refresh_ms = 15000,   .fetch = fetch,
    .command = "intake categories",
};

static struct effect add_entered(struct console *console, const char *const *values)
{
    return plan_category_add(console, values[0], values[1], console_top(console)->id);
}

static const struct form_field fields[] = {
    {"category: ", "exactly as written in files", true},
    {"parent category: ", "enter: no parent", false},
};
static const struct form_spec form = {fields, 2, add_entered};

ACTION(add_run, form_open(console, &form))
ACTION(deactivate_run, plan_marked(screen, &plan_category_deactivate))
ACTION(activate_run, plan_marked(screen, &plan_category_activate))

static const struct action rows[] = {
    {"add-category", "N", "add a category", ROLE_OPERATOR, ACTION_CHANGES | ACTION_HINT, add_run},
    {"deactivate", "S", "reject records of the category from now on", ROLE_OPERATOR,
     ACTION_CHANGES | ACTION_HINT, deactivate_run},
    {"activate", "Z", "accept records of the category again", ROLE_OPERATOR,
     ACTION_CHANGES | ACTION_HINT, activate_run},
};

static const struct action_table table = ACTION_TABLE(rows);

const struct screen_ops screen_categories = {
    .name = "categories",
    .title = "Categories",
    .help = "product categories with their number of products",
    .actions = &table,
    LIST_SCREEN(&spec),
};
