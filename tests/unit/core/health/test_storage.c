/* What the doctor says of bucket and table: well where all is well, and each thing that is not. */
#include "tests/unit/aws/test_fake.h"

#include "core/health/doctor_private.h"

struct reply {
    const char *wanted; /* in the URL, or in the target's header */
    int status;
    const char *body;
};

#define PUBLIC(a, b, c, d)                                                                         \
    "<PublicAccessBlockConfiguration><BlockPublicAcls>" a "</BlockPublicAcls><IgnorePublicAcls>" b \
    "</IgnorePublicAcls><BlockPublicPolicy>" c "</BlockPublicPolicy><RestrictPublicBuckets>" d     \
    "</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
#define EVENTS(event, prefix, suffix, function)                                                 \
    "<NotificationConfiguration><CloudFunctionConfiguration><CloudFunction>arn:aws:lambda:x:1:" \
    "function:" function "</CloudFunction><Event>" event "</Event><Filter><S3Key><FilterRule>"  \
    "<Name>prefix</Name><Value>" prefix "</Value></FilterRule><FilterRule><Name>suffix</Name>"  \
    "<Value>" suffix "</Value></FilterRule></S3Key></Filter></CloudFunctionConfiguration>"      \
    "</NotificationConfiguration>"
#define TABLE(status, hash, range, view, index, billing)                                \
    "{\"Table\":{\"TableName\":\"T\",\"TableStatus\":\"" status "\",\"KeySchema\":["    \
    "{\"AttributeName\":\"" hash "\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"" range \
    "\",\"KeyType\":\"RANGE\"}],\"StreamSpecification\":{\"StreamEnabled\":true,"       \
    "\"StreamViewType\":\"" view "\"},\"LatestStreamArn\":\"arn:stream\","              \
    "\"GlobalSecondaryIndexes\":[{\"IndexName\":\"" index "\"}],"                       \
    "\"BillingModeSummary\":{\"BillingMode\":\"" billing "\"}}}"
#define TTL(status, attribute)                                   \
    "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"" status \
    "\",\"AttributeName\":\"" attribute "\"}}"
#define VERSIONING(status) \
    "<VersioningConfiguration><Status>" status "</Status></VersioningConfiguration>"
#define RIGHT_EVENTS EVENTS("s3:ObjectCreated:*", "uploads/", "", "csv-parser")
#define RIGHT_TABLE \
    TABLE("ACTIVE", "upload_id", "record_id", "NEW_IMAGE", "VendorIndex", "PAY_PER_REQUEST")

