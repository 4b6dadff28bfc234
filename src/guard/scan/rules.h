/* What the filter looks for, as rows of data: a type has context words and one or more rules; a rule is a pattern with a
 * check, a score and what may stand beside it. Tables per region are in rules_*.c; a new type is new rows. */
#ifndef SX_GUARD_SCAN_RULES_H
#define SX_GUARD_SCAN_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SX_SHARED_DIGITS 48u

/* What checks of matches that begin at the same place share: worked out by the first that asks, and kept for the shorter ones.
 * All zero at first. */
typedef struct sx_shared {
    size_t len;                       /* of the match that the rest tells of */
    size_t digits;                    /* how many it has */
    char digit[SX_SHARED_DIGITS];     /* the first of them, */
    uint16_t place[SX_SHARED_DIGITS]; /* and where they stand */
    size_t letter,
        bracket;     /* where the first x or e behind its first byte, the first bracket stand, and one; 0: nowhere */
    size_t card_len; /* bytes of which sx_check_card was asked, and what it said: */
    int card;        /* 1 no, 2 perhaps, 3 yes */
} sx_shared;

/* A candidate as its check sees it: full-width letters and digits, odd dashes and spaces already plain. */
typedef struct sx_match {
    const char *text; /* NUL-terminated */
    size_t len;
    uint32_t before; /* the neighbouring code points, 0 at the ends of the text */
    uint32_t after;
    size_t *lead;      /* a check may leave out so many bytes at the beginning of text, as the name before a value */
    sx_shared *shared; /* or NULL */
} sx_match;

/* Below zero: not one. Zero: cannot say, the rule's score stands. Above: the score. */
typedef float (*sx_check_fn)(const sx_match *match, int arg);

#define SX_CHECK_NO    (-1.0f)
#define SX_CHECK_MAYBE 0.0f
#define SX_CHECK_YES   1.0f

/* Can a check say yes, or give a score? False for those known to say only no or that they cannot tell. */
bool sx_check_may_affirm(sx_check_fn check);
/* The highest score that a check which can do so gives. */
float sx_check_most(sx_check_fn check, int arg);

/* What may stand beside a match. Without a flag: no letter or digit of a script that is written with spaces. */
#define SX_RULE_LEFT_ANY      1u  /* anything before */
#define SX_RULE_RIGHT_ANY     2u  /* anything behind */
#define SX_RULE_NUMBER        4u  /* no part of a longer number: neither "3." before nor ".5" behind */
#define SX_RULE_CONTEXT       8u  /* counts only beside a context word (or when no threshold is set) */
#define SX_RULE_LEFT_LETTERS  16u /* letters before are fine, digits are not */
#define SX_RULE_RIGHT_LETTERS 32u /* letters behind are fine, digits are not */
#define SX_RULE_REQUIRED      64u /* never counts without a context word, threshold or not */

typedef struct sx_rule {
    const char *type;
    const char *name;    /* shown as the finding's rule */
    const char *pattern; /* see pattern.h */
    float score;         /* without context */
    float in_context;    /* with a context word near; 0: score + 0.35 */
    sx_check_fn check;   /* or NULL */
    int arg;             /* for check */
    uint32_t flags;
    const char *not_before; /* ASCII characters that may not stand before, or NULL */
    const char *not_after;
    uint16_t span; /* longest match in bytes; 0: as long as any finding may be */
} sx_rule;

typedef struct sx_rule_table {
    const sx_rule *rules;
    size_t count;
} sx_rule_table;

/* The i-th table, false beyond. Earlier rows win ties. */
bool sx_rule_table_at(size_t i, sx_rule_table *out);

#define SX_CONTEXT_BYTES 64u /* most bytes before a finding in which context words count */

typedef struct sx_type_info {
    const char *name;
    const char *context; /* words that raise a finding's score, lower case, joined by |; NULL: none */
    uint32_t before;     /* bytes before a finding in which they count, SX_CONTEXT_BYTES at most */
    uint32_t behind;     /* bytes behind it, which a stream has to wait for; 0: none */
    uint32_t action;     /* LLM_ACTION_* of its own, 0: the policy's default */
} sx_type_info;

#define SX_TYPE_MAX 512u /* the tables' types and those of a policy */

/* The types, in the order of sx_guard_type; false beyond. */
bool sx_type_at(size_t i, sx_type_info *out);

/* Rows of check_scheme.c, the arg of sx_check_scheme. */
enum {
    SX_SCHEME_NL_BSN,
    SX_SCHEME_PT_NIF,
    SX_SCHEME_HU_TAX,
    SX_SCHEME_BG_EGN,
    SX_SCHEME_RO_CNP,
    SX_SCHEME_SI_EMSO,
    SX_SCHEME_AR_CUIT,
    SX_SCHEME_JP_MY_NUMBER,
    SX_SCHEME_PL_NIP,
    SX_SCHEME_IS_KENNITALA
};

