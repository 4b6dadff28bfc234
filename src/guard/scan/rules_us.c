/* Rules of the United States. */
#include "guard/scan/rules_tables.h"

static const sx_rule RULES[] = {
    /* Social Security Administration: area-group-serial */
    {"US_SSN", "us-ssn", "\\d{3}([ .\\-]\\d{2}[ .\\-]|\\d{2}[ .\\-]|[ .\\-]\\d{2})\\d{4}", 0.05f, 0.85f, sx_check_us_ssn, 0,
     SX_RULE_NUMBER, NULL, NULL},
    {"US_SSN", "us-ssn-plain", "\\d{9}", 0.05f, 0.5f, sx_check_us_ssn, 0, SX_RULE_NUMBER, NULL, NULL},
};

SX_RULE_TABLE(sx_rules_us, RULES)
