#include "sql/db_private.h"

#include <openssl/crypto.h>
#include <string.h>

enum error_code db_password_verifier(struct db *db, const char *user, const char *password,
                                     struct buffer *verifier, struct error *error)
{
    enum error_code code = db_ensure(db, error);
    if (code)
        return code;
    char *text = PQencryptPasswordConn(db->conn, password, user, "scram-sha-256");
    if (!text)
        return db_error_from_connection(db, false, error);
    buffer_text(verifier, text);
    OPENSSL_cleanse(text, strlen(text));
    PQfreemem(text);
    return buffer_check(verifier, error);
}
