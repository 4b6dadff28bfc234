/* The list of rule tables and the list of types. */
#include "guard/scan/rules_tables.h"
#include "sextant.h"

bool sx_rule_table_at(size_t i, sx_rule_table *out)
{
    static sx_rule_table (*const TABLES[])(void) = {sx_rules_cn, sx_rules_global, sx_rules_us};
    if (i >= sizeof TABLES / sizeof TABLES[0]) return false;
    *out = TABLES[i]();
    return true;
}

#define NEAR 64u /* bytes before a finding in which a context word counts */

static const sx_type_info TYPES[] = {
    {"EMAIL_ADDRESS", "email|e-mail|mail|邮箱|电邮|邮件|correo|courriel", NEAR, 0, 0},
    {"PHONE_NUMBER",
     "phone|telephone|tel|cell|mobile|call|fax|desk|office|contact|reach|dial|ring|whatsapp|sms|text me|hotline|number is|"
     "answering|registered|handy|telefon|teléfono|telefono|téléphone|appel|móvil|celular|telefone|电话|手机|座机|传真|联系|热线|"
     "電話|携帯|전화|연락처|휴대폰",
     NEAR, 10, 0},
    {"CREDIT_CARD", "credit|card|visa|mastercard|amex|discover|jcb|diners|debit|cc|信用卡|卡号|tarjeta|carte|karte", NEAR, 0, 0},
    {"IBAN_CODE", "iban|bank|account|konto|compte|cuenta|账户|账号", NEAR, 0, 0},
    {"IP_ADDRESS", "ip|ipv4|ipv6|address|host|server|gateway|subnet|网关|地址|服务器", NEAR, 0, 0},
    {"URL", "url|website|site|link|网址|网站|链接", NEAR, 0, LLM_ACTION_ALLOW},
    {"US_SSN", "social|security|ssn|ssns|ssid|ss#|ss number|social security", NEAR, 0, 0},
    {"CN_RESIDENT_ID", "身份证|证件|居民证|一代证|户口|idcard|id card|identity|resident id|公民身份", NEAR, 30, 0},
    {"CN_MOBILE", "手机|电话|联系|致电|拨打|微信|mobile|phone|tel|call", NEAR, 0, 0},
    {"CN_USCC", "信用代码|税号|纳税人|营业执照|统一社会|组织机构|uscc", NEAR, 0, 0},
    {"CN_BANK_CARD", "卡号|银行|信用卡|储蓄卡|借记卡|账户|账号|转账|汇款|开户|银联|行卡|打款", NEAR, 30, 0},
    {"BLOCKED", NULL, 0, 0, LLM_ACTION_REVIEW},
};

bool sx_type_at(size_t i, sx_type_info *out)
{
    if (i >= sizeof TYPES / sizeof TYPES[0]) return false;
    *out = TYPES[i];
    return true;
}
