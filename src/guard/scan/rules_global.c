/* Rules that belong to no country: e-mail, telephone, cards, accounts, network addresses. */
#include "guard/scan/rules_tables.h"

#define LOCAL    "[A-Za-z0-9_][A-Za-z0-9._%+'\\-]{0,63}"
#define HOST     "[A-Za-z0-9][A-Za-z0-9\\-]*(\\.[A-Za-z0-9][A-Za-z0-9\\-]*)*\\.[A-Za-z][A-Za-z0-9\\-]*"
#define URL_TAIL "(:\\d{1,5})?([/?#]([A-Za-z0-9\\-._~:/?#\\[\\]@!$&'()*+,;=%]*[A-Za-z0-9\\-_~/#@$&*+=%])?)?"
#define EXT      "( ?(x|ext\\.?|X|Ext\\.?) ?\\d{1,6})?"

#define LINE_END  "( |\\r?\\n)"
#define LAST_LINE "[A-Z0-9<]{9}[0-9<][A-Z<]{3}\\d{7}[MFX<]\\d{7}"

static const sx_rule RULES[] = {
    /* RFC 5321 mailbox over RFC 1123 host names */
    {"EMAIL_ADDRESS", "email", LOCAL "@" HOST, 0.6f, 0.9f, sx_check_email, 0, 0, NULL, "@", 0},
    /* RFC 3986 with an authority; a bare host when its top-level domain is known */
    {"URL", "url-scheme",
     "([Hh][Tt][Tt][Pp][Ss]?|[Ff][Tt][Pp]|[Ww][Ss][Ss]?)://([A-Za-z0-9._~%!$&*+=:\\-]+@)?"
     "([A-Za-z0-9][A-Za-z0-9\\-]*)(\\.[A-Za-z0-9][A-Za-z0-9\\-]*)*" URL_TAIL,
     0.6f, 0, sx_check_url, 1, 0, NULL, NULL, 0},
    {"URL", "url-host", HOST URL_TAIL, 0.5f, 0, sx_check_url, 0, 0, "@.-_/", "@", 0},
    /* ISO 13616 with the lengths of the SWIFT registry */
    {"IBAN_CODE", "iban", "[A-Za-z]{2}\\d\\d([ \\-]?[A-Za-z0-9]){11,30}", 0.5f, 0, sx_check_iban, 0, 0, NULL, NULL, 0},
    /* ISO/IEC 7812 */
    {"CREDIT_CARD", "card-luhn", "\\d([ \\-]?\\d){11,18}", 0.3f, 0, sx_check_card, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"IP_ADDRESS", "ipv4", "\\d{1,3}(\\.\\d{1,3}){3}(/\\d{1,2})?", 0.6f, 0.95f, sx_check_ipv4, 0, 0, NULL, NULL, 0},
    {"IP_ADDRESS", "ipv6",
     "([0-9A-Fa-f]{0,4}:){2,7}([0-9A-Fa-f]{0,4}|\\d{1,3}(\\.\\d{1,3}){3})(%[A-Za-z0-9_\\-]{1,15})?"
     "(/\\d{1,3})?",
     0.6f, 0.95f, sx_check_ipv6, 0, 0, ":", ":", 0},
    /* ITU-T E.164 and E.123 shapes; the North American plan; trunk zero; and bare groups, which need a word beside them */
    {"PHONE_NUMBER", "phone-international",
     "(\\+|00)[ .\\-]?\\d{1,3}([ .\\-]?\\(\\d{1,4}\\))?([ .\\-]?\\d{1,12}){1,6}" EXT, 0.7f, 0.85f, sx_check_phone, 815,
     SX_RULE_NUMBER, NULL, NULL, 0},
    {"PHONE_NUMBER", "phone-nanp", "(\\+?1[ .\\-]?)?(\\(\\d{3}\\)[ .\\-]?|\\d{3}[ .\\-])\\d{3}[ .\\-]?\\d{4}" EXT, 0.6f,
     0.85f, sx_check_phone, 1011, SX_RULE_NUMBER, NULL, NULL, 0},
    {"PHONE_NUMBER", "phone-trunk", "(\\(0\\d{1,4}\\)|0\\d{1,4})([ ./\\-]\\d{2,8}){1,5}" EXT, 0.4f, 0.75f,
     sx_check_phone, 812, SX_RULE_NUMBER, NULL, NULL, 0},
    {"PHONE_NUMBER", "phone-groups", "(\\(\\d{1,4}\\)|\\d{2,4})([ .\\-]\\d{2,8}){1,4}" EXT, 0.15f, 0.6f, sx_check_phone,
     612, SX_RULE_NUMBER | SX_RULE_CONTEXT, NULL, NULL, 0},
    {"PHONE_NUMBER", "phone-plain", "\\d{9,11}", 0.1f, 0.6f, sx_check_phone, 911, SX_RULE_NUMBER | SX_RULE_CONTEXT,
     NULL, NULL, 0},
    /* Base58Check and Bech32; Ethereum by its shape */
    {"CRYPTO", "bitcoin",
     "[13][1-9A-HJ-NP-Za-km-z]{25,34}|(bc|tb)1[02-9ac-hj-np-z]{25,87}|(BC|TB)1[02-9AC-HJ-NP-Z]{25,87}", 0.5f, 1.0f,
     sx_check_bitcoin, 0, 0, NULL, NULL, 0},
    {"CRYPTO", "ethereum", "0x[0-9A-Fa-f]{40}", 0.7f, 0.95f, NULL, 0, 0, NULL, NULL, 0},
    /* IEEE 802: six octets in three notations */
    {"MAC_ADDRESS", "mac", "([0-9A-Fa-f]{2}[:\\-]){5}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}\\.[0-9A-Fa-f]{4}\\.[0-9A-Fa-f]{4}",
     0.8f, 0.95f, sx_check_mac, 0, 0, ":-", ":-", 0},
    /* 3GPP TS 23.003; 49 CFR 565; ISO 17442; ISO 9362 */
    {"IMEI", "imei", "\\d{15}|\\d{2}-\\d{6}-\\d{6}-\\d", 0.2f, 0.95f, sx_check_luhn, 15, SX_RULE_NUMBER, NULL, NULL, 0},
    {"VIN", "vin", "[A-HJ-NPR-Z0-9]{17}", 0.4f, 0.95f, sx_check_vin, 0, 0, NULL, NULL, 0},
    {"LEI", "lei", "[A-Z0-9]{18}\\d{2}", 0.4f, 0.95f, sx_check_lei, 0, 0, NULL, NULL, 0},
    {"SWIFT_BIC", "swift-bic", "[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?", 0.1f, 0.85f, sx_check_bic, 0,
     SX_RULE_REQUIRED, NULL, NULL, 0},
    /* ICAO Doc 9303: the lines of a passport or card that machines read, each part with its check digit */
    {"PASSPORT_MRZ", "mrz-td3", "P[A-Z<][A-Z<]{42}" LINE_END LAST_LINE "[A-Z0-9<]{14}[0-9<]\\d", 0.9f, 1.0f,
     sx_check_mrz, 44, 0, NULL, "<", 0},
    {"PASSPORT_MRZ", "mrz-td3-last", LAST_LINE "[A-Z0-9<]{14}[0-9<]\\d", 0.9f, 1.0f, sx_check_mrz, 44, 0, NULL, "<", 0},
    {"PASSPORT_MRZ", "mrz-td2", "[ACIPV][A-Z<][A-Z<]{34}" LINE_END LAST_LINE "[A-Z0-9<]{7}\\d", 0.9f, 1.0f,
     sx_check_mrz, 36, 0, NULL, "<", 0},
    {"PASSPORT_MRZ", "mrz-td1",
     "[ACI][A-Z0-9<][A-Z<]{3}[A-Z0-9<]{25}" LINE_END "\\d{7}[MFX<]\\d{7}[A-Z<]{3}[A-Z0-9<]{11}\\d" LINE_END
     "[A-Z<]{30}",
     0.9f, 1.0f, sx_check_mrz, 30, SX_RULE_RIGHT_ANY, NULL, NULL, 0},
    /* WGS 84 as ISO 6709 and maps write it */
    {"COORDINATES", "coordinates-decimal",
     "[+\\-]?\\d{1,2}\\.\\d{3,10}°?( ?[NS])?, ?[+\\-]?\\d{1,3}\\.\\d{3,10}°?( ?[EW])?", 0.4f, 0.85f,
     sx_check_coordinates, 0, SX_RULE_NUMBER | SX_RULE_RIGHT_ANY, NULL, NULL, 0},
    {"COORDINATES", "coordinates-degrees",
     "\\d{1,2}° ?\\d{1,2}['′] ?(\\d{1,2}(\\.\\d{1,4})?[\"″] ?)?[NS],? ?\\d{1,3}° ?\\d{1,2}['′] ?(\\d{1,2}(\\.\\d{1,4})?[\"″] ?)?[EW]",
     0.8f, 0.95f, NULL, 0, 0, NULL, NULL, 0},
    /* RFC 6265: the values of a header */
    {"COOKIE", "cookie", "([Ss]et-)?[Cc]ookie: ?[A-Za-z0-9_.\\-]{1,64}=[A-Za-z0-9_.%+/=:;, \\-]*[A-Za-z0-9%+/=]", 0.7f,
     0.9f, sx_check_behind_lead, 1, 0, NULL, NULL, 0},
    /* profiles under the name that their owner chose */
    {"URL_USERNAME", "url-username",
     "(https?://)?(www\\.)?(github|gitlab|twitter|x|instagram|facebook|tiktok|linkedin|reddit|medium|t|weibo|zhihu|bsky)\\."
     "(com|me|cn|app)/(in/|u/|user/|people/|profile/)?@?[A-Za-z0-9_.\\-]{2,39}",
     0.55f, 0.7f, sx_check_behind_lead, 0, 0, ".@-", "/", 0},
};

SX_RULE_TABLE(sx_rules_global, RULES)
