/* Dates of birth: dates of any common writing that count only beside a word that says so. */
#include "guard/scan/rules_tables.h"

#define YEAR  "(18|19|20)\\d{2}"
#define MONTH "(0?[1-9]|1[0-2])"
#define DAY   "(0?[1-9]|[12]\\d|3[01])"
/* English, German, Dutch, French, Spanish, Portuguese, Italian; short and long */
#define NAMED \
    "(jan(uary|uar|uari|\\.)?|feb(ruary|ruar|ruari|\\.)?|mar(ch|\\.)?|apr(il|\\.)?|may|june?|july?|aug(ust|ustus|\\.)?|" \
    "sept?(ember|\\.)?|oct(ober|\\.)?|nov(ember|\\.)?|dec(ember|\\.)?|jänner|märz|mai|juni|juli|okt(ober|\\.)?|" \
    "dez(ember|\\.)?|maart|mei|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|enero|" \
    "febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|janeiro|fevereiro|março|maio|" \
    "junho|julho|setembro|outubro|novembro|dezembro|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|" \
    "dicembre)"

#define BIRTH(name, pattern, flags) \
    { \
        "DATE_OF_BIRTH", name, pattern, 0.1f, 0.95f, sx_check_birth_date, 0, SX_RULE_REQUIRED | (flags), NULL, NULL, 0 \
    }

static const sx_rule RULES[] = {
    BIRTH("birth-year-first", YEAR "([\\-/.]" MONTH "[\\-/.]" DAY "|\\. " MONTH "\\. " DAY "\\.?)", SX_RULE_NUMBER),
    BIRTH("birth-year-last",
          "(" DAY "([/.\\-]|\\. ?)" MONTH "|" MONTH "[/.\\-]" DAY ")([/.\\-]|\\. ?)(" YEAR "|\\d{2})", SX_RULE_NUMBER),
    BIRTH("birth-day-named", "(?i)" DAY "(st|nd|rd|th|er|º|\\.)?[ \\-]((of|de) )?" NAMED ",?[ \\-](de )?" YEAR, 0),
    BIRTH("birth-named-day", "(?i)" NAMED " " DAY "(st|nd|rd|th)?,? " YEAR, 0),
    BIRTH("birth-ideographs",
          "(" YEAR "|(明治|大正|昭和|平成|令和)(\\d{1,2}|元)) ?(年|년) ?" MONTH " ?(月|월) ?" DAY " ?(日|号|號|일)",
          SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY),
    BIRTH("birth-digits", "(19|20)\\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])", SX_RULE_NUMBER),
};

SX_RULE_TABLE(sx_rules_birth, RULES)