static const struct reply well[] = {
    {"lifecycle", 404, "<Error><Code>NoSuchLifecycleConfiguration</Code></Error>"},
    {"versioning", 200, VERSIONING("Enabled")},
    {"encryption", 200,
     "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>"
     "AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
     "</ServerSideEncryptionConfiguration>"},
    {"publicAccessBlock", 200, PUBLIC("true", "true", "true", "true")},
    {"notification", 200, RIGHT_EVENTS},
    {"list-type", 200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"},
    {"DescribeTable", 200, RIGHT_TABLE},
    {"DescribeTimeToLive", 200, TTL("ENABLED", "ttl")},
    {"", 200, ""},
};

static void answer(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    const struct fake_request *request = &fake->requests[number];
    const struct reply *other = fake->more;
    const char *place = strchr(request->url, '?') ? request->url : request->headers;
    if (other && (*other->wanted ? strstr(place, other->wanted) != NULL
                                 : !strcmp(request->method, "HEAD"))) {
        fake_reply(exchange, other->status, "", other->body);
        return;
    }
    for (size_t i = 0; i < sizeof well / sizeof *well; i++) {
        if (!strstr(place, well[i].wanted))
            continue;
        fake_reply(exchange, well[i].status, "", well[i].body);
        return;
    }
}

/* Looks at bucket and table of a world that is well but for `other`. */
static void visit_world(const struct reply *other, struct doctor_visit *visit)
{
    struct fake fake;
    struct settings settings;
    fake_init(&fake, answer);
    fake.more = (void *)(uintptr_t)other;
    assert_int_equal(settings_init(&settings, NULL), ERROR_NONE);
    const struct {
        enum setting setting;
        const char *value;
    } names[] = {
        {SETTING_BUCKET, "bucket"}, {SETTING_TABLE, "T"}, {SETTING_PARSER_FUNCTION, "csv-parser"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(
            settings_put(&settings, names[i].setting, names[i].value, SETTING_FROM_FLAG, NULL),
            ERROR_NONE);
    *visit = (struct doctor_visit){.area = "storage", .settings = &settings};
    visit->aws = fake_client(&fake);
    (void)error_set(&visit->db_error, ERROR_DENIED, "permission denied for table upload_history");
    doctor_report_init(&visit->report);
    doctor_visit_storage(visit);
    doctor_visit_table(visit);
    aws_client_free(visit->aws);
    settings_release(&settings);
    fake_release(&fake);
}

static const struct doctor_check *check_of(const struct doctor_visit *visit, const char *name)
{
    for (size_t i = 0; i < visit->report.count; i++)
        if (!strcmp(visit->report.checks[i].name, name))
            return &visit->report.checks[i];
    fail_msg("no check %s", name);
    return NULL;
}

static bool wants_database(const struct doctor_check *check)
{
    return check->status == DOCTOR_SKIP &&
           (!strcmp(check->name, "events arriving") || !strcmp(check->name, "report retention"));
}

static void test_a_world_that_is_well(void **state)
{
    static const char *const names[] = {"bucket",        "bucket versioning", "bucket encryption",
                                        "public access", "upload events",     "table",
                                        "stream",        "vendor index",      "billing",
                                        "time to live"};
    struct doctor_visit visit;
    (void)state;
    visit_world(NULL, &visit);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(check_of(&visit, names[i])->status, DOCTOR_OK);
    assert_true(wants_database(check_of(&visit, "events arriving")));
    assert_true(wants_database(check_of(&visit, "report retention")));
    doctor_report_release(&visit.report);
}

static void test_each_thing_that_is_not(void **state)
{
    static const struct {
        struct reply reply;
        const char *check;
        enum doctor_status status;
    } worlds[] = {
        {{"versioning", 200, VERSIONING("Suspended")}, "bucket versioning", DOCTOR_FAIL},
        {{"versioning", 200, "<VersioningConfiguration/>"}, "bucket versioning", DOCTOR_FAIL},
        {{"encryption", 404,
          "<Error><Code>ServerSideEncryptionConfigurationNotFoundError</Code></Error>"},
         "bucket encryption",
         DOCTOR_FAIL},
        {{"encryption", 403, "<Error><Code>AccessDenied</Code></Error>"},
         "bucket encryption",
         DOCTOR_SKIP},
        {{"publicAccessBlock", 200, PUBLIC("false", "true", "true", "true")},
         "public access",
         DOCTOR_FAIL},
        {{"publicAccessBlock", 200, PUBLIC("true", "false", "true", "true")},
         "public access",
         DOCTOR_FAIL},
        {{"publicAccessBlock", 200, PUBLIC("true", "true", "false", "true")},
         "public access",
         DOCTOR_FAIL},
        {{"publicAccessBlock", 200, PUBLIC("true", "true", "true", "false")},
         "public access",
         DOCTOR_FAIL},
        {{"publicAccessBlock", 404,
          "<Error><Code>NoSuchPublicAccessBlockConfiguration</Code></Error>"},
         "public access",
         DOCTOR_FAIL},
        {{"lifecycle", 500, ""}, "report retention", DOCTOR_FAIL},
        {{"notification", 200, "<NotificationConfiguration/>"}, "upload events", DOCTOR_FAIL},
        {{"notification", 200, EVENTS("s3:ObjectRemoved:*", "uploads/", "", "csv-parser")},
         "upload events",
         DOCTOR_FAIL},
        {{"notification", 200, EVENTS("s3:ObjectCreated:*", "other/", "", "csv-parser")},
         "upload events",
         DOCTOR_FAIL},
        {{"notification", 200, EVENTS("s3:ObjectCreated:*", "uploads/", ".txt", "csv-parser")},
         "upload events",
         DOCTOR_FAIL},
        {{"notification", 200, EVENTS("s3:ObjectCreated:*", "uploads/", "", "somebody")},
         "upload events",
         DOCTOR_FAIL},
        {{"DescribeTable", 200,
          TABLE("CREATING", "upload_id", "record_id", "NEW_IMAGE", "VendorIndex",
                "PAY_PER_REQUEST")},
         "table",
         DOCTOR_FAIL},
        {{"DescribeTable", 200,
          TABLE("ACTIVE", "id", "record_id", "NEW_IMAGE", "VendorIndex", "PAY_PER_REQUEST")},
         "table",
         DOCTOR_FAIL},
        {{"DescribeTable", 200,
          TABLE("ACTIVE", "upload_id", "row", "NEW_IMAGE", "VendorIndex", "PAY_PER_REQUEST")},
         "table",
         DOCTOR_FAIL},
        {{"DescribeTable", 200,
          TABLE("ACTIVE", "upload_id", "record_id", "KEYS_ONLY", "VendorIndex", "PAY_PER_REQUEST")},
         "stream",
         DOCTOR_FAIL},
        {{"DescribeTable", 200,
          TABLE("ACTIVE", "upload_id", "record_id", "NEW_IMAGE", "Other", "PAY_PER_REQUEST")},
         "vendor index",
         DOCTOR_WARN},
        {{"DescribeTable", 200,
          TABLE("ACTIVE", "upload_id", "record_id", "NEW_IMAGE", "VendorIndex", "PROVISIONED")},
         "billing",
         DOCTOR_WARN},
        {{"DescribeTable", 400, "{\"__type\":\"ResourceNotFoundException\"}"},
         "table",
         DOCTOR_FAIL},
        {{"DescribeTimeToLive", 200, TTL("DISABLED", "ttl")}, "time to live", DOCTOR_WARN},
        {{"DescribeTimeToLive", 200, TTL("ENABLED", "expires")}, "time to live", DOCTOR_WARN},
        {{"list-type", 403, "<Error><Code>AccessDenied</Code></Error>"},
         "events arriving",
         DOCTOR_SKIP},
        {{"list-type", 404, "<Error><Code>NoSuchBucket</Code></Error>"},
         "events arriving",
         DOCTOR_FAIL},
        {{"", 404, ""}, "bucket", DOCTOR_FAIL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof worlds / sizeof *worlds; i++) {
        struct doctor_visit visit;
        visit_world(&worlds[i].reply, &visit);
        const struct doctor_check *check = check_of(&visit, worlds[i].check);
        if (check->status != worlds[i].status)
            fail_msg("world %zu: %s is %s: %s", i, check->name, doctor_status_name(check->status),
                     check->detail);
        assert_true(check->detail[0] && (check->status == DOCTOR_SKIP || check->remedy[0]));
        for (size_t k = 0; k < visit.report.count; k++) { /* and nothing else is blamed */
            const struct doctor_check *other = &visit.report.checks[k];
            assert_true(other == check || other->status == DOCTOR_OK || wants_database(other));
        }
        doctor_report_release(&visit.report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_world_that_is_well),
        cmocka_unit_test(test_each_thing_that_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
