#include "aws/region.h"

#include <regex.h>

static const struct {
    struct aws_partition partition;
    const char *pattern;
} partitions[] = {
    {{"aws-us-gov", "amazonaws.com", "api.aws"}, "^us-gov-[a-z]+-[0-9]+$"},
    {{"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"}, "^cn-[a-z]+-[0-9]+$"},
    {{"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"}, "^eusc-de-[a-z]+-[0-9]+$"},
    {{"aws-iso", "c2s.ic.gov", "api.aws.ic.gov"}, "^us-iso-[a-z]+-[0-9]+$"},
    {{"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"}, "^us-isob-[a-z]+-[0-9]+$"},
    {{"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"}, "^eu-isoe-[a-z]+-[0-9]+$"},
    {{"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"}, "^us-isof-[a-z]+-[0-9]+$"},
    {{"aws", "amazonaws.com", "api.aws"}, "^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]+$"},
};

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    bool found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

enum error_code region_partition_find(const char *region, const struct aws_partition **partition,
                                      struct error *error)
{
    if (!region || *region == '\0')
        return error_set(error, ERROR_CONFIG,
                         "no region is set: set AWS_REGION, or region in the profile");
    for (size_t i = 0; i < sizeof partitions / sizeof partitions[0]; i++) {
        if (matches(region, partitions[i].pattern)) {
            *partition = &partitions[i].partition;
            return ERROR_NONE;
        }
    }
    return error_set(error, ERROR_CONFIG,
                     "region \"%.64s\" is not an AWS region: correct AWS_REGION (for example "
                     "eu-central-1)",
                     region);
}

bool arn_part(const char *arn, int index, char *out, unsigned long size)
{
    if (strncmp(arn, "arn:", 4) != 0 || index < 1 || index > 5)
        return false;
    const char *at = arn;
    for (int i = 0; i < index; i++) {
        at = strchr(at, ':');
        if (!at)
            return false;
        at++;
    }
    size_t length = index == 5 ? strlen(at) : strcspn(at, ":");
    if (length >= size)
        return false;
    memcpy(out, at, length);
    out[length] = '\0';
    return true;
}
