#include "aws/profile.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <strings.h>

#include "aws/profile_internal.h"

void profiles_free(struct profiles *profiles)
{
    if (!profiles)
        return;
    for (size_t i = 0; i < profiles->count; i++) {
        struct profile_entry *entry = &profiles->list[i];
        if (entry->value)
            OPENSSL_cleanse(entry->value, strlen(entry->value));
        free(entry->section);
        free(entry->name);
        free(entry->value);
    }
    free(profiles->list);
    free(profiles);
}

const char *profile_name(const char *wanted)
{
    if (wanted && *wanted != '\0')
        return wanted;
    wanted = getenv("AWS_PROFILE");
    return wanted && *wanted != '\0' ? wanted : "default";
}

static bool is_section(const struct profile_entry *entry, enum profile_kind kind,
                       const char *section)
{
    return entry->kind == kind && strcmp(entry->section, section) == 0;
}

bool profile_exists(const struct profiles *profiles, const char *profile)
{
    for (size_t i = 0; profiles && i < profiles->count; i++)
        if (is_section(&profiles->list[i], PROFILE_KIND_PROFILE, profile))
            return true;
    return false;
}

/* The last one that says it; one that says nothing takes back what was said before. */
static const char *entry_value(const struct profiles *profiles, enum profile_kind kind,
                               const char *section, const char *name)
{
    for (size_t i = profiles ? profiles->count : 0; i-- > 0;) {
        const struct profile_entry *entry = &profiles->list[i];
        if (is_section(entry, kind, section) && strcasecmp(entry->name, name) == 0)
            return entry->value[0] != '\0' ? entry->value : NULL;
    }
    return NULL;
}

const char *profile_get(const struct profiles *profiles, const char *profile, const char *key)
{
    return entry_value(profiles, PROFILE_KIND_PROFILE, profile, key);
}

const char *profile_get_service(const struct profiles *profiles, const char *services,
                                const char *service, const char *key)
{
    char name[128];
    snprintf(name, sizeof name, "%s.%s", service, key);
    return entry_value(profiles, PROFILE_KIND_SERVICES, services, name);
}

const char *profile_get_sso_session(const struct profiles *profiles, const char *session,
                                    const char *key)
{
    return entry_value(profiles, PROFILE_KIND_SSO_SESSION, session, key);
}
