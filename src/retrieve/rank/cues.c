/* What kind of answer a question asks for, and which kinds a text shows. Question words of many languages are matched as
 * plain strings in the folded question: a false alarm only adds a feature that every paragraph shares. */
#include <ctype.h>
#include <string.h>

#include "platform/utf8.h"
#include "retrieve/rank/features.h"
#include "retrieve/rank/fold.h"

typedef struct cue_word {
    const char *word; /* blanks at its ends ask for a word's boundary */
    uint32_t cue;
} cue_word;

static const cue_word cue_words[] = {
    {" when ", SX_CUE_TIME},
    {" what year ", SX_CUE_TIME},
    {" which year ", SX_CUE_TIME},
    {" what date ", SX_CUE_TIME},
    {" how many ", SX_CUE_NUMBER},
    {" how much ", SX_CUE_NUMBER},
    {" how long ", SX_CUE_NUMBER},
    {" how old ", SX_CUE_NUMBER},
    {" how far ", SX_CUE_NUMBER},
    {" what percent", SX_CUE_NUMBER},
    {" how large ", SX_CUE_NUMBER},
    {" number of ", SX_CUE_NUMBER},
    {" who ", SX_CUE_NAME},
    {" whom ", SX_CUE_NAME},
    {" whose ", SX_CUE_NAME},
    {" where ", SX_CUE_NAME},
    {" which country ", SX_CUE_NAME},
    {" wann ", SX_CUE_TIME},
    {" welchem jahr ", SX_CUE_TIME},
    {" wie viel", SX_CUE_NUMBER},
    {" wer ", SX_CUE_NAME},
    {" wen ", SX_CUE_NAME},
    {" wem ", SX_CUE_NAME},
    {" wo ", SX_CUE_NAME},
    {" cuándo ", SX_CUE_TIME},
    {" qué año ", SX_CUE_TIME},
    {" cuánt", SX_CUE_NUMBER},
    {" quién", SX_CUE_NAME},
    {" dónde ", SX_CUE_NAME},
    {" quand ", SX_CUE_TIME},
    {" quelle année ", SX_CUE_TIME},
    {" combien ", SX_CUE_NUMBER},
    {" qui ", SX_CUE_NAME},
    {" où ", SX_CUE_NAME},
    {" quando ", SX_CUE_TIME},
    {" quant", SX_CUE_NUMBER},
    {" quem ", SX_CUE_NAME},
    {" chi ", SX_CUE_NAME},
    {" când ", SX_CUE_TIME},
    {" ce an ", SX_CUE_TIME},
    {" cât", SX_CUE_NUMBER},
    {" câți ", SX_CUE_NUMBER},
    {" cine ", SX_CUE_NAME},
    {" unde ", SX_CUE_NAME},
    {" ne zaman ", SX_CUE_TIME},
    {" hangi yıl", SX_CUE_TIME},
    {" kaç ", SX_CUE_NUMBER},
    {" kim", SX_CUE_NAME},
    {" nerede", SX_CUE_NAME},
    {" когда ", SX_CUE_TIME},
    {" каком году ", SX_CUE_TIME},
    {" сколько ", SX_CUE_NUMBER},
    {" кто ", SX_CUE_NAME},
    {" где ", SX_CUE_NAME},
    {" πότε ", SX_CUE_TIME},
    {" πόσ", SX_CUE_NUMBER},
    {" ποιοσ ", SX_CUE_NAME},
    {" متى ", SX_CUE_TIME},
    {" أي عام ", SX_CUE_TIME},
    {" كم ", SX_CUE_NUMBER},
    {" कब ", SX_CUE_TIME},
    {" कितन", SX_CUE_NUMBER},
    {" bao nhiêu ", SX_CUE_NUMBER},
    {" khi nào ", SX_CUE_TIME},
    {" năm nào ", SX_CUE_TIME},
    {"เมื่อใด", SX_CUE_TIME},
    {"เมื่อไ", SX_CUE_TIME},
    {"ปีใด", SX_CUE_TIME},
    {"ปีไหน", SX_CUE_TIME},
    {"กี่", SX_CUE_NUMBER},
    {"เท่าไ", SX_CUE_NUMBER},
    {"เท่าใด", SX_CUE_NUMBER},
    {"多少", SX_CUE_NUMBER},
    {"几", SX_CUE_NUMBER},
    {"幾", SX_CUE_NUMBER},
    {"多大", SX_CUE_NUMBER},
    {"多长", SX_CUE_NUMBER},
    {"多長", SX_CUE_NUMBER},
    {"多久", SX_CUE_NUMBER},
    {"什么时候", SX_CUE_TIME},
    {"什麼時候", SX_CUE_TIME},
    {"何时", SX_CUE_TIME},
    {"何時", SX_CUE_TIME},
    {"哪年", SX_CUE_TIME},
    {"哪一年", SX_CUE_TIME},
    {"何年", SX_CUE_TIME},
    {"いつ", SX_CUE_TIME},
    {"何月", SX_CUE_TIME},
    {"何人", SX_CUE_NUMBER},
    {"いくつ", SX_CUE_NUMBER},
    {"いくら", SX_CUE_NUMBER},
    {"何歳", SX_CUE_NUMBER},
    {"何個", SX_CUE_NUMBER},
    {"何%", SX_CUE_NUMBER},
    {"何km", SX_CUE_NUMBER},
    {"몇", SX_CUE_NUMBER},
    {"언제", SX_CUE_TIME},
};

