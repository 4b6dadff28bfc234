/* Rules of Asia, Africa and Oceania but mainland China. */
#include "guard/scan/rules_tables.h"

static const sx_rule RULES[] = {
    /* Australian Taxation Office, ASIC, Services Australia */
    {"AU_ABN", "au-abn", "\\d{2} \\d{3} \\d{3} \\d{3}", 0.5f, 0.95f, sx_check_au_abn, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"AU_ABN", "au-abn-plain", "\\d{11}", 0.3f, 0.9f, sx_check_au_abn_plain, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"AU_ACN", "au-acn", "\\d{3} ?\\d{3} ?\\d{3}", 0.15f, 0.8f, sx_check_au_acn, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"AU_MEDICARE", "au-medicare", "[2-6]\\d{3} ?\\d{5} ?\\d", 0.25f, 0.9f, sx_check_au_medicare, 0, SX_RULE_NUMBER,
     NULL, NULL, 0},
    {"AU_TFN", "au-tfn", "\\d{3} ?\\d{3} ?\\d{3}", 0.15f, 0.9f, sx_check_au_tfn, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    /* UIDAI, GST council, Income Tax Department, RTO */
    {"IN_AADHAAR", "in-aadhaar", "\\d{4}[ :\\-]\\d{4}[ :\\-]\\d{4}", 0.5f, 0.95f, sx_check_in_aadhaar, 0,
     SX_RULE_NUMBER, NULL, NULL, 0},
    {"IN_AADHAAR", "in-aadhaar-plain", "\\d{12}", 0.3f, 0.9f, sx_check_in_aadhaar, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"IN_GSTIN", "in-gstin", "(?i)\\d{2}[A-Z]{5}\\d{4}[A-Z][0-9A-Z]Z[0-9A-Z]", 0.85f, 0.95f, sx_check_in_gstin, 0, 0,
     NULL, NULL, 0},
    {"IN_PAN", "in-pan", "(?i)[A-Z]{3}[ABCFGHJLPT][A-Z]\\d{4}[A-Z]", 0.5f, 0.9f, NULL, 0, 0, NULL, NULL, 0},
    {"IN_PAN", "in-pan-other", "(?i)[A-Z]{5}\\d{4}[A-Z]", 0.15f, 0.6f, NULL, 0, 0, NULL, NULL, 0},
    {"IN_PASSPORT", "in-passport", "(?i)[A-Z][1-9]\\d\\s?\\d{4}[1-9]", 0.1f, 0.6f, NULL, 0, 0, NULL, NULL, 0},
    {"IN_VEHICLE_REGISTRATION", "in-plate", "(?i)[A-Z]{2}\\d{1,2}[A-Z]{1,3}\\d{4}", 0.5f, 0.85f, sx_check_in_plate, 0,
     0, NULL, NULL, 0},
    {"IN_VEHICLE_REGISTRATION", "in-plate-bharat", "(?i)2[1-9]BH\\d{4}[A-HJ-NP-Z]{1,2}", 0.8f, 0.95f, NULL, 0, 0, NULL,
     NULL, 0},
    {"IN_VEHICLE_REGISTRATION", "in-plate-old", "(?i)[A-Z]{2}\\d{4}", 0.05f, 0.5f, sx_check_in_plate, 0, 0, NULL, NULL,
     0},
    {"IN_VOTER", "in-voter", "(?i)[A-Z]{3}\\d{7}", 0.3f, 0.8f, NULL, 0, 0, NULL, NULL, 0},
    /* Korea: National Tax Service, resident and foreigner registration, police, passports */
    {"KR_BRN", "kr-brn", "\\d{3}-\\d{2}-\\d{5}", 0.5f, 0.95f, sx_check_kr_brn, 0,
     SX_RULE_LEFT_LETTERS | SX_RULE_RIGHT_LETTERS, NULL, NULL, 0},
    {"KR_BRN", "kr-brn-plain", "\\d{10}", 0.1f, 0.7f, sx_check_kr_brn, 0,
     SX_RULE_LEFT_LETTERS | SX_RULE_RIGHT_LETTERS | SX_RULE_NUMBER, NULL, NULL, 0},
    {"KR_DRIVER_LICENSE", "kr-licence", "\\d{2}[\\- ]?\\d{2}[\\- ]?\\d{6}[\\- ]?\\d{2}", 0.15f, 0.8f,
     sx_check_kr_licence, 0, SX_RULE_LEFT_LETTERS | SX_RULE_RIGHT_LETTERS | SX_RULE_NUMBER, NULL, NULL, 0},
    {"KR_RRN", "kr-rrn", "\\d{6}-?[1-4]\\d{6}", 0.5f, 0.95f, sx_check_kr_rrn, 0,
     SX_RULE_LEFT_LETTERS | SX_RULE_RIGHT_LETTERS, NULL, NULL, 0},
    {"KR_FRN", "kr-frn", "\\d{6}-?[5-8]\\d{6}", 0.5f, 0.95f, sx_check_kr_rrn, 0,
     SX_RULE_LEFT_LETTERS | SX_RULE_RIGHT_LETTERS, NULL, NULL, 0},
    {"KR_PASSPORT", "kr-passport", "(?i)[MSROD](\\d{3}[A-Z]\\d{4}|\\d{8})", 0.1f, 0.7f, NULL, 0, SX_RULE_RIGHT_LETTERS,
     NULL, NULL, 0},
    /* Nigeria, the Philippines, Singapore, Thailand, South Africa */
    {"NG_NIN", "ng-nin", "\\d{11}", 0.1f, 0.8f, sx_check_ng_nin, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"NG_VEHICLE_REGISTRATION", "ng-plate", "(?i)[A-Z]{3}[\\- ]?\\d{3}[A-Z]{2}", 0.4f, 0.85f, NULL, 0, 0, NULL, NULL,
     0},
    {"PH_MOBILE_NUMBER", "ph-mobile", "(\\+?63|0063|0)[ \\-]?9\\d{2}[ \\-]?\\d{3}[ \\-]?\\d{4}", 0.5f, 0.9f, NULL, 0,
     SX_RULE_NUMBER, "+", NULL, 0},
    {"PH_TIN", "ph-tin", "\\d{3}-\\d{3}-\\d{3}(-\\d{3,5})?", 0.1f, 0.8f, NULL, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"PH_TIN", "ph-tin-plain", "0(\\d{8}|\\d{11})", 0.05f, 0.6f, NULL, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"SG_NRIC_FIN", "sg-nric", "(?i)[A-Z]\\d{7}[A-Z]", 0.3f, 0.7f, sx_check_sg_nric, 0, 0, NULL, NULL, 0},
    {"SG_UEN", "sg-uen", "(?i)(\\d{8,9}[A-Z]|[RST]\\d{2}[A-Z]{2}\\d{4}[A-Z])", 0.4f, 0.9f, sx_check_sg_uen, 0, 0, NULL,
     NULL, 0},
    {"TH_TNIN", "th-id", "[1-9]([134]\\d|2[0-7]|5[0-8]|[67][0-7]|[89][0-6])\\d{10}", 0.5f, 0.95f, sx_check_th_id, 0,
     SX_RULE_NUMBER, NULL, NULL, 0},
    {"ZA_ID_NUMBER", "za-id", "\\d{10}[0-2][89]\\d", 0.5f, 0.95f, sx_check_za_id, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    /* Hong Kong and Taiwan identity */
    {"HK_ID", "hk-id", "(?i)[A-Z]{1,2}\\d{6}(\\([0-9A]\\)|[0-9A])", 0.5f, 0.95f, sx_check_hk_id, 0, 0, NULL, NULL, 0},
    {"TW_ID", "tw-id", "(?i)[A-Z][1289]\\d{8}", 0.5f, 0.95f, sx_check_tw_id, 0, 0, NULL, NULL, 0},
};

SX_RULE_TABLE(sx_rules_asia, RULES)
