#include <stdlib.h>
#include <string.h>

#include "core/history/history.h"
#include "core/history/lists.h"
#include "core/pipeline/prune.h"
#include "tui/base/filter.h"
#include "tui/base/memory.h"
#include "tui/frames/cells.h"
#include "tui/frames/page.h"
#include "tui/screens/record_edit.h"
#include "tui/screens/upload_argument.h"
#include "tui/session/session.h"

#define VIOLATIONS_MOST 100
#define PRODUCTS_MOST 5

static void add_violations(struct document *document, const struct violation_page *page)
{
    document_head(document, "Errors");
    for (size_t i = 0; i < page->count; i++) {
        const struct violation *violation = &page->rows[i];
        document_field(document, violation->error_type, TONE_BAD, violation->error_message);
    }
    if (page->count == 0)
        document_text(document, TONE_GOOD, "nothing");
}

static const char *complaint(const struct violation_page *page, const char *column)
{
    for (size_t i = 0; i < page->count; i++) {
        if (page->rows[i].error_field && strcmp(page->rows[i].error_field, column) == 0)
            return page->rows[i].error_message;
    }
    return NULL;
}

static void add_original(struct document *document, const struct violation_page *page)
{
    const struct violation *first = &page->rows[0];
    document_head(document, "As the vendor wrote it");
    for (size_t i = 0; i < first->original_count; i++) {
        const struct column_value *value = &first->original[i];
        const char *wrong = complaint(page, value->column);
        char *label = console_format("%s%s", wrong ? "! " : "  ", value->column);
        document_field(document, label,
                       wrong           ? TONE_BAD
                       : !value->value ? TONE_DIM
                                       : TONE_NORMAL,
                       value->value ? value->value : "(absent)");
        free(label);
    }
}

/* Whose product holds the SKU now: operators may know, the vendor is never told. */
static enum error_code add_catalogue(struct document *document, struct db *db, const char *sku,
                                     struct error *error)
{
    struct product_filter filter = {.sku = sku};
    struct product_list list = {0};
    enum error_code code = ERROR_NONE;
    document_head(document, "In the catalogue under this SKU");
    if (sku && sku[0] != '\0')
        code = products_list(db, &filter, page_first(), PRODUCTS_MOST, &list, error);
    for (size_t i = 0; !code && i < list.count; i++) {
        const struct product *product = &list.rows[i];
        char *line = console_format("%s  %s  %s  stock %lld  %s", product->vendor_product_id,
                                    product->product_name, product->price,
                                    (long long)product->stock_quantity, product->category);
        document_field(document, product->vendor_id, TONE_NORMAL, line);
        document_link(document, "upload", product->upload_id);
        free(line);
    }
    if (list.count == 0)
        document_text(document, TONE_DIM, "no product");
    product_list_release(&list);
    return code;
}

static void add_head(struct document *document, const struct violation *violation,
                     const char *upload_id)
{
    char text[CELL_SIZE];
    document_field(document, "Upload", TONE_INFO, upload_id);
    document_link(document, "upload", upload_id);
    document_field(document, "Record", TONE_NORMAL, cell_text(violation->record_id));
    document_field(document, "Row", TONE_NORMAL, cell_number(violation->row_number, text));
    if (violation->line_number > 0)
        document_field(document, "Line in the file", TONE_TITLE,
                       cell_number(violation->line_number, text));
    document_field(document, "SKU", TONE_NORMAL, cell_text(violation->sku));
    char quoted[FILTER_SIZE];
    if (violation->sku && violation->sku[0] != '\0' && filter_quote(violation->sku, quoted)) {
        char *filter = console_format("sku:%s", quoted);
        document_link_filtered(document, "products", "", filter);
        free(filter);
    }
    document_about(document, ID_SKU, violation->sku);
}

static enum error_code add_none(struct document *document, struct db *db, const char *upload_id,
                                struct error *error)
{
    char pruned[PRUNED_SIZE];
    enum error_code code = upload_pruned(db, upload_id, pruned, sizeof pruned, error);
    if (!code)
        document_text(document, pruned[0] ? TONE_WARN : TONE_GOOD,
                      pruned[0] ? pruned : "this record has no errors");
    return code;
}

static enum error_code fetch(struct job_context *context, const char *text,
                             struct document *document, struct error *error)
{
    struct violation_filter filter = {0};
    struct page_position first = page_first();
    struct violation_page page = {0};
    struct upload_argument argument = {.upload_id = ""};
    struct db *db;
    enum error_code code = session_database(context->session, &db, error);
    upload_argument_parse(&argument, text);
    const char *row = filter_value(&argument.narrowed, "row");
    filter.row_number = row ? strtoll(row, NULL, 10) : 1;
    if (!code)
        code =
            violations_list(db, argument.upload_id, &filter, first, VIOLATIONS_MOST, &page, error);
    if (!code && page.count == 0)
        code = add_none(document, db, argument.upload_id, error);
    if (!code && page.count > 0) {
        add_head(document, &page.rows[0], argument.upload_id);
        add_violations(document, &page);
        add_original(document, &page);
        code = add_catalogue(document, db, page.rows[0].sku, error);
    }
    violation_page_release(&page);
    return code;
}

static const struct page_spec spec = {.fetch = fetch, .command = "intake errors %s"};

static struct effect draft_open(const struct screen *screen)
{
    struct upload_argument argument = {.upload_id = ""};
    upload_argument_parse(&argument, screen->argument);
    return effect_push("mend", argument.upload_id);
}

ACTION(edit_run, record_edit(console, screen))
ACTION(draft_run, draft_open(screen))

/* A draft is the person's own file: who may not send it can hand it to somebody who may. */
static const struct action rows[] = {
    {"edit-value", "e", "edit the selected value in the draft; an operator sends the draft",
     ROLE_VIEWER, ACTION_HINT, edit_run},
    {"mend", "m", "open the draft of the upload", ROLE_VIEWER, ACTION_HINT, draft_run},
};

static const struct action_table actions = ACTION_TABLE(rows);

const struct screen_ops screen_record = {
    .name = "record",
    .title = "Record",
    .help = "a record: its errors, values and the product in the catalogue",
    .argument = "UPLOAD row:N",
    .actions = &actions,
    PAGE_SCREEN(&spec),
};
