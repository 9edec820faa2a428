/* What services, files of the AWS CLI and vendors send: XML, JSON, profiles, text that is shown.
 * The first byte, '0' to '4', says which reader gets the rest. At most 1024 bytes.
 * Files: aws/xml.c core/base/json.c aws/profile_parse.c core/base/text.c */
#include "aws/profile_parse.h"
#include "aws/xml.h"
#include "core/base/buffer.h"
#include "core/base/json.h"
#include "core/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_xml(const char *text, size_t len)
{
    struct xml_document document;
    struct error error = ERROR_INIT;
    if (!xml_parse(&document, text, len, &error) && !document.root)
        abort();
    xml_release(&document);
}

static void read_json(const char *text, size_t len)
{
    struct json_object *document = NULL;
    struct error error = ERROR_INIT;
    int64_t number;
    if (!json_parse(text, len, &document, &error)) {
        json_text(document, "message", NULL);
        json_integer(document, "Count", &number);
    }
    json_object_put(document);
}

static void read_profiles(const char *text, size_t len, bool credentials_file)
{
    struct profiles *profiles = calloc(1, sizeof *profiles);
    struct error error = ERROR_INIT;
    char *copy = calloc(1, len + 1);
    if (!profiles || !copy)
        abort();
    memcpy(copy, text, len);
    if (profile_parse(profiles, "config", copy, len, credentials_file, &error) && !error.message[0])
        abort();
    profiles_free(profiles);
    free(copy);
}

/* Nothing that is shown acts on a terminal. */
static void show(const char *text, size_t len)
{
    struct buffer shown;
    buffer_init(&shown, 16 * len + 64);
    text_append_visible(&shown, text, len);
    const char *at = shown.data, *end = shown.data + shown.len;
    uint32_t code_point;
    while (at < end)
        if (!utf8_decode(&at, end, &code_point) || text_is_control(code_point))
            abort();
    buffer_release(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!len)
        return 0;
    const char *text = (const char *)data + 1;
    int reader = (data[0] + 2) % 5; /* '0' is 0 */
    switch (reader) {
    case 0:
        read_xml(text, len - 1);
        break;
    case 1:
        read_json(text, len - 1);
        break;
    case 2:
    case 3:
        read_profiles(text, len - 1, reader == 3);
        break;
    default:
        show(text, len - 1);
    }
    return 0;
}
