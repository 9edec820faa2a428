#include "core/operate/vendors/category.h"

#include "core/base/json.h"
#include "core/pipeline/upload_lock.h"
#include "core/record/categories.h"

#define REJECTS_MAX 100
#define LOCK "the table of categories"

static const char *const names[] = {"categories add", "categories deactivate",
                                    "categories activate"};

const char *category_action_name(enum category_action action)
{
    return names[action];
}

/* ---- what is there */

static enum error_code keep_category(struct category_action_plan *plan,
                                     const struct listed_category *from, struct error *error)
{
    plan->category = *from;
    enum error_code code = plan_keep(&plan->memory, from->name, &plan->category.name, error);
    return code ? code : plan_keep(&plan->memory, from->parent, &plan->category.parent, error);
}

static const char alike_sql[] =
    "SELECT category_name FROM product_categories"
    " WHERE lower(category_name COLLATE \"default\") = lower($1::text COLLATE \"default\")"
    "    OR lower(category_name) = lower($1::text COLLATE \"C\")"
    " ORDER BY category_name <> $1 LIMIT 1";

/* The category of that name in whatever case; "" where there is none. */
static enum error_code find_alike(struct pipeline *pipeline, const char *name, struct buffer *out,
                                  struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result rows = DB_RESULT_INIT;
    db_param_text(&params, name);
    enum error_code code = db_query(pipeline->db, alike_sql, &params, &rows, error);
    if (!code && rows.count)
        buffer_text(out, db_row_text(&rows, 0, "category_name"));
    db_result_release(&rows);
    return code;
}

static enum error_code refuse_alike(struct pipeline *pipeline, const char *name,
                                    struct error *error)
{
    struct buffer alike;
    buffer_init(&alike, 1024);
    enum error_code code = find_alike(pipeline, name, &alike, error);
    if (!code && alike.len && strcmp(alike.data, name) == 0)
        code = error_set(error, ERROR_CONFLICT, "category %s already exists", name);
    else if (!code && alike.len)
        code = error_set(error, ERROR_CONFLICT,
                         "category %s already exists; it differs in case only", alike.data);
    buffer_release(&alike);
    return code;
}

static enum error_code not_found(struct pipeline *pipeline, const struct category_list *list,
                                 const char *what, const char *name, struct error *error)
{
    struct categories known;
    struct buffer alike;
    const char *near = NULL;
    categories_init(&known);
    buffer_init(&alike, 1024);
    enum error_code code = find_alike(pipeline, name, &alike, error);
    for (size_t i = 0; i < list->count && !code; i++)
        code = categories_add(&known, list->rows[i].name, strlen(list->rows[i].name), error);
    if (!code)
        near = alike.len ? alike.data : categories_suggest(&known, name, strlen(name));
    if (!code)
        code = error_set(error, ERROR_NOT_FOUND, "no %s %.400s%s%s%s", what, name,
                         near ? "; did you mean " : "; see `intake categories`", near ? near : "",
                         near ? "?" : "");
    buffer_release(&alike);
    categories_release(&known);
    return code;
}

static enum error_code check_parent(struct pipeline *pipeline, const struct category_list *list,
                                    const char *parent, struct error *error)
{
    const struct listed_category *found = category_list_find(list, parent);
    if (!found)
        return not_found(pipeline, list, "parent category:", parent, error);
    if (found->parent)
        return error_set(error, ERROR_CONFLICT,
                         "%s is a subcategory of %s: a parent must be a top-level category", parent,
                         found->parent);
    return ERROR_NONE;
}

/* ---- rejected for its want */

/* What the vendor wrote stands with the first violation of a record, whichever that is. */
static const char rejects_sql[] =
    "SELECT f.upload_id, f.vendor_id, count(*) AS records, count(*) FILTER (WHERE f.alone) AS alone,"
    "       sum(count(*)) OVER () AS all_records, count(*) OVER () AS all_uploads,"
    "       sum(count(*) FILTER (WHERE f.alone)) OVER () AS all_alone"
    "  FROM (SELECT r.upload_id, r.vendor_id, NOT EXISTS (SELECT FROM validation_errors o"
    "               WHERE o.upload_id = r.upload_id AND o.row_number = r.row_number"
    "                 AND o.error_type <> 'INVALID_CATEGORY') AS alone"
    "          FROM violation_rows r"
    "         WHERE r.rule_order = 1 AND left(r.original_data ->> 'category', 101) = $1"
    "           AND EXISTS (SELECT FROM validation_errors e"
    "               WHERE e.upload_id = r.upload_id AND e.row_number = r.row_number"
    "                 AND e.error_type = 'INVALID_CATEGORY')) f"
    "  JOIN upload_history h USING (upload_id)"
    " GROUP BY f.upload_id, f.vendor_id, h.upload_timestamp"
    " ORDER BY h.upload_timestamp DESC, f.upload_id DESC LIMIT $2";

