#include "tui/session/state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/operate/state_directory.h"
#include "tui/base/memory.h"

#define FILE_MAX (1u << 20)
#define STATE_VERSION 1

/* NULL where there is no home: then nothing is remembered. */
static char *find_path(enum error_code (*folder)(struct buffer *, struct error *))
{
    struct error none = ERROR_INIT;
    struct buffer path;
    buffer_init(&path, FILE_MAX);
    if (!folder(&path, &none))
        buffer_text(&path, "/console.json");
    else
        buffer_clear(&path);
    if (path.len == 0 || path.failed) {
        buffer_release(&path);
        return NULL;
    }
    return buffer_take(&path);
}

static char *member(struct json_object *object, const char *key)
{
    return console_copy(json_text(object, key, NULL));
}

static void take(struct state *state, struct json_object *document)
{
    struct json_object *history = json_member(document, "filters");
    struct json_object *views = json_member(document, "views");
    struct json_object *layouts = json_member(document, "screens");
    if (json_text(document, "theme", NULL))
        state->theme = member(document, "theme");
    for (size_t i = 0; i < json_count(history) && i < STATE_HISTORY; i++) {
        struct json_object *entry = json_object_array_get_idx(history, i);
        if (json_object_is_type(entry, json_type_string))
            state->history[state->history_count++] = console_copy(json_object_get_string(entry));
    }
    for (size_t i = 0; i < json_count(views) && i < STATE_VIEWS; i++) {
        struct json_object *entry = json_object_array_get_idx(views, i);
        struct state_view *view = &state->views[state->view_count++];
        view->name = member(entry, "name");
        view->screen = member(entry, "screen");
        view->argument = member(entry, "argument");
        view->filter = member(entry, "filter");
        view->columns = member(entry, "columns");
        view->sort = member(entry, "sort");
    }
    for (size_t i = 0; i < json_count(layouts) && i < STATE_LAYOUTS; i++) {
        struct json_object *entry = json_object_array_get_idx(layouts, i);
        struct state_layout *layout = &state->layouts[state->layout_count++];
        layout->screen = member(entry, "screen");
        layout->columns = member(entry, "columns");
        layout->sort = member(entry, "sort");
    }
}

/* What a later version wrote beside what is known here is written again as it is. */
static bool is_known(const char *key)
{
    static const char *const keys[] = {"version", "theme", "filters", "views", "screens"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i], key) == 0)
            return true;
    }
    return false;
}

