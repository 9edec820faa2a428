#include "tui/base/choices.h"

#include "core/record/record.h"
#include "core/record/refusal.h"
#include "core/record/rules.h"

const char *choice_error_type(size_t index)
{
    return index < RULE_COUNT ? rule_name((enum rule)index) : NULL;
}

const char *choice_column(size_t index)
{
    return index < COLUMN_COUNT ? column_table[index].name : NULL;
}

const char *choice_refusal(size_t index)
{
    return index + 1 < REFUSAL_COUNT ? refusal_name((enum refusal_code)(index + 1)) : NULL;
}
