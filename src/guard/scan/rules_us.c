/* Rules of the United States and Canada. */
#include "guard/scan/rules_tables.h"

static const sx_rule RULES[] = {
    /* Social Security Administration: area-group-serial */
    {"US_SSN", "us-ssn", "\\d{3}([ .\\-]\\d{2}[ .\\-]|\\d{2}[ .\\-]|[ .\\-]\\d{2})\\d{4}", 0.05f, 0.85f,
     sx_check_us_ssn, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"US_SSN", "us-ssn-plain", "\\d{9}", 0.05f, 0.5f, sx_check_us_ssn, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    /* IRS: 9xx with a group of 50-65, 70-88, 90-92, 94-99 */
    {"US_ITIN", "us-itin", "9\\d{2}[ \\-](5\\d|6[0-5]|7\\d|8[0-8]|9[0-24-9])[ \\-]\\d{4}", 0.5f, 0.9f, NULL, 0,
     SX_RULE_NUMBER, NULL, NULL, 0},
    {"US_ITIN", "us-itin-plain",
     "9\\d{2}([ \\-]?(5\\d|6[0-5]|7\\d|8[0-8]|9[0-24-9])|(5\\d|6[0-5]|7\\d|8[0-8]|9[0-24-9])[ \\-])\\d{4}", 0.1f, 0.8f,
     NULL, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    /* CMS: a digit, then letters without S, L, O, I, B, Z in fixed places */
    {"US_MBI", "us-mbi",
     "(?i)\\d[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\\d-[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\\d-[AC-HJKMNP-RT-Y][AC-HJ"
     "KMNP-RT-Y]\\d\\d",
     0.85f, 0.95f, NULL, 0, 0, NULL, NULL, 0},
    {"US_MBI", "us-mbi-plain",
     "(?i)\\d[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\\d[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\\d[AC-HJKMNP-RT-Y][AC-HJKM"
     "NP-RT-Y]\\d\\d",
     0.6f, 0.95f, NULL, 0, 0, NULL, NULL, 0},
    {"US_NPI", "us-npi", "[12]\\d{3}([ \\-]\\d{3}[ \\-]\\d{3}|\\d{6})", 0.25f, 0.9f, sx_check_us_npi, 0, SX_RULE_NUMBER,
     NULL, NULL, 0},
    {"ABA_ROUTING_NUMBER", "us-aba", "\\d{4}-\\d{4}-\\d|\\d{9}", 0.25f, 0.9f, sx_check_us_aba, 0, SX_RULE_NUMBER, NULL,
     NULL, 0},
    {"MEDICAL_LICENSE", "us-dea", "(?i)[A-HJKLMPRSTUX][A-Z9]\\d{7}", 0.4f, 0.9f, sx_check_us_dea, 0, 0, NULL, NULL, 0},
    {"US_PASSPORT", "us-passport", "(?i)[A-Z]\\d{8}", 0.1f, 0.7f, NULL, 0, 0, NULL, NULL, 0},
    {"US_PASSPORT", "us-passport-digits", "\\d{9}", 0.05f, 0.6f, NULL, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    /* the states' own shapes, and bare digits, which only a word beside them makes a licence */
    {"US_DRIVER_LICENSE", "us-licence",
     "(?i)([A-Z]\\d{3,14}|[A-Z]\\d{18}|[A-Z]{2}\\d{3,7}|\\d{2}[A-Z]{3}\\d{5,6}|[A-Z]{2}\\d{6}[A-Z]|\\d{7,9}[A-Z]|"
     "\\d{8}[A-Z]{2}|\\d{3}[A-Z]{2}\\d{4}|[A-Z]\\d[A-Z]\\d[A-Z]|[A-Z]\\d{3}-\\d{4}-\\d{4})",
     0.15f, 0.65f, NULL, 0, 0, NULL, NULL, 0},
    {"US_DRIVER_LICENSE", "us-licence-digits", "\\d{6,14}|\\d{16}", 0.05f, 0.6f, NULL, 0, SX_RULE_NUMBER, NULL, NULL,
     0},
    {"US_DRIVER_LICENSE", "us-licence-groups", "\\d{4}-\\d{2}-\\d{4}|\\d{3}-\\d{2}-\\d{4}|\\d{3}-\\d{3}-\\d{3}", 0.02f,
     0.7f, NULL, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"US_BANK_NUMBER", "us-bank", "\\d{8,17}", 0.05f, 0.5f, NULL, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"CA_SIN", "ca-sin", "[1-79]\\d{2}([ \\-]\\d{3}[ \\-]\\d{3}|\\d{6})", 0.3f, 0.95f, sx_check_ca_sin, 0,
     SX_RULE_NUMBER, NULL, NULL, 0},
};

SX_RULE_TABLE(sx_rules_us, RULES)
