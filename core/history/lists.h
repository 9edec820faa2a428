#ifndef INTAKE_CORE_HISTORY_LISTS_H
#define INTAKE_CORE_HISTORY_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/history/history.h"

struct db;

/*
 * The smaller lists beside the uploads: vendors, products, the audit log.
 * One round trip each, by key where they can grow; conventions as in core/history/history.h.
 */
struct vendor {
    const char *vendor_id;
    const char *vendor_name;
    const char *email;
    const char *status;
    int64_t uploads;
    int64_t records;
    int64_t errors; /* records that were rejected */
    int64_t products;
    int64_t last_upload_at;
    struct page_key key; /* of vendors_page alone */
};

struct vendor_list {
    struct arena arena;
    struct vendor *rows; /* by vendor_id, or in the order of the page */
    size_t count;
    bool more_before, more_after; /* of vendors_page alone */
};

/* Vendors are by vendor_id by themselves. */
enum vendor_order {
    VENDOR_BY_ITSELF,
    VENDOR_BY_ID,
    VENDOR_BY_NAME,
    VENDOR_BY_STATUS,
    VENDOR_BY_EMAIL,
    VENDOR_BY_UPLOADS,
    VENDOR_BY_RECORDS,
    VENDOR_BY_ERRORS,
    VENDOR_BY_PRODUCTS,
    VENDOR_BY_LAST_UPLOAD,
};

/* Statuses may hold alternatives. */
struct vendor_filter {
    const char *status, *not_status; /* NULL: any */
    const char *search;              /* part of id, name or e-mail; NULL: any */
};

/* `vendor` exact or NULL for all; ERROR_NOT_FOUND names the nearest where an exact one is
 * absent. */
MUST_CHECK enum error_code vendors_list(struct db *db, const char *vendor, struct vendor_list *list,
                                        struct error *error);
/* A page of them, by key; the counts come from the counters. */
MUST_CHECK enum error_code vendors_page(struct db *db, const struct vendor_filter *filter,
                                        struct page_position position, size_t limit,
                                        struct vendor_list *list, struct error *error);
void vendor_list_release(struct vendor_list *list);
/* Who the active ones are and where their mail goes; nothing is counted. */
MUST_CHECK enum error_code vendors_addresses(struct db *db, struct vendor_list *list,
                                             struct error *error);

struct product {
    int64_t product_id;
    const char *vendor_id;
    const char *vendor_product_id;
    const char *sku;
    const char *product_name;
    const char *category;
    const char *subcategory;
    const char *brand;
    const char *price; /* decimal text, exact */
    int64_t stock_quantity;
    const char *status;
    const char *upload_id;
    int64_t updated_at;
    struct page_key key;
};

/* Products are by product_id by themselves. */
enum product_order {
    PRODUCT_BY_ITSELF,
    PRODUCT_BY_SKU,
    PRODUCT_BY_NAME,
    PRODUCT_BY_PRICE,
    PRODUCT_BY_STOCK,
    PRODUCT_BY_STATUS,
    PRODUCT_BY_CATEGORY,
    PRODUCT_BY_VENDOR,
    PRODUCT_BY_VENDOR_PRODUCT,
    PRODUCT_BY_UPLOAD,
};

/* Vendor, upload and sku may hold alternatives. */
struct product_filter {
    const char *not_vendor, *not_upload, *not_sku;
    const char *vendor;    /* exact; NULL: any */
    const char *upload_id; /* exact; NULL: any */
    const char *sku;       /* exact; NULL: any */
    const char *search;    /* part of name, sku or product id; NULL: any */
};

struct product_list {
    struct arena arena;
    struct product *rows;
    size_t count;
    bool more_before;
    bool more_after;
};

MUST_CHECK enum error_code products_list(struct db *db, const struct product_filter *filter,
                                         struct page_position position, size_t limit,
                                         struct product_list *list, struct error *error);
void product_list_release(struct product_list *list);

struct audit_entry {
    int64_t id;
    int64_t at;
    const char *actor;
    const char *role;
    const char *action;
    const char *target;
    const char *reason;
    const char *plan; /* JSON or NULL */
    const char *outcome;
    const char *detail; /* what came of it: JSON or NULL */
    struct page_key key;
};

/* The audit log is newest first by itself. */
enum audit_order {
    AUDIT_BY_ITSELF,
    AUDIT_BY_TIME,
    AUDIT_BY_ACTOR,
    AUDIT_BY_ROLE,
    AUDIT_BY_ACTION,
    AUDIT_BY_TARGET,
    AUDIT_BY_OUTCOME,
    AUDIT_BY_REASON,
};

struct audit_list {
    struct arena arena;
    struct audit_entry *rows;
    size_t count;
    bool more_before;
    bool more_after;
};

/* Target, actor and action may hold alternatives. */
struct audit_filter {
    const char *not_target, *not_actor, *not_action;
    const char *target; /* exact; NULL: any */
    const char *actor;  /* exact; NULL: any */
    const char *action; /* exact; NULL: any */
    const char *search; /* part of actor, action, target or reason, whatever the case; NULL: any */
    int64_t since_ms;   /* HISTORY_NEVER: no bound */
    int64_t until_ms;   /* before; HISTORY_NEVER: no bound */
};

MUST_CHECK enum error_code audit_entries_list(struct db *db, const struct audit_filter *filter,
                                              struct page_position position, size_t limit,
                                              struct audit_list *list, struct error *error);
void audit_list_release(struct audit_list *list);

#endif
