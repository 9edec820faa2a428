/* The authorities of the database's server, as the images hold them: whether one of them is about
 * to end. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <time.h>

#include "core/health/doctor_private.h"
#include "generated/rds_certificates.h"

#define NAME "database authorities"
#define REMEDY "update lambda/image/rds-certificates.pem to the current AWS bundle and deploy again"

struct bundle {
    size_t count, ended, ending;
    int64_t left;    /* seconds, to the one that ends first */
    char first[128]; /* its name */
    char until[16];  /* its last day */
};

static void name_first(struct bundle *bundle, X509 *certificate, int64_t left)
{
    struct tm until = {.tm_year = 0};
    X509_NAME *subject = X509_get_subject_name(certificate);
    if (X509_NAME_get_text_by_NID(subject, NID_commonName, bundle->first, sizeof bundle->first) < 0)
        X509_NAME_oneline(subject, bundle->first, sizeof bundle->first);
    ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until);
    if (!strftime(bundle->until, sizeof bundle->until, "%Y-%m-%d", &until))
        bundle->until[0] = '\0';
    bundle->left = left;
}

static bool note_certificate(struct bundle *bundle, X509 *certificate, const ASN1_TIME *now)
{
    int days, seconds;
    if (!ASN1_TIME_diff(&days, &seconds, now, X509_get0_notAfter(certificate)))
        return false;
    int64_t left = (int64_t)days * 86400 + seconds;
    if (!bundle->count || left < bundle->left)
        name_first(bundle, certificate, left);
    bundle->count++;
    bundle->ended += left < 0;
    bundle->ending += left >= 0 && left <= DOCTOR_CERTIFICATE_DAYS * 86400;
    return true;
}

/* Whether every certificate of the bundle could be read, and there was one. */
static bool read_bundle(struct bundle *bundle, const char *pem, size_t size, int64_t now_ms)
{
    BIO *input = BIO_new_mem_buf(pem, (int)size);
    ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)(now_ms / 1000));
    X509 *certificate = NULL;
    bool good = input && now;
    while (good && (certificate = PEM_read_bio_X509(input, NULL, NULL, NULL))) {
        good = note_certificate(bundle, certificate, now);
        X509_free(certificate);
    }
    if (good)
        good = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE && bundle->count;
    ERR_clear_error();
    ASN1_TIME_free(now);
    BIO_free(input);
    return good;
}

void doctor_see_certificates(struct doctor_visit *visit, const char *pem, size_t size,
                             int64_t now_ms)
{
    struct bundle bundle = {.count = 0};
    ERR_clear_error();
    if (!read_bundle(&bundle, pem, size, now_ms))
        doctor_add(visit, NAME, DOCTOR_FAIL, REMEDY,
                   "certificate %zu of lambda/image/rds-certificates.pem cannot be read",
                   bundle.count + 1);
    else if (bundle.ended)
        doctor_add(visit, NAME, DOCTOR_WARN, REMEDY, "%zu of %zu have expired, the first on %s: %s",
                   bundle.ended, bundle.count, bundle.until, bundle.first);
    else if (bundle.ending)
        doctor_add(visit, NAME, DOCTOR_WARN, REMEDY,
                   "%zu of %zu expire within %d days, the first on %s: %s", bundle.ending,
                   bundle.count, DOCTOR_CERTIFICATE_DAYS, bundle.until, bundle.first);
    else
        doctor_add(visit, NAME, DOCTOR_OK, NULL, "%zu, none expires before %s", bundle.count,
                   bundle.until);
}

void doctor_see_own_certificates(struct doctor_visit *visit, int64_t now_ms)
{
    doctor_see_certificates(visit, rds_certificates, sizeof rds_certificates - 1, now_ms);
}
