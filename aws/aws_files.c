#include "aws/aws_files.h"

#include <errno.h>
#include <json-c/json.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DIGEST_MAX 20

static enum error_code home_find(const char **home, struct error *error)
{
    *home = getenv("HOME");
    if (*home && **home != '\0')
        return ERROR_NONE;
    return error_set(error, ERROR_CONFIG, "HOME is not set, so ~/.aws cannot be found");
}

enum error_code aws_file_path(const char *folder, const char *text, char *path, size_t size,
                              struct error *error)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    char hex[2 * DIGEST_MAX + 1] = "";
    const char *home;
    enum error_code code = home_find(&home, error);
    if (code)
        return code;
    if (EVP_Digest(text, strlen(text), digest, &length, EVP_sha1(), NULL) != 1 ||
        length != DIGEST_MAX)
        return error_set(error, ERROR_INTERNAL, "SHA-1 is not available");
    for (unsigned int i = 0; i < length; i++)
        (void)snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
    int n = snprintf(path, size, "%s/.aws/%s/%s.json", home, folder, hex);
    if (n < 0 || (size_t)n >= size)
        return error_set(error, ERROR_CONFIG, "the path of HOME is too long");
    return ERROR_NONE;
}

bool aws_file_folder(const char *folder)
{
    char path[4096];
    const char *home;
    if (home_find(&home, NULL))
        return false;
    int n = snprintf(path, sizeof path, "%s/.aws/%s", home, folder);
    if (n < 0 || (size_t)n >= sizeof path)
        return false;
    for (char *at = path + strlen(home) + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
            return false;
        *at = '/';
    }
    return mkdir(path, S_IRWXU) == 0 || errno == EEXIST;
}

static void texts_wipe(struct json_object *json)
{
    if (json_object_is_type(json, json_type_object)) {
        json_object_object_foreach(json, key, value)
        {
            (void)key;
            texts_wipe(value);
        }
    } else if (json_object_is_type(json, json_type_string)) {
        OPENSSL_cleanse((void *)(uintptr_t)json_object_get_string(json),
                        (size_t)json_object_get_string_len(json));
    }
}

void aws_json_wipe(struct json_object *json)
{
    if (!json)
        return;
    texts_wipe(json);
    json_object_put(json);
}