static enum error_code read_rejects(struct category_action_plan *plan, const struct db_result *rows,
                                    struct error *error)
{
    enum error_code code = ERROR_NONE;
    plan->rejects = arena_new(&plan->memory, (size_t)rows->count + 1, sizeof *plan->rejects);
    if (!plan->rejects)
        return error_set(error, ERROR_MEMORY, "out of memory for a plan");
    for (int i = 0; i < rows->count && !code; i++) {
        struct category_rejects *upload = &plan->rejects[plan->reject_count++];
        upload->records = db_row_int(rows, i, "records");
        code =
            plan_keep(&plan->memory, db_row_text(rows, i, "upload_id"), &upload->upload_id, error);
        if (!code)
            code = plan_keep(&plan->memory, db_row_text(rows, i, "vendor_id"), &upload->vendor_id,
                             error);
    }
    if (rows->count) {
        plan->rejected_records = db_row_int(rows, 0, "all_records");
        plan->rejected_uploads = db_row_int(rows, 0, "all_uploads");
        plan->rejected_for_this_alone = db_row_int(rows, 0, "all_alone");
    }
    return code;
}

static enum error_code find_rejects(struct pipeline *pipeline, struct category_action_plan *plan,
                                    struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result rows = DB_RESULT_INIT;
    db_param_text(&params, plan->category.name);
    db_param_int(&params, REJECTS_MAX);
    enum error_code code = db_query(pipeline->db, rejects_sql, &params, &rows, error);
    if (!code)
        code = read_rejects(plan, &rows, error);
    db_result_release(&rows);
    if (!code && plan->rejected_records)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "%lld records of %lld uploads were rejected for exactly this category, "
                         "%lld of them for no other reason; run `intake revalidate ID` for them",
                         (long long)plan->rejected_records, (long long)plan->rejected_uploads,
                         (long long)plan->rejected_for_this_alone);
    else if (!code && plan->changes)
        code =
            plan_note(&plan->notes, &plan->memory, error, "no rejected records name this category");
    return code;
}

/* ---- the three */

static enum error_code plan_add(struct pipeline *pipeline, const struct category_request *request,
                                const struct category_list *list, struct category_action_plan *plan,
                                struct error *error)
{
    const char *parent = request->parent && request->parent[0] ? request->parent : NULL;
    const struct listed_category wanted = {request->name, parent, true, 0};
    enum error_code code =
        plan_name_check("the category name", request->name, CATEGORY_NAME_MAX, error);
    if (!code)
        code = refuse_alike(pipeline, request->name, error);
    if (!code && parent)
        code = check_parent(pipeline, list, parent, error);
    if (!code)
        code = keep_category(plan, &wanted, error);
    plan->changes = !code;
    return code ? code : find_rejects(pipeline, plan, error);
}

static enum error_code note_deactivation(const struct category_list *list,
                                         struct category_action_plan *plan, struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < list->count; i++)
        plan->active_children += list->rows[i].is_active && list->rows[i].parent &&
                                 strcmp(list->rows[i].parent, plan->category.name) == 0;
    if (plan->category.products)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "%lld products are in it and are not changed",
                         (long long)plan->category.products);
    else
        code = plan_note(&plan->notes, &plan->memory, error, "no products are in it");
    if (!code && plan->active_children)
        code = plan_note(&plan->notes, &plan->memory, error, "%lld categories below it stay active",
                         (long long)plan->active_children);
    if (!code)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "records that name it are rejected with INVALID_CATEGORY from now on, "
                         "including unprocessed records of uploads in flight");
    return code;
}

static enum error_code plan_switch(struct pipeline *pipeline,
                                   const struct category_request *request,
                                   const struct category_list *list,
                                   struct category_action_plan *plan, struct error *error)
{
    bool active = request->action == CATEGORY_ACTIVATE;
    const struct listed_category *found = category_list_find(list, request->name);
    if (!found)
        return not_found(pipeline, list, "category", request->name, error);
    enum error_code code = keep_category(plan, found, error);
    if (code)
        return code;
    plan->changes = found->is_active != active;
    if (!plan->changes)
        return plan_note(&plan->notes, &plan->memory, error, "already %s",
                         active ? "active" : "inactive");
    return active ? find_rejects(pipeline, plan, error) : note_deactivation(list, plan, error);
}

static enum error_code make(struct pipeline *pipeline, const void *asked, void *made,
                            struct error *error)
{
    const struct category_request *request = asked;
    struct category_action_plan *plan = made;
    struct category_list list = {.count = 0};
    *plan = (struct category_action_plan){.action = request->action};
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code)
        code = category_list_read(pipeline->db, &list, error);
    if (!code)
        code = request->action == CATEGORY_ADD ? plan_add(pipeline, request, &list, plan, error)
                                               : plan_switch(pipeline, request, &list, plan, error);
    category_list_release(&list);
    return code;
}

static void release(void *made)
{
    struct category_action_plan *plan = made;
    arena_release(&plan->memory);
    *plan = (struct category_action_plan){.action = plan->action};
}

