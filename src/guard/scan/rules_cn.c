/* Rules of China. */
#include "guard/scan/rules_tables.h"

static const sx_rule RULES[] = {
    /* GB 11643: region, birth date, sequence, ISO 7064 MOD 11-2; the first generation had 15 digits */
    {"CN_RESIDENT_ID", "cn-id-18", "[1-9]\\d{5}[ \\-]?\\d{8}[ \\-]?\\d{3}[0-9Xx]", 0.5f, 0, sx_check_cn_resident_id, 0,
     SX_RULE_NUMBER, NULL, NULL},
    {"CN_RESIDENT_ID", "cn-id-15", "[1-9]\\d{14}", 0.35f, 0.85f, sx_check_cn_resident_id, 0, SX_RULE_NUMBER, NULL, NULL},
    /* MIIT numbering plan: 11 digits from 13 to 19 */
    {"CN_MOBILE", "cn-mobile", "((\\+|00)?86[ \\-]?)?1(3\\d|4[014-9]|5[0-35-9]|6[2567]|7[0-8]|8\\d|9[0-35-9])[ \\-]?\\d{4}[ \\-]?\\d{4}",
     0.8f, 0.95f, NULL, 0, SX_RULE_NUMBER, NULL, NULL},
    /* GB 32100: department, kind, region, body, check of base 31 */
    {"CN_USCC", "cn-uscc", "[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{2}\\d{6}[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{10}", 0.5f, 0,
     sx_check_cn_uscc, 0, 0, NULL, NULL},
    /* ISO/IEC 7812 under UnionPay's 62; other cards where Chinese words speak of a card */
    {"CN_BANK_CARD", "cn-unionpay", "62\\d\\d([ \\-]?\\d){12,15}", 0.5f, 0, sx_check_cn_bank_card, 1, SX_RULE_NUMBER, NULL, NULL},
    {"CN_BANK_CARD", "cn-card", "\\d([ \\-]?\\d){11,18}", 0.3f, 1.0f, sx_check_cn_bank_card, 0,
     SX_RULE_NUMBER | SX_RULE_REQUIRED, NULL, NULL},
};

SX_RULE_TABLE(sx_rules_cn, RULES)
