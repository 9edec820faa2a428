/* The canonical request of Signature Version 4: method, path, query, headers, payload hash. */
#ifndef AWS_SIGV4_CANONICAL_H
#define AWS_SIGV4_CANONICAL_H

#include "aws/sigv4.h"
#include "core/base/memory.h"

struct sigv4_pair {
    const char *name;
    const char *value;
};

/* Pairs that grow; texts and array live in the arena. */
struct sigv4_pairs {
    struct sigv4_pair *list;
    size_t count;
    size_t capacity;
    bool failed; /* out of memory */
};

void sigv4_pairs_add(struct sigv4_pairs *pairs, struct arena *arena, const char *name,
                     const char *value);

/* Adds the parameters of a query as it stands in the URL: decoded once and encoded canonically. */
void sigv4_query_split(struct sigv4_pairs *pairs, struct arena *arena, const char *query);
/* Adds the request's headers that are signed, names in lower case and values folded. */
void sigv4_headers_collect(struct sigv4_pairs *pairs, struct arena *arena,
                           const struct sigv4_request *request);

/* Sorts by name, for the query by value too; headers of one name keep their order. */
void sigv4_query_sort(struct sigv4_pairs *pairs);
void sigv4_headers_sort(struct sigv4_pairs *pairs);

/* Zeroes the values: a session token may be among them. */
void sigv4_pairs_wipe(struct sigv4_pairs *pairs);

void sigv4_path_append(struct buffer *out, const char *path, bool normalize, bool encode);
void sigv4_query_append(struct buffer *out, const struct sigv4_pairs *query);
/* Sorted headers, one line each; their names, joined by ';', to `names`. */
void sigv4_headers_append(struct buffer *out, struct buffer *names,
                          const struct sigv4_pairs *headers);

#endif