/* ---- doing it */

static const char add_sql[] = "INSERT INTO product_categories (category_name, parent_category_id)"
                              " SELECT $1::text, p.category_id FROM (SELECT 1) AS one"
                              "   LEFT JOIN product_categories p"
                              "     ON p.category_name = $2 AND p.parent_category_id IS NULL"
                              "  WHERE ($2::text IS NULL OR p.category_id IS NOT NULL)"
                              "    AND NOT EXISTS (SELECT FROM product_categories c"
                              "         WHERE lower(c.category_name COLLATE \"default\")"
                              "               = lower($1::text COLLATE \"default\"))"
                              " ON CONFLICT DO NOTHING";

static const char switch_sql[] = "UPDATE product_categories SET is_active = $2"
                                 " WHERE category_name = $1 AND is_active <> $2";

static enum error_code change(struct pipeline *pipeline, const struct category_action_plan *plan,
                              bool *changed, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result done = DB_RESULT_INIT;
    bool adds = plan->action == CATEGORY_ADD;
    db_param_text(&params, plan->category.name);
    if (adds)
        db_param_text(&params, plan->category.parent);
    else
        db_param_bool(&params, plan->action == CATEGORY_ACTIVATE);
    enum error_code code =
        db_query(pipeline->db, adds ? add_sql : switch_sql, &params, &done, error);
    *changed = !code && done.affected == 1;
    db_result_release(&done);
    if (!code && !*changed)
        code = error_set(error, ERROR_CONFLICT,
                         adds ? "another user added %s or changed its parent in the meantime; "
                                "nothing was changed"
                              : "another user changed %s in the meantime; nothing was changed",
                         plan->category.name);
    return code;
}

static void append_json(const struct category_action_plan *plan, struct buffer *out)
{
    buffer_char(out, '{');
    json_append_member(out, "category_name", plan->category.name);
    json_append_member(out, "parent", plan->category.parent);
    json_append_member_bool(out, "changes", plan->changes);
    json_append_member_integer(out, "products", plan->category.products);
    json_append_member_integer(out, "active_children", plan->active_children);
    json_append_member_integer(out, "rejected_records", plan->rejected_records);
    json_append_member_integer(out, "rejected_uploads", plan->rejected_uploads);
    buffer_char(out, '}');
}

static enum error_code apply(struct pipeline *pipeline, const void *made,
                             const char *operator_reason, void *result, struct error *error)
{
    const struct category_action_plan *plan = made;
    bool *changed = result;
    struct buffer planned;
    *changed = false;
    buffer_init(&planned, 1 << 20);
    struct lease lease;
    enum error_code code = upload_lock_take(pipeline, LOCK, &lease, error);
    bool locked = !code;
    if (!code && plan->changes)
        code = change(pipeline, plan, changed, error);
    append_json(plan, &planned);
    const struct plan_outcome outcome = {.action = names[plan->action],
                                         .target = plan->category.name,
                                         .reason = operator_reason,
                                         .changed = *changed,
                                         .failed = code,
                                         .why = code ? error->message : NULL};
    code = plan_conclude(pipeline, &outcome, &planned, locked ? &lease : NULL, error);
    buffer_release(&planned);
    return code;
}

/* ---- the plan as text */

static void append_what(const struct category_action_plan *plan, struct buffer *out)
{
    plan_append_visible(out, plan->category.name);
    if (plan->category.parent) {
        buffer_text(out, " (in ");
        plan_append_visible(out, plan->category.parent);
        buffer_char(out, ')');
    }
    if (!plan->changes)
        buffer_text(out, ": nothing to do\n");
    else if (plan->action == CATEGORY_ADD)
        buffer_text(out, ": a new category, active\n");
    else
        buffer_text(out, plan->action == CATEGORY_ACTIVATE ? ": inactive -> active\n"
                                                           : ": active -> inactive\n");
}

static void append_text(const void *made, struct buffer *out)
{
    const struct category_action_plan *plan = made;
    append_what(plan, out);
    plan_notes_text(&plan->notes, out);
    for (size_t i = 0; i < plan->reject_count; i++) {
        buffer_text(out, "  intake revalidate ");
        plan_append_visible(out, plan->rejects[i].upload_id);
        buffer_format(out, "    # %lld records\n", (long long)plan->rejects[i].records);
    }
    if (plan->rejected_uploads > (int64_t)plan->reject_count)
        buffer_format(out, "  and %lld older uploads\n",
                      (long long)plan->rejected_uploads - (long long)plan->reject_count);
}

static bool changes(const void *made)
{
    const struct category_action_plan *plan = made;
    return plan->changes;
}

const struct operation category_operation = {
    .plan_size = sizeof(struct category_action_plan),
    .result_size = sizeof(bool),
    .make = make,
    .changes = changes,
    .text = append_text,
    .apply = apply,
    .release = release,
};
