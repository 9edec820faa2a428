#include "aws/xml.h"

#include <expat.h>

#include "core/base/buffer.h"

#define DEPTH_MAX 64

struct builder {
    XML_Parser parser;
    struct xml_document *document;
    struct xml_node *at;
    struct buffer text;
    int depth;
    bool failed;
};

static void fail(struct builder *builder)
{
    builder->failed = true;
    XML_StopParser(builder->parser, XML_FALSE);
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct builder *builder = context;
    struct arena *arena = &builder->document->arena;
    const char *colon = strrchr(name, ':');
    const char *local = colon ? colon + 1 : name;
    (void)attributes;
    struct xml_node *node = arena_new(arena, 1, sizeof *node);
    char *copy = arena_copy_text(arena, local, strlen(local));
    if (!node || !copy || ++builder->depth > DEPTH_MAX) {
        fail(builder);
        return;
    }
    node->name = copy;
    node->text = "";
    node->parent = builder->at;
    if (!builder->at)
        builder->document->root = node;
    else if (!builder->at->last)
        builder->at->first = builder->at->last = node;
    else
        builder->at->last = builder->at->last->next = node;
    builder->at = node;
    buffer_clear(&builder->text);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    struct builder *builder = context;
    (void)name;
    builder->depth--;
    if (!builder->at->first && builder->text.len > 0) {
        builder->at->text =
            arena_copy_text(&builder->document->arena, builder->text.data, builder->text.len);
        if (!builder->at->text) {
            builder->at->text = "";
            fail(builder);
        }
    }
    buffer_clear(&builder->text);
    builder->at = builder->at->parent;
}

static void XMLCALL on_text(void *context, const XML_Char *text, int length)
{
    struct builder *builder = context;
    buffer_append(&builder->text, text, (size_t)length);
    if (builder->text.failed)
        fail(builder);
}

static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    fail(context);
}

enum error_code xml_parse(struct xml_document *document, const char *text, size_t length,
                          struct error *error)
{
    struct builder builder = {.document = document};
    enum error_code code = ERROR_NONE;
    *document = (struct xml_document){.arena = ARENA_INIT};
    buffer_init(&builder.text, length + 1);
    builder.parser = XML_ParserCreate("UTF-8");
    if (!builder.parser) {
        code = error_set(error, ERROR_MEMORY, "XML: out of memory");
        goto done;
    }
    XML_SetUserData(builder.parser, &builder);
    XML_SetElementHandler(builder.parser, on_start, on_end);
    XML_SetCharacterDataHandler(builder.parser, on_text);
    XML_SetStartDoctypeDeclHandler(builder.parser, on_doctype);
    if (length > INT32_MAX || XML_Parse(builder.parser, text, (int)length, 1) != XML_STATUS_OK ||
        builder.failed)
        code = error_set(error, ERROR_SERVICE, "the response is not the expected XML");
done:
    if (builder.parser)
        XML_ParserFree(builder.parser);
    buffer_release(&builder.text);
    return code;
}

void xml_release(struct xml_document *document)
{
    arena_release(&document->arena);
    document->root = NULL;
}

static const struct xml_node *named(const struct xml_node *node, const char *name, size_t length)
{
    while (node && (strlen(node->name) != length || memcmp(node->name, name, length) != 0))
        node = node->next;
    return node;
}

const struct xml_node *xml_find(const struct xml_node *node, const char *path)
{
    while (node && *path != '\0') {
        size_t length = strcspn(path, "/");
        node = named(node->first, path, length);
        path += length;
        path += *path == '/';
    }
    return node;
}

const char *xml_text(const struct xml_node *node, const char *path)
{
    const struct xml_node *found = xml_find(node, path);
    return found ? found->text : "";
}

int64_t xml_integer(const struct xml_node *node, const char *path)
{
    return strtoll(xml_text(node, path), NULL, 10);
}

const struct xml_node *xml_next(const struct xml_node *node)
{
    return node ? named(node->next, node->name, strlen(node->name)) : NULL;
}
