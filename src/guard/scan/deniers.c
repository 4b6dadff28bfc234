/* Checks that only deny: what passes them keeps its rule's score. A match of such a rule that would not count anyway need not be
 * checked. A check that is not listed may affirm. */
#include "guard/scan/rules.h"

static const sx_check_fn DENIERS[] = {
    sx_check_at_svnr, sx_check_au_abn_plain, sx_check_au_acn,     sx_check_au_medicare, sx_check_au_tfn,
    sx_check_baltic,  sx_check_be_national,  sx_check_br,         sx_check_ca_sin,      sx_check_check_digit,
    sx_check_cl_rut,  sx_check_cn_wechat,    sx_check_cz_birth,   sx_check_de_document, sx_check_de_lanr,
    sx_check_de_plz,  sx_check_de_tax_id,    sx_check_dk_cpr,     sx_check_es_letter,   sx_check_fr_nir,
    sx_check_gr,      sx_check_ie_ppsn,      sx_check_in_aadhaar, sx_check_it_vat,      sx_check_kr_brn,
    sx_check_mx_rfc,  sx_check_ng_nin,       sx_check_no_fnr,     sx_check_not_zero,    sx_check_nz_ird,
    sx_check_phone,   sx_check_pl_pesel,     sx_check_scheme,     sx_check_se,          sx_check_se_asia,
    sx_check_th_id,   sx_check_tw_id,        sx_check_uk_nhs,     sx_check_us_aba,      sx_check_us_npi,
    sx_check_za_id,
};

bool sx_check_may_affirm(sx_check_fn check)
{
    for (size_t i = 0; i < sizeof DENIERS / sizeof *DENIERS; i++) {
        if (DENIERS[i] == check) return false;
    }
    return true;
}

float sx_check_most(sx_check_fn check, int arg)
{
    return check == sx_check_url && arg == 0 ? 0.5f : 1.0f;
}
