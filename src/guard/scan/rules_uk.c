/* Rules of the United Kingdom. */
#include "guard/scan/rules_tables.h"

static const sx_rule RULES[] = {
    /* DVLA: five of the name, birth date with 50 added to a woman's month, initials, check */
    {"UK_DRIVING_LICENCE", "uk-licence",
     "(?i)[A-Z]{1,5}9{0,4}\\d(0[1-9]|1[0-2]|5[1-9]|6[0-2])(0[1-9]|[12]\\d|3[01])\\d[A-Z9]{2}[A-Z0-9][A-Z]{2}", 0.8f,
     0.95f, sx_check_uk_licence, 0, 0, NULL, NULL, 0},
    {"UK_NHS", "uk-nhs", "\\d{3}[\\- ]?\\d{3}[\\- ]?\\d{4}", 0.4f, 0.95f, sx_check_uk_nhs, 0, SX_RULE_NUMBER, NULL,
     NULL, 0},
    {"UK_NINO", "uk-nino", "(?i)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\\d\\d ?\\d\\d ?\\d\\d ?[A-D]", 0.6f, 0.95f,
     sx_check_uk_nino, 0, 0, NULL, NULL, 0},
    {"UK_PASSPORT", "uk-passport", "(?i)[A-Z]{2}\\d{7}", 0.1f, 0.6f, NULL, 0, 0, NULL, NULL, 0},
    /* BS 7666 */
    {"UK_POSTCODE", "uk-postcode",
     "(?i)(GIR\\s?0AA|[A-PR-UWYZ](\\d[A-HJKPSTUW]?|\\d{2}|[A-HK-Y]\\d[ABEHMNPRVWXY]?|[A-HK-Y]\\d{2})\\s?\\d[ABD-H"
     "JLNP-UW-Z]{2})",
     0.2f, 0.7f, NULL, 0, 0, NULL, NULL, 0},
    {"UK_VEHICLE_REGISTRATION", "uk-plate-current", "(?i)[A-HJ-PR-Y]{2}\\d\\d[\\- ]?[A-HJ-PR-Z]{3}", 0.3f, 0.8f,
     sx_check_uk_plate, 0, 0, NULL, NULL, 0},
    {"UK_VEHICLE_REGISTRATION", "uk-plate-prefix", "(?i)[A-HJ-NPR-TV-Y]\\d{1,3}[\\- ]?[A-HJ-PR-Y][A-HJ-PR-Z]{2}", 0.15f,
     0.7f, NULL, 0, 0, NULL, NULL, 0},
    {"UK_VEHICLE_REGISTRATION", "uk-plate-suffix", "(?i)[A-HJ-PR-Z]{3}[\\- ]?\\d{1,3}[\\- ]?[A-HJ-NPR-TV-Y]", 0.1f,
     0.6f, NULL, 0, 0, NULL, NULL, 0},
};

SX_RULE_TABLE(sx_rules_uk, RULES)
