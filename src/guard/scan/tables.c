/* The list of rule tables and the list of types. */
#include "guard/scan/rules_tables.h"
#include "sextant.h"

bool sx_rule_table_at(size_t i, sx_rule_table *out)
{
    static sx_rule_table (*const TABLES[])(void) = {sx_rules_cn,     sx_rules_global, sx_rules_us,   sx_rules_de,
                                                    sx_rules_uk,     sx_rules_eu,     sx_rules_asia, sx_rules_date,
                                                    sx_rules_secret, sx_rules_attack};
    if (i >= sizeof TABLES / sizeof TABLES[0]) return false;
    *out = TABLES[i]();
    return true;
}

#define NEAR SX_CONTEXT_BYTES

static const sx_type_info TYPES[] = {
    {"EMAIL_ADDRESS", "email|e-mail|mail|邮箱|电邮|邮件|correo|courriel", NEAR, 0, 0},
    {"PHONE_NUMBER",
     "phone|telephone|tel|cell|mobile|call|fax|desk|office|contact|reach|dial|ring|whatsapp|sms|text me|hotline|"
     "number is|"
     "answering|registered|handy|telefon|teléfono|telefono|téléphone|appel|móvil|celular|telefone|电话|手机|座机|传真|联系|热线|"
     "電話|携帯|전화|연락처|휴대폰",
     NEAR, 10, 0},
    {"CREDIT_CARD", "credit|card|visa|mastercard|amex|discover|jcb|diners|debit|cc|信用卡|卡号|tarjeta|carte|karte",
     NEAR, 0, 0},
    {"IBAN_CODE", "iban|bank|account|konto|compte|cuenta|账户|账号", NEAR, 0, 0},
    {"IP_ADDRESS", "ip|ipv4|ipv6|address|host|server|gateway|subnet|网关|地址|服务器", NEAR, 0, 0},
    {"URL", "url|website|site|link|网址|网站|链接", NEAR, 0, LLM_ACTION_ALLOW},
    {"US_SSN", "social|security|ssn|ssns|ssid|ss#|ss number|social security", NEAR, 0, 0},
    {"CN_RESIDENT_ID", "身份证|证件|居民证|一代证|户口|idcard|id card|identity|resident id|公民身份", NEAR, 30, 0},
    {"CN_MOBILE", "手机|电话|联系|致电|拨打|微信|mobile|phone|tel|call", NEAR, 0, 0},
    {"CN_USCC", "信用代码|税号|纳税人|营业执照|统一社会|组织机构|uscc", NEAR, 0, 0},
    {"CN_BANK_CARD", "卡号|银行|信用卡|储蓄卡|借记卡|账户|账号|转账|汇款|开户|银联|行卡|打款", NEAR, 30, 0},
    {"CN_PASSPORT", "护照|passport", NEAR, 0, 0},
    {"CN_HK_MACAU_PERMIT", "通行证|港澳|回乡证|permit", NEAR, 0, 0},
    {"CN_VEHICLE_PLATE", "车牌|牌照|号牌|车辆|挪车|轿车|plate", NEAR, 0, 0},
    {"CN_LANDLINE", "电话|座机|固话|传真|联系|热线|tel|phone", NEAR, 0, 0},
    {"CN_WECHAT_ID", "微信号|微信|wechat|weixin|v信|vx|加v|威信", 16, 0, 0},
    {"CN_QQ", "qq|扣扣|企鹅号", 14, 0, 0},
    {"CN_ADDRESS", "地址|住址|住在|寄到|户籍|送到|address", NEAR, 0, 0},
    {"HK_ID", "香港|hkid|identity|身份證|身份证", NEAR, 0, 0},
    {"TW_ID", "台湾|臺灣|台灣|身份证|身分證|居留證|taiwan", NEAR, 0, 0},
    {"PERSON",
     "姓名|客户|联系人|收货人|收件人|寄件人|我叫|叫做|患者|病人|经办人|复核人|户名|负责人|申请人|法人|老师|同学|\"name\":\"|名叫|"
     "委托人|代理人|被保险人|投保人|当事人|先生|女士|小姐|收，|护士|医生",
     13, 7, 0},
    {"DATE_TIME", "in|since|born|date|year|founded|during|until|dob|birthday", 14, 0, LLM_ACTION_ALLOW},
    {"CRYPTO", "wallet|btc|bitcoin|crypto|eth|ethereum|钱包|比特币", NEAR, 0, 0},
    {"MAC_ADDRESS", "mac|hardware address|physical address|ethernet", NEAR, 0, 0},
    {"US_ITIN", "individual|taxpayer|itin|tax|payer|taxid|tin", NEAR, 0, 0},
    {"US_MBI", "medicare|mbi|beneficiary|cms|medicaid|hic|hicn", NEAR, 0, 0},
    {"US_NPI", "npi|provider|taxonomy", NEAR, 0, 0},
    {"US_PASSPORT", "passport|travel document", NEAR, 0, 0},
    {"US_DRIVER_LICENSE", "driver|license|licence|driving|dls|cdls|lic#", NEAR, 0, 0},
    {"US_BANK_NUMBER", "bank account|account number|acct|account#|banking account|checking|savings", NEAR, 0, 0},
    {"ABA_ROUTING_NUMBER", "aba|routing|bankrouting", NEAR, 0, 0},
    {"MEDICAL_LICENSE", "medical|certificate|dea|prescriber", NEAR, 0, 0},
    {"CA_SIN", "sin|social insurance|nas|assurance sociale", NEAR, 0, 0},
    {"UK_DRIVING_LICENCE", "driving licence|driving license|driver's licence|driver's license|dvla", NEAR, 0, 0},
    {"UK_NHS", "nhs|national health service|health authority", NEAR, 0, 0},
    {"UK_NINO", "national insurance|ni number|nino", NEAR, 0, 0},
    {"UK_PASSPORT", "passport|travel document|hmpo", NEAR, 0, 0},
    {"UK_POSTCODE", "postcode|post code|postal code|zip|address|delivery|mailing|shipping", NEAR, 0, 0},
    {"UK_VEHICLE_REGISTRATION", "vehicle|registration|number plate|licence plate|license plate|vrn|dvla|v5c|logbook",
     NEAR, 0, 0},
    {"DE_BSNR", "betriebsst|bsnr|praxisnummer|arztpraxis|kassenärztliche", NEAR, 0, 0},
    {"DE_LANR", "arztnummer|lanr|arzt-nr|arzt nr|vertragsarzt|kassenarzt|hausarzt|facharzt", NEAR, 0, 0},
    {"DE_FUEHRERSCHEIN", "führerschein|fuehrerschein|fahrerlaubnis|driving licence|driving license|driver's license",
     NEAR, 0, 0},
    {"DE_HANDELSREGISTER", "handelsregister|amtsgericht|registergericht|registerauszug|gmbh", NEAR, 0, 0},
    {"DE_HEALTH_INSURANCE", "krankenversicher|versichertennummer|kvnr|krankenkasse|gesundheitskarte|egk|gkv", NEAR, 0,
     0},
    {"DE_ID_CARD", "personalausweis|ausweis|identity card|national id|npa", NEAR, 0, 0},
    {"DE_PASSPORT", "reisepass|passnummer|pass-nr|passport", NEAR, 0, 0},
    {"DE_KFZ", "kennzeichen|nummernschild|zulassung|kfz|fahrzeug|pkw|lkw", NEAR, 0, 0},
    {"DE_PLZ", "plz|postleitzahl|postanschrift|wohnort|anschrift|lieferadresse|hausnummer|postfach", NEAR, 0, 0},
    {"DE_SOCIAL_SECURITY", "rentenversicherung|sozialversicherung|versicherungsnummer|rvnr|svnr|sv-nummer", NEAR, 0, 0},
    {"DE_TAX_ID", "steueridentifikation|steuer-id|steuerid|identifikationsnummer|idnr|bzst", NEAR, 0, 0},
    {"DE_TAX_NUMBER", "steuernummer|steuer-nr|steuer nr|st.-nr|st-nr|finanzamt|steuerbescheid", NEAR, 0, 0},
    {"DE_VAT_ID", "umsatzsteuer|ust-id|ustid|vat|mehrwertsteuer|rechnung|invoice", NEAR, 0, 0},
    {"ES_NIE", "nie|extranjero|extranjería", NEAR, 0, 0},
    {"ES_NIF", "dni|nif|documento nacional|identificación", NEAR, 0, 0},
    {"ES_PASSPORT", "pasaporte|passport", NEAR, 0, 0},
    {"FI_PERSONAL_IDENTITY_CODE", "hetu|henkilötunnus|personbeteckning|personal identity code", NEAR, 0, 0},
    {"IT_DRIVER_LICENSE", "patente|licenza di guida", NEAR, 0, 0},
    {"IT_FISCAL_CODE", "codice fiscale|fiscal code", NEAR, 0, 0},
    {"IT_IDENTITY_CARD", "carta d'identità|carta di identità|carta identità|cie", NEAR, 0, 0},
    {"IT_PASSPORT", "passaporto", NEAR, 0, 0},
    {"IT_VAT_CODE", "piva|partita iva|p.iva|vat", NEAR, 0, 0},
    {"PL_PESEL", "pesel", NEAR, 0, 0},
    {"SE_PERSONNUMMER", "personnummer|samordningsnummer|personal identity number|svensk id", NEAR, 0, 0},
    {"SE_ORGANISATIONSNUMMER", "organisationsnummer|orgnr|org nr|företagsnummer", NEAR, 0, 0},
    {"TR_LICENSE_PLATE", "plaka|license plate|number plate|taşıt", NEAR, 0, 0},
    {"TR_NATIONAL_ID", "tc kimlik|kimlik|tckn|tc no|turkish id|national id", NEAR, 0, 0},
    {"TR_PHONE_NUMBER", "telefon|cep|gsm|numara|phone|tel", NEAR, 0, 0},
    {"AU_ABN", "australian business number|abn", NEAR, 0, 0},
    {"AU_ACN", "australian company number|acn", NEAR, 0, 0},
    {"AU_MEDICARE", "medicare", NEAR, 0, 0},
    {"AU_TFN", "tax file number|tfn", NEAR, 0, 0},
    {"IN_AADHAAR", "aadhaar|aadhar|uidai|आधार", NEAR, 0, 0},
    {"IN_GSTIN", "gstin|gst|goods and services tax", NEAR, 0, 0},
    {"IN_PAN", "permanent account number|pan", NEAR, 0, 0},
    {"IN_PASSPORT", "passport", NEAR, 0, 0},
    {"IN_VEHICLE_REGISTRATION", "rto|vehicle|number plate|registration|bike|गाड़ी", NEAR, 0, 0},
    {"IN_VOTER", "voter|epic|elector", NEAR, 0, 0},
    {"KR_BRN", "사업자|brn|business registration", NEAR, 0, 0},
    {"KR_DRIVER_LICENSE", "운전면허|면허번호|korean driver", NEAR, 0, 0},
    {"KR_FRN", "외국인등록|외국인번호|frn|foreigner registration", NEAR, 0, 0},
    {"KR_PASSPORT", "여권|korean passport|passport", NEAR, 0, 0},
    {"KR_RRN", "주민등록|주민번호|rrn|resident registration", NEAR, 0, 0},
    {"NG_NIN", "nin|national identification number|nimc|national identity", NEAR, 0, 0},
    {"NG_VEHICLE_REGISTRATION", "plate|vehicle|registration", NEAR, 0, 0},
    {"PH_MOBILE_NUMBER", "mobile|cell|phone|telepono|text|call|selpon", NEAR, 0, 0},
    {"PH_TIN", "tin|taxpayer|bir|tax id|rdo", NEAR, 0, 0},
    {"SG_NRIC_FIN", "nric|fin|fin#|nric#", NEAR, 0, 0},
    {"SG_UEN", "uen|unique entity|business registration|acra", NEAR, 0, 0},
    {"TH_TNIN", "thai national id|thai id|tnin|เลขประจำตัวประชาชน|เลขบัตรประชาชน|รหัสปชช", NEAR, 0, 0},
    {"ZA_ID_NUMBER", "identity number|id number|south african id|rsa id|smart id|national id", NEAR, 0, 0},
    {"SECRET", NULL, 0, 0, 0},
    {"PROMPT_INJECTION", NULL, 0, 0, LLM_ACTION_REVIEW},
    {"JAILBREAK", NULL, 0, 0, LLM_ACTION_REVIEW},
    {"BLOCKED", NULL, 0, 0, LLM_ACTION_REVIEW},
    {"HARMFUL", NULL, 0, 0, LLM_ACTION_REVIEW},
    {"ADDRESS", NULL, 0, 0, 0},
    {"LOCATION", NULL, 0, 0, LLM_ACTION_ALLOW},
    {"ORGANIZATION", NULL, 0, 0, LLM_ACTION_ALLOW},
    {"AGE", NULL, 0, 0, LLM_ACTION_ALLOW},
    {"NRP", NULL, 0, 0, LLM_ACTION_ALLOW},
    {"TITLE", NULL, 0, 0, LLM_ACTION_ALLOW},
};

bool sx_type_at(size_t i, sx_type_info *out)
{
    if (i >= sizeof TYPES / sizeof TYPES[0]) return false;
    *out = TYPES[i];
    return true;
}
