#ifndef INTAKE_CORE_HISTORY_PAGE_H
#define INTAKE_CORE_HISTORY_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A time that the database has not: NULL. */
#define HISTORY_NEVER INT64_MIN

/*
 * Where a page of a list begins, and in which order the list is read. Rows are found by key, never
 * by OFFSET, so that paging forward and back costs the same wherever a page lies.
 */
struct page_order {
    int column; /* of the list's own enum; 0: the list's own order, `descending` says nothing */
    bool descending; /* rows without a value are the last ones, either way */
};

/* A row's place in the order it was read in. Borrowed from the page it came with. */
struct page_key {
    const char *value; /* what stands in the column it was ordered by; NULL: nothing does */
    int64_t number;    /* with `id` the list's own key */
    const char *id;    /* NULL: before every row of that number */
};

enum page_start {
    PAGE_FIRST,
    PAGE_LAST,   /* the last rows, still in display order */
    PAGE_AFTER,  /* the rows that follow the key */
    PAGE_BEFORE, /* the rows that precede the key, still in display order */
    PAGE_EXACT,  /* the row of that number and id: its key in this order */
};

/* But for PAGE_EXACT a key is of use in the order alone that it was read in. */
struct page_position {
    enum page_start start;
    struct page_order order;
    struct page_key key;
};

struct page_position page_first(void);
struct page_position page_last(void);
struct page_position page_after(struct page_key key);
struct page_position page_before(struct page_key key);
/* On behind `last`, in the list's own order; `id` keeps what outlives the page that it came
 * with. */
#define PAGE_ID_SIZE 512
void page_step(struct page_position *position, const struct page_key *last, char id[PAGE_ID_SIZE]);
/* For lists by time, in their own order or by their column of time: from the moment on. */
struct page_position page_at(struct page_order order, int64_t ms);

#endif
