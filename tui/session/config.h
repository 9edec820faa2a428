/*
 * The configuration file: $XDG_CONFIG_HOME/intake/config.ini (INTAKE_CONFIG names another file):
 * one section for each environment; keys before the first section hold for all of them. One table
 * (in config.c, with the resource names of core/pipeline/settings.h) says which keys there are. The
 * file may hold no password. */
#ifndef INTAKE_TUI_SESSION_CONFIG_H
#define INTAKE_TUI_SESSION_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"

struct config;

/* What a key is, for the manual and the completions. */
struct config_key {
    const char *name;  /* "keys.*" stands for any key that begins so */
    const char *value; /* how the manual names its value */
    const char *help;
};

/*
 * path NULL: the usual place, where an absent file is an empty configuration. ERROR_CONFIG names
 * file, line and key of the first fault.
 */
MUST_CHECK enum error_code config_read(const char *path, struct config **config,
                                       struct error *error);
void config_free(struct config *config);

/* "" where no file was read. */
const char *config_path(const struct config *config);
bool config_has_section(const struct config *config, const char *section);
/* The sections in the order of the file; NULL at the end. */
const char *config_section(const struct config *config, size_t index);

/* The section's value, else the one that holds for all; NULL where there is none. */
const char *config_get(const struct config *config, const char *section, const char *key);
bool config_get_bool(const struct config *config, const char *section, const char *key,
                     bool otherwise);
/* Of a value that was read; false for NULL. */
bool config_is_true(const char *value);

/* Every key there is: resource names first. False at the end. */
bool config_key_at(size_t index, struct config_key *key);

#endif
