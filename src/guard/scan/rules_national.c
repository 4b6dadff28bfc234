/* Numbers of further states of Europe, of Latin America, East Asia and New Zealand. */
#include "guard/scan/rules_tables.h"

#define SCHEME(type, name, pattern, score, context, scheme) \
    { \
        type, name, pattern, score, context, sx_check_scheme, scheme, SX_RULE_NUMBER, NULL, NULL, 0 \
    }

static const sx_rule RULES[] = {
    {"FR_NIR", "fr-nir", "[1-478] ?\\d{2} ?(0[1-9]|1[0-2]|[2-9]\\d) ?(\\d{2}|2[ABab]) ?\\d{3} ?\\d{3} ?\\d{2}", 0.6f,
     0.95f, sx_check_fr_nir, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"FR_PASSPORT", "fr-passport", "\\d{2}[A-Z]{2}\\d{5}", 0.05f, 0.65f, NULL, 0, 0, NULL, NULL, 0},
    SCHEME("NL_BSN", "nl-bsn", "\\d{9}|\\d{4}[. ]\\d{2}[. ]\\d{3}", 0.15f, 0.9f, SX_SCHEME_NL_BSN),
    {"NL_PASSPORT", "nl-passport", "[A-NP-Z]{2}[A-NP-Z0-9]{6}\\d", 0.05f, 0.65f, NULL, 0, 0, NULL, NULL, 0},
    {"BE_NATIONAL_NUMBER", "be-national", "\\d{2}\\.\\d{2}\\.\\d{2}-\\d{3}\\.\\d{2}", 0.8f, 0.95f, sx_check_be_national,
     0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"BE_NATIONAL_NUMBER", "be-national-plain", "\\d{11}", 0.2f, 0.9f, sx_check_be_national, 0, SX_RULE_NUMBER, NULL,
     NULL, 0},
    SCHEME("PT_NIF", "pt-nif", "\\d{9}|\\d{3} \\d{3} \\d{3}", 0.15f, 0.9f, SX_SCHEME_PT_NIF),
    {"AT_SVNR", "at-svnr", "\\d{4} ?\\d{6}", 0.2f, 0.9f, sx_check_at_svnr, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"CH_AHV", "ch-ahv", "756\\.?\\d{4}\\.?\\d{4}\\.?\\d{2}", 0.7f, 0.95f, sx_check_check_digit, 13, SX_RULE_NUMBER,
     NULL, NULL, 0},
    {"NO_FNR", "no-fnr", "\\d{6} ?\\d{5}", 0.35f, 0.95f, sx_check_no_fnr, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"DK_CPR", "dk-cpr", "\\d{6}-?\\d{4}", 0.1f, 0.85f, sx_check_dk_cpr, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"IE_PPSN", "ie-ppsn", "\\d{7}[A-W][A-IW]?", 0.35f, 0.95f, sx_check_ie_ppsn, 0, 0, NULL, NULL, 0},
    {"CZ_BIRTH_NUMBER", "cz-birth", "\\d{6}/\\d{4}", 0.5f, 0.95f, sx_check_cz_birth, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"CZ_BIRTH_NUMBER", "cz-birth-plain", "\\d{10}", 0.1f, 0.8f, sx_check_cz_birth, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    SCHEME("RO_CNP", "ro-cnp", "\\d{13}", 0.35f, 0.95f, SX_SCHEME_RO_CNP),
    SCHEME("BG_EGN", "bg-egn", "\\d{10}", 0.1f, 0.9f, SX_SCHEME_BG_EGN),
    {"HR_OIB", "hr-oib", "\\d{11}", 0.2f, 0.9f, sx_check_check_digit, 11, SX_RULE_NUMBER, NULL, NULL, 0},
    SCHEME("HU_TAX_ID", "hu-tax-id", "8\\d{9}", 0.2f, 0.9f, SX_SCHEME_HU_TAX),
    SCHEME("SI_EMSO", "si-emso", "\\d{13}", 0.2f, 0.9f, SX_SCHEME_SI_EMSO),
    {"EE_ISIKUKOOD", "ee-isikukood", "[1-8]\\d{10}", 0.2f, 0.9f, sx_check_baltic, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"LT_ASMENS_KODAS", "lt-asmens-kodas", "[3-6]\\d{10}", 0.2f, 0.9f, sx_check_baltic, 0, SX_RULE_NUMBER, NULL, NULL,
     0},
    {"GR_AFM", "gr-afm", "\\d{9}", 0.1f, 0.9f, sx_check_gr, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"GR_AMKA", "gr-amka", "\\d{11}", 0.2f, 0.9f, sx_check_gr, 1, SX_RULE_NUMBER, NULL, NULL, 0},
    SCHEME("PL_NIP", "pl-nip", "\\d{10}|\\d{3}-\\d{3}-\\d{2}-\\d{2}|\\d{3}-\\d{2}-\\d{2}-\\d{3}", 0.1f, 0.9f,
           SX_SCHEME_PL_NIP),
    /* Council Directive 2006/112: shapes by state; DE and IT have rows of their own */
    {"EU_VAT", "eu-vat",
     "ATU\\d{8}|BE ?[01]\\d{9}|BG\\d{9,10}|CY\\d{8}[A-Z]|CZ\\d{8,10}|DK\\d{8}|EE\\d{9}|EL\\d{9}|ES[A-Z0-9]\\d{7}[A-Z0-9]|"
     "FI\\d{8}|FR[A-Z0-9]{2} ?\\d{9}|HR\\d{11}|HU\\d{8}|IE\\d[A-Z0-9+*]\\d{5}[A-Z]{1,2}|LT(\\d{9}|\\d{12})|LU\\d{8}|LV\\d{11}|"
     "MT\\d{8}|NL\\d{9}B\\d{2}|PL\\d{10}|PT\\d{9}|RO\\d{6,10}|SE\\d{12}|SI\\d{8}|SK\\d{10}",
     0.2f, 0.8f, NULL, 0, 0, NULL, NULL, 0},
    {"BR_CPF", "br-cpf", "\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}", 0.85f, 0.98f, sx_check_br, 11, SX_RULE_NUMBER, NULL, NULL,
     0},
    {"BR_CPF", "br-cpf-plain", "\\d{11}", 0.2f, 0.9f, sx_check_br, 11, SX_RULE_NUMBER, NULL, NULL, 0},
    {"BR_CNPJ", "br-cnpj", "\\d{2}\\.\\d{3}\\.\\d{3}/\\d{4}-\\d{2}", 0.85f, 0.98f, sx_check_br, 14, SX_RULE_NUMBER,
     NULL, NULL, 0},
    {"BR_CNPJ", "br-cnpj-plain", "\\d{14}", 0.2f, 0.9f, sx_check_br, 14, SX_RULE_NUMBER, NULL, NULL, 0},
    {"MX_CURP", "mx-curp", "[A-Z][AEIOUX][A-Z]{2}\\d{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[A-Z0-9]\\d", 0.85f, 0.98f,
     sx_check_mx_curp, 0, 0, NULL, NULL, 0},
    {"MX_RFC", "mx-rfc", "[A-Z&]{3,4}\\d{6}[A-Z0-9]{2}[0-9A]", 0.3f, 0.9f, sx_check_mx_rfc, 0, 0, NULL, NULL, 0},
    SCHEME("AR_CUIT", "ar-cuit", "\\d{2}-\\d{8}-\\d", 0.8f, 0.95f, SX_SCHEME_AR_CUIT),
    SCHEME("AR_CUIT", "ar-cuit-plain", "\\d{11}", 0.15f, 0.9f, SX_SCHEME_AR_CUIT),
    {"AR_DNI", "ar-dni", "\\d{2}\\.\\d{3}\\.\\d{3}|\\d{7,8}", 0.05f, 0.65f, NULL, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"CL_RUT", "cl-rut", "\\d{1,2}\\.\\d{3}\\.\\d{3}-[0-9Kk]", 0.7f, 0.95f, sx_check_cl_rut, 0, 0, NULL, NULL, 0},
    {"CL_RUT", "cl-rut-plain", "\\d{7,8}-[0-9Kk]", 0.3f, 0.9f, sx_check_cl_rut, 0, 0, NULL, NULL, 0},
    SCHEME("JP_MY_NUMBER", "jp-my-number", "\\d{12}|\\d{4}[ \\-]\\d{4}[ \\-]\\d{4}", 0.15f, 0.95f,
           SX_SCHEME_JP_MY_NUMBER),
    {"JP_PASSPORT", "jp-passport", "[A-Z]{2}\\d{7}", 0.05f, 0.65f, NULL, 0, 0, NULL, NULL, 0},
    {"ID_NIK", "id-nik", "\\d{16}", 0.1f, 0.85f, sx_check_se_asia, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"MY_NRIC", "my-nric", "\\d{6}-\\d{2}-\\d{4}", 0.6f, 0.95f, sx_check_se_asia, 1, SX_RULE_NUMBER, NULL, NULL, 0},
    {"MY_NRIC", "my-nric-plain", "\\d{12}", 0.1f, 0.85f, sx_check_se_asia, 1, SX_RULE_NUMBER, NULL, NULL, 0},
    {"VN_CCCD", "vn-cccd", "0\\d{11}", 0.1f, 0.85f, sx_check_se_asia, 2, SX_RULE_NUMBER, NULL, NULL, 0},
    {"NZ_IRD", "nz-ird", "\\d{2,3}[ \\-]?\\d{3}[ \\-]?\\d{3}", 0.1f, 0.9f, sx_check_nz_ird, 0, SX_RULE_NUMBER, NULL,
     NULL, 0},
    {"NZ_PASSPORT", "nz-passport", "(L[A-Z]|E[A-Z]|N)\\d{6}", 0.05f, 0.65f, NULL, 0, 0, NULL, NULL, 0},
    {"AU_PASSPORT", "au-passport", "(P[A-Z]|[A-Z])\\d{7}", 0.05f, 0.65f, NULL, 0, 0, NULL, NULL, 0},
    {"CA_PASSPORT", "ca-passport", "[A-Z]{2}\\d{6}|[A-Z]\\d{6}[A-Z]{2}", 0.05f, 0.65f, NULL, 0, 0, NULL, NULL, 0},
};

SX_RULE_TABLE(sx_rules_national, RULES)