size_t sx_query_fold(const char *text, size_t len, char out[SX_QUESTION_MAX])
{
    size_t n = 0, step;
    out[n++] = ' ';
    for (size_t i = 0; i < len && n < SX_QUESTION_MAX - 6; i += step) {
        uint32_t cp = sx_utf8_next(text + i, len - i, &step);
        if (cp == SX_UTF8_BAD) continue;
        sx_char kind = sx_char_kind(cp);
        uint32_t folded = sx_fold_simple(cp);
        if (kind == SX_CHAR_OTHER && cp != '%') {
            if (out[n - 1] != ' ') out[n++] = ' ';
        } else if (folded != SX_FOLD_DROP) {
            n += sx_utf8_put(folded == SX_FOLD_SLOW ? cp : folded, out + n);
        }
    }
    if (out[n - 1] != ' ') out[n++] = ' ';
    out[n] = '\0';
    return n;
}

uint32_t sx_query_cues(const char *text, size_t len)
{
    char folded[SX_QUESTION_MAX];
    uint32_t cues = 0;
    sx_query_fold(text, len, folded);
    for (size_t i = 0; i < sizeof cue_words / sizeof *cue_words; i++)
        if (strstr(folded, cue_words[i].word)) cues |= cue_words[i].cue;
    return cues;
}

static bool is_han_number(uint32_t cp)
{
    static const uint32_t digits[] = {0x4e00, 0x4e8c, 0x4e09, 0x56db, 0x4e94, 0x516d, 0x4e03, 0x516b,
                                      0x4e5d, 0x5341, 0x767e, 0x5343, 0x842c, 0x4e07, 0x4e24, 0x5169};
    for (size_t i = 0; i < sizeof digits / sizeof *digits; i++)
        if (digits[i] == cp) return true;
    return false;
}

/* A number; a year (four digits, or a number before the sign for year, month, day); a capital inside a sentence. */
uint32_t sx_text_cues(const char *text, size_t len)
{
    uint32_t cues = 0, digits = 0, before = 0;
    for (size_t i = 0, step; i < len; i += step) {
        uint32_t cp = sx_utf8_next(text + i, len - i, &step);
        bool digit = sx_digit_value(cp) < 10;
        if (digit) cues |= SX_CUE_NUMBER;
        if (cp >= 0x4e00 && is_han_number(cp)) cues |= SX_CUE_NUMBER;
        if ((cp == 0x5e74 || cp == 0x6708 || cp == 0x65e5) && (sx_digit_value(before) < 10 || is_han_number(before)))
            cues |= SX_CUE_TIME;
        if (!digit && digits == 4) cues |= SX_CUE_TIME;
        if (cp >= 'A' && cp <= 'Z' && before == ' ') cues |= SX_CUE_NAME;
        digits = digit ? digits + 1 : 0;
        before = cp;
    }
    return digits == 4 ? cues | SX_CUE_TIME : cues;
}