static void keep_unknown(struct state *state, struct json_object *document)
{
    struct buffer out;
    buffer_init(&out, FILE_MAX);
    json_object_object_foreach(document, key, value)
    {
        if (is_known(key))
            continue;
        buffer_char(&out, ',');
        json_append_text(&out, key);
        buffer_char(&out, ':');
        buffer_text(&out, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
    }
    if (out.len > 0 && !out.failed)
        state->unknown = buffer_take(&out);
    buffer_release(&out);
}

static void PRINTF_LIKE(2, 3) trouble(struct state *state, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(state->trouble, sizeof state->trouble, format, arguments);
    va_end(arguments);
}

static void read_document(struct state *state, const char *text, size_t length)
{
    struct json_object *document = NULL;
    int64_t version = 0;
    if (json_parse(text, length, &document, NULL) ||
        !json_object_is_type(document, json_type_object)) {
        state->broken = true;
        trouble(state, "%s is damaged: starting without it; saved as console.json.damaged",
                state->path);
    } else {
        take(state, document);
        keep_unknown(state, document);
        if (json_integer(document, "version", &version) && version > STATE_VERSION) {
            state->locked = true;
            trouble(state, "%s was written by a later version of Intake: it is not changed",
                    state->path);
        }
    }
    json_object_put(document);
}

static void read_file(struct state *state, const char *path)
{
    FILE *file = fopen(path, "rbe");
    if (!file && (errno == ENOENT || errno == ENOTDIR))
        return;
    char *text = console_allocate(FILE_MAX);
    size_t length = file ? fread(text, 1, FILE_MAX, file) : 0;
    if (!file || ferror(file)) {
        state->locked = true;
        trouble(state, "cannot read %s (%s): settings are not saved", path, strerror(errno));
    } else {
        read_document(state, text, length);
    }
    if (file)
        fclose(file);
    free(text);
}

void state_load(struct state *state)
{
    char *common;
    memset(state, 0, sizeof *state);
    state->path = find_path(state_directory_name);
    common = find_path(state_directory_common);
    if (state->path)
        read_file(state, access(state->path, F_OK) != 0 ? common : state->path);
    if (state->broken && strcmp(state->path, common) != 0 && access(state->path, F_OK) != 0)
        state->broken = false; /* the common one is not ours to put aside */
    free(common);
}

static void compose_view(const struct state_view *view, struct buffer *out)
{
    json_append_member(out, "name", view->name);
    json_append_member(out, "screen", view->screen);
    json_append_member(out, "argument", view->argument);
    json_append_member(out, "filter", view->filter);
    json_append_member(out, "columns", view->columns);
    json_append_member(out, "sort", view->sort);
}

static void compose(const struct state *state, struct buffer *out)
{
    buffer_char(out, '{');
    json_append_member_integer(out, "version", STATE_VERSION);
    if (state->theme)
        json_append_member(out, "theme", state->theme);
    json_append_key(out, "filters");
    buffer_char(out, '[');
    for (size_t i = 0; i < state->history_count; i++) {
        if (i > 0)
            buffer_char(out, ',');
        json_append_text(out, state->history[i]);
    }
    buffer_char(out, ']');
    json_append_key(out, "views");
    buffer_char(out, '[');
    for (size_t i = 0; i < state->view_count; i++) {
        buffer_text(out, i > 0 ? ",{" : "{");
        compose_view(&state->views[i], out);
        buffer_char(out, '}');
    }
    buffer_char(out, ']');
    json_append_key(out, "screens");
    buffer_char(out, '[');
    for (size_t i = 0; i < state->layout_count; i++) {
        buffer_text(out, i > 0 ? ",{" : "{");
        json_append_member(out, "screen", state->layouts[i].screen);
        json_append_member(out, "columns", state->layouts[i].columns);
        json_append_member(out, "sort", state->layouts[i].sort);
        buffer_char(out, '}');
    }
    buffer_char(out, ']');
    if (state->unknown)
        buffer_text(out, state->unknown);
    buffer_text(out, "}\n");
}

static enum error_code put_aside(const struct state *state, struct error *error)
{
    char *aside = console_format("%s.damaged", state->path);
    int failed = rename(state->path, aside);
    free(aside);
    if (failed != 0 && errno != ENOENT)
        return error_set(error, ERROR_IO, "%s is damaged and cannot be renamed: %s", state->path,
                         strerror(errno));
    return ERROR_NONE;
}

enum error_code state_save(struct state *state, struct error *error)
{
    struct buffer out;
    struct buffer folder;
    if (!state->changed || !state->path || state->locked)
        return ERROR_NONE;
    buffer_init(&out, FILE_MAX);
    buffer_init(&folder, FILE_MAX);
    compose(state, &out);
    enum error_code code = buffer_check(&out, error);
    if (!code)
        code = state_directory(&folder, error);
    if (!code && state->broken)
        code = put_aside(state, error);
    if (!code)
        code = file_replace(state->path, out.data, out.len, 0600, error);
    state->changed = false;
    buffer_release(&folder);
    buffer_release(&out);
    return code;
}

static void view_release(struct state_view *view)
{
    free(view->name);
    free(view->screen);
    free(view->argument);
    free(view->filter);
    free(view->columns);
    free(view->sort);
}

static void layout_release(struct state_layout *layout)
{
    free(layout->screen);
    free(layout->columns);
    free(layout->sort);
}

void state_release(struct state *state)
{
    free(state->path);
    free(state->theme);
    free(state->unknown);
    for (size_t i = 0; i < state->history_count; i++)
        free(state->history[i]);
    for (size_t i = 0; i < state->view_count; i++)
        view_release(&state->views[i]);
    for (size_t i = 0; i < state->layout_count; i++)
        layout_release(&state->layouts[i]);
    memset(state, 0, sizeof *state);
}

void state_remember_filter(struct state *state, const char *filter)
{
    size_t at;
    if (filter[0] == '\0' || (state->history_count > 0 && strcmp(state->history[0], filter) == 0))
        return;
    for (at = 0; at < state->history_count; at++) {
        if (strcmp(state->history[at], filter) == 0)
            break;
    }
    if (at == state->history_count && at == STATE_HISTORY)
        at--;
    if (at < state->history_count)
        free(state->history[at]);
    else
        state->history_count++;
    memmove(state->history + 1, state->history, at * sizeof *state->history);
    state->history[0] = console_copy(filter);
    state->changed = true;
}

void state_set_theme(struct state *state, const char *theme)
{
    free(state->theme);
    state->theme = console_copy(theme);
    state->changed = true;
}

void state_drop_view(struct state *state, const char *name)
{
    for (size_t i = 0; i < state->view_count; i++) {
        if (strcmp(state->views[i].name, name) != 0)
            continue;
        view_release(&state->views[i]);
        state->view_count--;
        memmove(&state->views[i], &state->views[i + 1],
                (state->view_count - i) * sizeof state->views[0]);
        state->changed = true;
        return;
    }
}

const struct state_view *state_find_view(const struct state *state, const char *name)
{
    for (size_t i = 0; i < state->view_count; i++) {
        if (strcmp(state->views[i].name, name) == 0)
            return &state->views[i];
    }
    return NULL;
}

bool state_save_view(struct state *state, struct state_view view)
{
    bool last = strcmp(view.name, STATE_LAST) == 0;
    bool has_last = state_find_view(state, STATE_LAST) != NULL;
    size_t most = last || has_last ? STATE_VIEWS : STATE_VIEWS - 1;
    if (!state_find_view(state, view.name) && state->view_count >= most) {
        view_release(&view);
        return false;
    }
    state_drop_view(state, view.name);
    state->views[state->view_count++] = view;
    state->changed = true;
    return true;
}

static void drop_layout(struct state *state, size_t index)
{
    layout_release(&state->layouts[index]);
    state->layout_count--;
    memmove(&state->layouts[index], &state->layouts[index + 1],
            (state->layout_count - index) * sizeof state->layouts[0]);
}

const struct state_layout *state_find_layout(const struct state *state, const char *screen)
{
    for (size_t i = 0; i < state->layout_count; i++) {
        if (strcmp(state->layouts[i].screen, screen) == 0)
            return &state->layouts[i];
    }
    return NULL;
}

void state_set_layout(struct state *state, const char *screen, const char *columns,
                      const char *sort)
{
    const struct state_layout *before = state_find_layout(state, screen);
    struct state_layout fresh = {console_copy(screen), console_copy(columns), console_copy(sort)};
    if (before)
        drop_layout(state, (size_t)(before - state->layouts));
    else if (state->layout_count == STATE_LAYOUTS)
        drop_layout(state, 0);
    state->layouts[state->layout_count++] = fresh;
    state->changed = true;
}
