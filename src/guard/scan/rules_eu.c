/* Rules of European states but Germany and the United Kingdom, and of Turkey. */
#include "guard/scan/rules_tables.h"

static const sx_rule RULES[] = {
    /* number and letter modulo 23 (Real Decreto 1553/2005) */
    {"ES_NIE", "es-nie", "(?i)[XYZ]\\d{7,8}-?[A-Z]", 0.7f, 0.95f, sx_check_es_letter, 0, 0, NULL, NULL, 0},
    {"ES_NIF", "es-nif", "(?i)\\d{7,8}-?[A-Z]", 0.5f, 0.9f, sx_check_es_letter, 0, 0, NULL, NULL, 0},
    {"ES_PASSPORT", "es-passport", "(?i)[A-Z]{3}\\d{6}", 0.05f, 0.6f, NULL, 0, 0, NULL, NULL, 0},
    /* date, century sign, individual number, check character */
    {"FI_PERSONAL_IDENTITY_CODE", "fi-hetu", "(?i)\\d{6}[\\-+ABCDEFYXWVU]\\d{3}[0-9A-FHJ-NPR-Y]", 0.7f, 0.95f,
     sx_check_fi_hetu, 0, 0, NULL, NULL, 0},
    {"FI_PERSONAL_IDENTITY_CODE", "fi-hetu-attached", "(?i)\\d{6}[\\-+ABCDEFYXWVU]\\d{3}[0-9A-FHJ-NPR-Y]", 0.3f, 0.8f,
     sx_check_fi_hetu, 0, SX_RULE_LEFT_LETTERS, NULL, NULL, 0},
    {"IT_DRIVER_LICENSE", "it-licence", "(?i)([A-Z]{2}\\d{7}[A-Z]|U1[BCDEFGHLJKMNPRSTUWYXZ0-9]{7}[A-Z])", 0.2f, 0.7f,
     NULL, 0, 0, NULL, NULL, 0},
    /* name, birth date, place, check letter; letters may stand for digits (omocodia) */
    {"IT_FISCAL_CODE", "it-fiscal",
     "(?i)[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-7LMNP-T][0-9LMNP-V][A-Z][0-9LMNP-V]{3}[A-Z]", 0.3f, 0.7f,
     sx_check_it_fiscal, 0, 0, NULL, NULL, 0},
    {"IT_IDENTITY_CARD", "it-id-card", "(?i)([A-Z]{2}\\s?\\d{7}|\\d{7}[A-Z]{2}|[A-Z]{2}\\d{5}[A-Z]{2})", 0.05f, 0.6f,
     NULL, 0, 0, NULL, NULL, 0},
    {"IT_PASSPORT", "it-passport", "(?i)[A-Z]{2}\\d{7}", 0.05f, 0.6f, NULL, 0, 0, NULL, NULL, 0},
    {"IT_VAT_CODE", "it-vat", "(\\d[ _]?){10}\\d", 0.15f, 0.8f, sx_check_it_vat, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"PL_PESEL", "pl-pesel", "\\d{11}", 0.4f, 0.95f, sx_check_pl_pesel, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    /* Luhn over ten digits; a dash, or a plus from the hundredth birthday on */
    {"SE_PERSONNUMMER", "se-person", "(\\d{8}|\\d{6})[\\-+]?\\d{4}", 0.5f, 0.9f, sx_check_se, 1, 0, NULL, NULL, 0},
    {"SE_PERSONNUMMER", "se-person-attached", "(\\d{8}|\\d{6})[\\-+]?\\d{4}", 0.1f, 0.6f, sx_check_se, 1,
     SX_RULE_LEFT_LETTERS | SX_RULE_RIGHT_LETTERS, NULL, NULL, 0},
    {"SE_ORGANISATIONSNUMMER", "se-organisation", "\\d{6}-\\d{4}", 0.5f, 0.9f, sx_check_se, 0, 0, NULL, NULL, 0},
    {"SE_ORGANISATIONSNUMMER", "se-organisation-plain", "\\d{10}", 0.2f, 0.8f, sx_check_se, 0, SX_RULE_NUMBER, NULL,
     NULL, 0},
    /* province 01 to 81, letters without Q, W, X, digits */
    {"TR_LICENSE_PLATE", "tr-plate", "(?i)(0[1-9]|[1-7]\\d|8[01])(\\s?[A-PR-VYZ]{1,3}\\s?|-[A-PR-VYZ]{1,3}-)\\d{2,4}",
     0.3f, 0.8f, NULL, 0, 0, NULL, NULL, 0},
    {"TR_NATIONAL_ID", "tr-id", "[1-9]\\d{10}", 0.6f, 0.95f, sx_check_tr_id, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"TR_PHONE_NUMBER", "tr-phone", "((\\+|00)90|0)[ .\\-]?[2-5]\\d{2}[ .\\-]?\\d{3}[ .\\-]?\\d{2}[ .\\-]?\\d{2}", 0.4f,
     0.85f, NULL, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"TR_PHONE_NUMBER", "tr-phone-plain", "[2-5]\\d{2}[ .\\-]?\\d{3}[ .\\-]?\\d{2}[ .\\-]?\\d{2}", 0.15f, 0.7f, NULL, 0,
     SX_RULE_NUMBER, NULL, NULL, 0},
};

SX_RULE_TABLE(sx_rules_eu, RULES)
