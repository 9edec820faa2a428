/* A small tree over libexpat, for answers of the XML protocols. Names are without prefixes. */
#ifndef AWS_XML_H
#define AWS_XML_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"

struct xml_node {
    const char *name;
    const char *text; /* character data, "" where none */
    struct xml_node *first;
    struct xml_node *last;
    struct xml_node *next;
    struct xml_node *parent;
};

struct xml_document {
    struct arena arena;
    struct xml_node *root;
};

/* The document is the caller's to release, whatever is returned. Document type declarations are
 * refused: no answer has one. */
MUST_CHECK enum error_code xml_parse(struct xml_document *document, const char *text, size_t length,
                                     struct error *error);
void xml_release(struct xml_document *document);

/* A node at a path of names below `node` ("Stacks/member/Outputs"), the first of each; NULL where
 * there is none or node is NULL. */
const struct xml_node *xml_find(const struct xml_node *node, const char *path);
/* Its text, "" where there is none. */
const char *xml_text(const struct xml_node *node, const char *path);
int64_t xml_integer(const struct xml_node *node, const char *path);
/* The next node of the same name and parent. */
const struct xml_node *xml_next(const struct xml_node *node);

#endif
