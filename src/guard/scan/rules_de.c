/* Rules of Germany. */
#include "guard/scan/rules_tables.h"

static const sx_rule RULES[] = {
    /* Vertragsarzt registers: practice and physician numbers */
    {"DE_BSNR", "de-bsnr", "\\d{9}", 0.1f, 0.6f, sx_check_not_zero, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"DE_LANR", "de-lanr", "\\d{9}", 0.15f, 0.7f, sx_check_de_lanr, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    /* EU driving licence, directive 2006/126/EC, as Germany numbers it */
    {"DE_FUEHRERSCHEIN", "de-licence", "(?i)[A-Z]{2}\\d{8}[A-Z0-9]", 0.3f, 0.7f, NULL, 0, 0, NULL, NULL, 0},
    {"DE_HANDELSREGISTER", "de-register", "(?i)HR[AB]\\s{0,3}\\d{1,6}", 0.6f, 0.9f, NULL, 0, 0, NULL, NULL, 0},
    {"DE_HEALTH_INSURANCE", "de-kvnr", "(?i)[A-Z]\\d{9}", 0.3f, 0.9f, sx_check_de_kvnr, 0, 0, NULL, NULL, 0},
    /* identity cards and passports: ICAO 9303 without vowels and look-alikes */
    {"DE_ID_CARD", "de-id-card", "(?i)[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{7}\\d", 0.3f, 0.8f,
     sx_check_de_document, 1, 0, NULL, NULL, 0},
    {"DE_PASSPORT", "de-passport", "(?i)[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{7}\\d", 0.3f, 0.8f,
     sx_check_de_document, 0, 0, NULL, NULL, 0},
    /* FZV: one to three letters of the district, one or two, up to four digits, E or H */
    {"DE_KFZ", "de-plate", "(?i)[A-ZÄÖÜäöü]{1,3}(\\s[A-Z]{1,2}\\s|-[A-Z]{1,2}[\\s\\-])\\d{1,4}[EH]?", 0.25f, 0.7f, NULL,
     0, 0, "-", NULL, 0},
    {"DE_PLZ", "de-postcode", "\\d{5}", 0.05f, 0.5f, sx_check_de_plz, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"DE_SOCIAL_SECURITY", "de-rvnr", "(?i)\\d{8}[A-Z]\\d{3}", 0.5f, 0.95f, sx_check_de_rvnr, 0, 0, NULL, NULL, 0},
    {"DE_TAX_ID", "de-tax-id", "[1-9]\\d{10}", 0.3f, 0.9f, sx_check_de_tax_id, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"DE_TAX_NUMBER", "de-tax-elster", "(0[1-9]|1[0-6])\\d{11}", 0.2f, 0.7f, NULL, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"DE_TAX_NUMBER", "de-tax-slashes", "\\d{2,3}/\\d{3,4}/\\d{4,5}", 0.35f, 0.8f, NULL, 0, SX_RULE_NUMBER, NULL, NULL,
     0},
    {"DE_VAT_ID", "de-vat", "(?i)DE[\\s.\\-]?\\d{3}[\\s.\\-]?\\d{3}[\\s.\\-]?\\d{3}", 0.5f, 0.8f, sx_check_de_vat, 0, 0,
     NULL, NULL, 0},
};

SX_RULE_TABLE(sx_rules_de, RULES)
