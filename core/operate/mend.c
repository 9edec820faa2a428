#include "core/operate/mend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/s3.h"
#include "core/base/buffer.h"
#include "core/base/file.h"
#include "core/history/history.h"
#include "core/history/report_find.h"
#include "core/operate/state_directory.h"

#define PATH_MAX_BYTES ((size_t)4096)

/* Ids are the pipeline's own, but one is also typed: nothing of it may lead out of the folder. */
static bool plain(const char *id)
{
    return id[0] != '\0' && id[0] != '.' && !strchr(id, '/');
}

static enum error_code draft_name(const char *upload_id, bool with_target, struct buffer *path,
                                  struct error *error)
{
    enum error_code code = state_directory_name(path, error);
    if (code)
        return code;
    buffer_format(path, "/mend/%s", upload_id);
    if (with_target)
        state_directory_target(path);
    buffer_text(path, ".csv");
    return buffer_check(path, error);
}

enum error_code mend_path(const char *upload_id, char *path, size_t size, struct error *error)
{
    struct buffer own, older; /* the latter of before environments had files of their own */
    if (!plain(upload_id))
        return error_set(error, ERROR_USAGE, "%.80s: not an upload id", upload_id);
    buffer_init(&own, PATH_MAX_BYTES);
    buffer_init(&older, PATH_MAX_BYTES);
    enum error_code code = draft_name(upload_id, true, &own, error);
    if (!code)
        code = draft_name(upload_id, false, &older, error);
    if (!code && own.len >= size)
        code = error_set(error, ERROR_IO, "the path of the state directory is too long");
    if (!code && access(own.data, F_OK) != 0 && access(older.data, F_OK) == 0)
        memcpy(path, older.data, older.len + 1);
    else if (!code)
        memcpy(path, own.data, own.len + 1);
    buffer_release(&older);
    buffer_release(&own);
    return code;
}

static enum error_code folder_make(struct error *error)
{
    struct buffer folder;
    buffer_init(&folder, PATH_MAX_BYTES);
    enum error_code code = state_directory(&folder, error);
    if (!code) {
        buffer_text(&folder, "/mend");
        code = buffer_check(&folder, error);
    }
    if (!code && mkdir(folder.data, 0700) != 0 && errno != EEXIST)
        code = error_set(error, ERROR_IO, "cannot create %s: %s", folder.data, strerror(errno));
    buffer_release(&folder);
    return code;
}

static enum error_code bytes_get(struct pipeline *pipeline, const struct upload *upload,
                                 enum mend_source *source, struct buffer *bytes,
                                 struct error *error)
{
    const char *bucket = settings_get(pipeline->settings, SETTING_BUCKET);
    char key[REPORT_KEY_SIZE];
    *source = upload->failure_reason ? MEND_REFUSED : MEND_REJECTED;
    if (*source == MEND_REFUSED)
        return s3_get_object(pipeline->aws, bucket, upload->s3_key, upload->s3_version_id,
                             REPORT_FILE_MAX, bytes, NULL, error);
    enum error_code code = report_find(upload, REPORT_REJECTED, key, error);
    if (!code)
        code = s3_get_object(pipeline->aws, bucket, key, NULL, REPORT_FILE_MAX, bytes, NULL, error);
    if (code == ERROR_NOT_FOUND && error->http_status == 404 && upload->pruned)
        return error_set(error, ERROR_NOT_FOUND,
                         "%s: %s: the file to fix was removed from the bucket, and cannot be "
                         "rebuilt",
                         upload->upload_id, upload->pruned);
    if (code == ERROR_NOT_FOUND && error->http_status == 404)
        return error_wrap(error,
                          "the file to fix no longer exists; rebuild it with intake report %s "
                          "--rebuild",
                          upload->upload_id);
    return code;
}

static enum error_code draft_make(struct pipeline *pipeline, const struct upload *upload,
                                  struct mend *mend, struct error *error)
{
    struct buffer bytes;
    if (strcmp(upload->status, "processing") == 0)
        return error_set(error, ERROR_CONFLICT,
                         "%s is still processing: there is nothing to fix until it is finished",
                         upload->upload_id);
    buffer_init(&bytes, REPORT_FILE_MAX);
    enum error_code code = bytes_get(pipeline, upload, &mend->source, &bytes, error);
    if (!code)
        code = folder_make(error);
    if (!code)
        code = file_replace(mend->path, bytes.data, bytes.len, 0600, error);
    buffer_release(&bytes);
    return code;
}

enum error_code mend_begin(struct pipeline *pipeline, const char *upload_id, struct mend *mend,
                           struct error *error)
{
    struct upload_detail detail = {.pending_records = 0};
    enum error_code code = mend_path(upload_id, mend->path, sizeof mend->path, error);
    mend->source = MEND_DRAFT;
    if (!code)
        code = upload_find(pipeline->db, upload_id, &detail, error);
    if (!code) {
        snprintf(mend->upload_id, sizeof mend->upload_id, "%s", upload_id);
        snprintf(mend->vendor_id, sizeof mend->vendor_id, "%s", detail.upload.vendor_id);
        if (access(mend->path, F_OK) != 0)
            code = draft_make(pipeline, &detail.upload, mend, error);
    }
    upload_detail_release(&detail);
    return code;
}

void mend_path_shown(const char *path, char *out, size_t size)
{
    const char *home = getenv("HOME");
    size_t len = home ? strlen(home) : 0;
    bool inside = len > 1 && strncmp(path, home, len) == 0 && path[len] == '/';
    snprintf(out, size, "%s%s", inside ? "~" : "", inside ? path + len : path);
}

enum error_code mend_forget(const char *path, struct error *error)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return error_set(error, ERROR_IO, "cannot remove %s: %s", path, strerror(errno));
    return ERROR_NONE;
}