/* ---- checks (check_*.c) ---- */
float sx_check_at_svnr(const sx_match *m, int arg);
float sx_check_au_abn(const sx_match *m, int arg);
float sx_check_au_abn_plain(const sx_match *m, int arg);
float sx_check_au_acn(const sx_match *m, int arg);
float sx_check_au_medicare(const sx_match *m, int arg);
float sx_check_au_tfn(const sx_match *m, int arg);
float sx_check_baltic(const sx_match *m, int arg);
float sx_check_be_national(const sx_match *m, int arg);
float sx_check_behind_lead(const sx_match *m, int arg);
float sx_check_bic(const sx_match *m, int arg);
float sx_check_birth_date(const sx_match *m, int arg);
float sx_check_bitcoin(const sx_match *m, int arg);
float sx_check_br(const sx_match *m, int arg);
float sx_check_ca_sin(const sx_match *m, int arg);
float sx_check_card(const sx_match *m, int arg);
float sx_check_check_digit(const sx_match *m, int arg);
float sx_check_cl_rut(const sx_match *m, int arg);
float sx_check_cn_address(const sx_match *m, int arg);
float sx_check_cn_bank_card(const sx_match *m, int arg);
float sx_check_cn_plate(const sx_match *m, int arg);
float sx_check_cn_resident_id(const sx_match *m, int arg);
float sx_check_cn_uscc(const sx_match *m, int arg);
float sx_check_cn_wechat(const sx_match *m, int arg);
float sx_check_coordinates(const sx_match *m, int arg);
float sx_check_cz_birth(const sx_match *m, int arg);
float sx_check_de_document(const sx_match *m, int arg);
float sx_check_de_kvnr(const sx_match *m, int arg);
float sx_check_de_lanr(const sx_match *m, int arg);
float sx_check_de_plz(const sx_match *m, int arg);
float sx_check_de_rvnr(const sx_match *m, int arg);
float sx_check_de_tax_id(const sx_match *m, int arg);
float sx_check_de_vat(const sx_match *m, int arg);
float sx_check_dk_cpr(const sx_match *m, int arg);
float sx_check_email(const sx_match *m, int arg);
float sx_check_es_letter(const sx_match *m, int arg);
float sx_check_fi_hetu(const sx_match *m, int arg);
float sx_check_fr_nir(const sx_match *m, int arg);
float sx_check_gr(const sx_match *m, int arg);
float sx_check_hk_id(const sx_match *m, int arg);
float sx_check_iban(const sx_match *m, int arg);
float sx_check_ie_ppsn(const sx_match *m, int arg);
float sx_check_in_aadhaar(const sx_match *m, int arg);
float sx_check_in_gstin(const sx_match *m, int arg);
float sx_check_in_plate(const sx_match *m, int arg);
float sx_check_ipv4(const sx_match *m, int arg);
float sx_check_ipv6(const sx_match *m, int arg);
float sx_check_it_fiscal(const sx_match *m, int arg);
float sx_check_it_vat(const sx_match *m, int arg);
float sx_check_kr_brn(const sx_match *m, int arg);
float sx_check_kr_licence(const sx_match *m, int arg);
float sx_check_kr_rrn(const sx_match *m, int arg);
float sx_check_lei(const sx_match *m, int arg);
float sx_check_luhn(const sx_match *m, int arg);
float sx_check_lu_matricule(const sx_match *m, int arg);
float sx_check_lv_pk(const sx_match *m, int arg);
float sx_check_mac(const sx_match *m, int arg);
float sx_check_mrz(const sx_match *m, int arg);
float sx_check_mx_curp(const sx_match *m, int arg);
float sx_check_mx_rfc(const sx_match *m, int arg);
float sx_check_ng_nin(const sx_match *m, int arg);
float sx_check_no_fnr(const sx_match *m, int arg);
float sx_check_not_zero(const sx_match *m, int arg);
float sx_check_nz_ird(const sx_match *m, int arg);
float sx_check_phone(const sx_match *m, int arg);
float sx_check_pl_pesel(const sx_match *m, int arg);
float sx_check_scheme(const sx_match *m, int arg);
float sx_check_se(const sx_match *m, int arg);
float sx_check_se_asia(const sx_match *m, int arg);
float sx_check_secret_assigned(const sx_match *m, int arg);
float sx_check_secret_password(const sx_match *m, int arg);
float sx_check_secret_pem(const sx_match *m, int arg);
float sx_check_secret_quoted(const sx_match *m, int arg);
float sx_check_secret_token(const sx_match *m, int arg);
float sx_check_secret_user(const sx_match *m, int arg);
float sx_check_sg_nric(const sx_match *m, int arg);
float sx_check_sg_uen(const sx_match *m, int arg);
float sx_check_th_id(const sx_match *m, int arg);
float sx_check_tr_id(const sx_match *m, int arg);
float sx_check_tw_id(const sx_match *m, int arg);
float sx_check_uk_licence(const sx_match *m, int arg);
float sx_check_uk_nhs(const sx_match *m, int arg);
float sx_check_uk_nino(const sx_match *m, int arg);
float sx_check_uk_plate(const sx_match *m, int arg);
float sx_check_url(const sx_match *m, int arg);
float sx_check_us_aba(const sx_match *m, int arg);
float sx_check_us_dea(const sx_match *m, int arg);
float sx_check_us_npi(const sx_match *m, int arg);
float sx_check_us_ssn(const sx_match *m, int arg);
float sx_check_vin(const sx_match *m, int arg);
float sx_check_za_id(const sx_match *m, int arg);
float sx_check_zh_name(const sx_match *m, int arg);

/* Copies the ASCII letters and digits of a match, upper case, to out (room for `room`); their count, or room when more. */
size_t sx_match_alnum(const sx_match *m, char *out, size_t room);
/* The same for digits only. */
size_t sx_match_digits(const sx_match *m, char *out, size_t room);
/* Of a match that shares: is there no x or e behind its first byte; are there brackets? */
bool sx_match_undivided(const sx_match *m, bool *brackets);
bool sx_luhn(const char *digits, size_t n);
bool sx_known_tld(const char *label, size_t len);

#endif
