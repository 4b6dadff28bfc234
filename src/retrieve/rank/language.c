/* Function words were chosen by hand: the commonest articles, pronouns, prepositions, auxiliaries and question words. They
 * serve two ends: telling languages apart, and weighing little in a question. */
#include "retrieve/rank/language.h"

#include <string.h>

#include "platform/ascii.h"
#include "platform/map.h"
#include "platform/utf8.h"
#include "retrieve/rank/fold.h"

typedef struct language {
    const char *stemmer; /* Snowball's name or NULL */
    const char *weak;    /* words between single blanks, with a blank at both ends */
} language;

static const language languages[SX_LANG_COUNT] = {
    [SX_LANG_EN] =
        {"english",
         " the of and to in a is that for on was with as by at are were be been it its this these those from or "
         "an which who whom whose what when where why how many much did does do has have had having can could "
         "would should will may might must shall there their they them he she his her him you your we our us i "
         "me my not no but if than then so such into about between during through over under after before any "
         "all each other some more most also only s t am being both same very "},
    [SX_LANG_DE] =
        {"german",
         " der die das und in den von zu mit des dem ein eine einer eines einem einen ist im für auf als auch "
         "sich war wurde wurden werden wird sind nicht es an bei nach aus oder wie was wer wen wem wessen wann "
         "wo warum welche welcher welches welchen welchem viele viel hat haben hatte hatten um am zum zur über "
         "durch er sie ihr ihre sein seine kann können dass diese dieser dieses man nur noch vor unter "},
    [SX_LANG_ES] =
        {"spanish",
         " el la los las de del y en a que un una unos unas es son fue fueron era eran por para con no se su sus "
         "al lo como más o qué quién quiénes cuál cuáles cuándo cuánto cuántos cuánta cuántas dónde cómo ha han "
         "había ser estar está este esta estos estas ese esa entre sobre desde hasta sin pero también muy ya le "
         "les fueron tiene tenía hay "},
    [SX_LANG_FR] =
        {"french",
         " le la les de des du et en un une à au aux est sont était étaient été que qui quoi quel quelle quels "
         "quelles quand où comment pourquoi combien dans par pour sur avec sans ne pas plus ou se sa son ses "
         "leur leurs ce cette ces il elle ils elles on nous vous je l d s n qu c j a ont avait être avoir mais "
         "comme entre aussi fait "},
    [SX_LANG_PT] =
        {"portuguese",
         " o a os as de do da dos das e em no na nos nas um uma que é são foi foram era eram por para com não se "
         "seu sua seus suas ao aos à como mais ou quem qual quais quando onde quanto quantos quantas porque ter "
         "tem há ser está este esta isso entre sobre até sem mas também muito já pelo pela "},
    [SX_LANG_IT] =
        {"italian",
         " il lo la i gli le di del della dei delle dello degli e in un una uno che è sono era erano fu per con "
         "non si su al alla ai alle dal dalla nel nella da come più o chi quale quali quando dove quanto quanti "
         "quante perché cosa ha hanno essere stato questa questo questi tra fra anche ma suo sua loro "},
    [SX_LANG_NL] =
        {"dutch",
         " de het een en van in op is dat die te met voor zijn was werd werden aan niet door als ook er om bij "
         "naar uit of wat wie welke welk wanneer waar waarom hoe hoeveel heeft hebben had kan kunnen zich hij zij "
         "haar hun deze dit over tot tussen meer maar dan nog "},
    [SX_LANG_RO] =
        {"romanian",
         " de a al ai ale în și la cu pe un o unei unui din care că este sunt era erau fost prin pentru nu se "
         "sa său ce cine când unde cum cât câte câți câtă care cărui cărei mai sau au fi au avut are ca după "
         "între această acest aceste acestei lui lor ei este-i fie "},
    [SX_LANG_TR] =
        {"turkish",
         " ve bir bu da de için ile olarak olan ne kim kimin nerede nereye hangi hangisi kaç nasıl neden niçin "
         "zaman mı mi mu mü en çok daha gibi kadar sonra önce o şu onun olduğu oldu nedir kimdir her ya veya "
         "ise değil vardır var tarafından "},
    [SX_LANG_SV] =
        {"swedish",
         " och i att en ett det som på är av för med den till inte var har de om från vid sig han hon eller men "
         "vad vem vilka vilken vilket när hur varför många mycket ska skulle kan kunde blev detta denna efter "
         "under mellan också över "},
    [SX_LANG_NO] =
        {"norwegian",
         " og i å en et det som på er av for med den til ikke var har de om fra ved seg han hun eller men hva "
         "hvem hvilke hvilken hvilket når hvor hvordan hvorfor mange mye skal skulle kan kunne ble dette denne "
         "etter under mellom også over "},
    [SX_LANG_DA] =
        {"danish",
         " og i at en et det som på er af for med den til ikke var har de om fra ved sig han hun eller men hvad "
         "hvem hvilke hvilken hvilket hvornår hvor hvordan hvorfor mange meget skal skulle kan kunne blev dette "
         "denne efter under mellem også over "},
    [SX_LANG_FI] =
        {"finnish",
         " ja on ei se että oli olla ovat joka jotka kun mikä mitä kuka missä milloin miten miksi kuinka monta "
         "hän he ne tämä nämä sen sekä tai mutta myös kuin niin jos oli olivat voi voidaan mukaan "},
    [SX_LANG_HU] =
        {"hungarian",
         " a az és egy hogy nem is van volt voltak ki mi mit mikor hol hogyan miért hány melyik milyen mely ez "
         "azt ezt meg de vagy csak már mint lehet kell el fel aki ami amely után között szerint "},
    [SX_LANG_CA] =
        {"catalan",
         " el la els les de del dels i en a que un una és són va van per amb no es seu seva al com més o què qui "
         "quin quina quan on quants ha han era ser aquest aquesta entre sobre també però "},
    [SX_LANG_ID] =
        {"indonesian",
         " yang dan di ke dari untuk dengan pada adalah ini itu dalam tidak oleh sebagai akan telah atau juga "
         "apa siapa kapan mana bagaimana mengapa berapa dapat bisa ada karena lebih antara "},
    [SX_LANG_VI] =
        {NULL, " và của là các có được trong cho một những với không này đã để người từ đến khi như về ở tại gì ai nào "
               "đâu bao nhiêu thế mấy vào ra bị do bởi cũng hay hoặc nhưng thì mà sẽ đó sao năm "},
    [SX_LANG_PL] =
        {NULL, " i w na z do się nie że jest to o od za po przez dla oraz jak ale czy co kto kiedy gdzie który która "
               "które ile dlaczego był była było były są ma jego jej ich lub przy tym tego "},
    [SX_LANG_CS] =
        {NULL, " a v na se je že s z do o k pro za od po by jako ale nebo co kdo kdy kde který která které kolik proč "
               "byl byla bylo byli jsou má jeho její jejich při tím tento "},
    [SX_LANG_RU] =
        {"russian",
         " и в на с по не из за к о от для что как это был была было были быть а но или у до же то который "
         "которая которые которого какой какая какое какие каком какого каким кто кого кому что чего когда где "
         "куда почему сколько чем при так его ее их он она они мы вы также бы ли со во об под между после "
         "является являются "},
    [SX_LANG_EL] =
        {"greek",
         " ο η το οι τα του τησ τησ των τον την και σε με από για που να είναι ήταν δεν θα ωσ στο στη στην στον "
         "στα στισ στουσ ένα μια ένασ ποιοσ ποια ποιο ποιοι ποιουσ ποιον πότε πού πώσ γιατί πόσο πόσα πόσοι "
         "πόσεσ τι κατά μετά αλλά ή αυτό αυτή τουσ τισ έχει είχε "},
    [SX_LANG_AR] =
        {"arabic",
         " في من على إلى عن أن إن التي الذي الذين هو هي ما ماذا متى أين كيف لماذا كم أي أية كان كانت يكون هذا "
         "هذه ذلك تلك مع أو و لا لم لن قد كل بعد قبل بين عند حتى ثم كما به بها له لها منه هل منذ خلال "},
    [SX_LANG_HI] =
        {"hindi", " के का की में है हैं से को और ने पर एक यह वह था थे थी कि जो भी इस उस हो गया गई गए कर किया लिए द्वारा क्या कौन "
                  "किस किसने किसे कब कहाँ कहां कैसे क्यों कितने कितनी कितना कौन-सा सा सी तक नहीं या तो अपने साथ बाद इसके उनके "
                  "इन उन रहा रहे "},
    [SX_LANG_HE] = {NULL,
                    " של את על לא זה הוא היא עם או מה מי מתי איפה איך למה כמה גם כי אם אל כל היה הייתה היו יש אין ב "},
    [SX_LANG_CJK] =
        {NULL,
         " 的 了 是 在 和 有 与 與 及 为 為 以 于 於 之 其 被 由 对 對 中 个 個 这 這 那 哪 何 谁 誰 吗 嗎 呢 吧 么 麼 什 "
         "什么 什麼 哪个 哪個 哪些 哪里 哪裡 哪儿 哪位 哪一 哪年 多少 几个 幾個 怎么 怎麼 怎样 怎樣 如何 为什 為什 为何 為何 "
         "何时 何時 何处 何處 何年 是否 能否 可以 是什 是谁 是誰 是在 是哪 在哪 有哪 有多 是多 的是 了什 了多 什么时 时候 時候 "
         "么时 麼時 一个 一個 个是 请问 請問 の は が を に へ と で も や か な た て し れ る い す う ら り さ ま だ よ "
         "です ます した して いる ある され れた れる った から まで です すか ます ましたか した たか のは のか とは には "
         "では った って いつ どこ だれ なに なん 何で 何年 何と 何が 何を 何人 誰が 誰で どの どん この その あの ので "
         "する なる なっ こと もの よう なの 我 你 您 他 她 它 们 們 自 己 就 也 都 还 還 会 會 要 想 能 可 没 沒 不 把 "
         "给 給 让 讓 后 後 到 说 說 等 但 却 而 或 并 並 因 所 如 怎 样 樣 办 辦 请 請 问 問 "},
    [SX_LANG_TH] = {NULL, " ที่ และ ของ ใน เป็ ป็น ได้ มี การ คือ อะไ ะไร ใคร ไหน เมื ื่อ ไร กี่ ว่า ให้ กับ จาก โดย ถูก "},
    [SX_LANG_KO] =
        {NULL,
         " 은 는 이 가 을 를 의 에 에서 와 과 도 로 으로 그 무엇 누구 언제 어디 어떤 왜 몇 있는 있다 하는 것 것은 "},
};

const char *sx_language_stemmer(uint32_t lang)
{
    return lang < SX_LANG_COUNT ? languages[lang].stemmer : NULL;
}

bool sx_language_weak(uint32_t lang, const char *word, size_t len)
{
    char key[64];
    if (lang >= SX_LANG_COUNT || len == 0 || len > sizeof key - 3) return false;
    key[0] = key[len + 1] = ' ';
    memcpy(key + 1, word, len);
    key[len + 2] = '\0';
    return strstr(languages[lang].weak, key) != NULL;
}

enum { SAMPLE_BYTES = 48 * 1024, WORD_ROOM = 64, WORDS_ALL = 1400, LETTERS_MOST = 24 };

void sx_function_words_init(sx_function_words *words, sx_mem *mem)
{
    sx_map_init(&words->map, mem);
    memset(words->marks, 0, sizeof words->marks);
}

void sx_function_words_free(sx_function_words *words)
{
    sx_map_free(&words->map);
}

/* The first eight bytes of a word, with zeroes behind a shorter one. word: eight bytes can be read. */
static uint64_t first_of(const char *word, size_t len)
{
    uint64_t first = sx_ascii_load(word);
    return len < 8 ? first & ((UINT64_C(1) << (8 * len)) - 1) : first;
}

static uint32_t mark_of(uint64_t first, size_t len)
{
    return (uint32_t)((first + len) * UINT64_C(0x9E3779B97F4A7C15) >> 50);
}

static int learn_words(sx_function_words *words)
{
    for (uint32_t lang = 0; lang < SX_LANG_LATIN_COUNT; lang++) {
        for (const char *p = languages[lang].weak + 1; *p;) {
            const char *end = strchr(p, ' ');
            size_t len = (size_t)(end - p);
            char padded[WORD_ROOM] = {0};
            memcpy(padded, p, len < sizeof padded ? len : sizeof padded);
            uint32_t mask = sx_map_get(&words->map, p, len), mark = mark_of(first_of(padded, len), len);
            if (sx_map_put(&words->map, p, len, (mask == SX_MAP_NONE ? 0 : mask) | 1u << lang)) return -1;
            words->marks[mark / 64] |= UINT64_C(1) << mark % 64;
            p = end + 1;
        }
    }
    return 0;
}

static bool is_marked(const sx_function_words *words, uint64_t first, size_t len)
{
    uint32_t mark = mark_of(first, len);
    return words->marks[mark / 64] >> mark % 64 & 1;
}

/* Passes over blanks and short ASCII words that are no function words, as most are; returns where it stops. *met counts them. */
static size_t pass_over(const sx_function_words *words, const char *text, size_t len, size_t at, uint32_t *met)
{
    while (len - at > 8) {
        sx_ascii8 a = sx_ascii_at(text + at);
        unsigned run = sx_ascii_run(a.letters);
        if (run == 8 || (unsigned char)text[at + run] >= 0x80) break; /* it goes on */
        if (run) {
            if (is_marked(words, a.folded & ((UINT64_C(1) << (8 * run)) - 1), run)) break;
            ++*met;
        }
        at += run + 1;
    }
    return at;
}

/* Which Latin-letter languages have the word, a bit each. */
static uint32_t languages_of(const sx_function_words *words, const char *word, size_t len)
{
    if (!is_marked(words, first_of(word, len), len)) return 0;
    uint32_t mask = sx_map_get(&words->map, word, len);
    return mask == SX_MAP_NONE ? 0 : mask;
}

/* Folds one Latin word into out (room for 64); returns its length, 0 when it is too long to be a function word. */
static size_t next_word(const char *text, size_t len, size_t *at, char *out)
{
    size_t n = 0, step;
    bool fits = true;
    for (; *at < len; *at += step) {
        while (n <= LETTERS_MOST - 8 && len - *at >= 8) { /* most of most texts */
            sx_ascii8 a = sx_ascii_at(text + *at);
            unsigned run = sx_ascii_run(a.letters);
            sx_ascii_store(out + n, a.folded);
            n += run;
            *at += run;
            if (run < 8) break;
        }
        if (*at == len) break;
        unsigned char c = (unsigned char)text[*at];
        step = 1;
        if (sx_ascii_is_letter((char)c)) {
            if (n > LETTERS_MOST)
                fits = false;
            else
                out[n++] = (char)(c | 0x20);
            continue;
        }
        uint32_t cp = c < 0x80 ? c : sx_utf8_next(text + *at, len - *at, &step);
        uint32_t folded = c >= 0x80 && sx_char_kind(cp) == SX_CHAR_LETTER ? sx_fold_simple(cp) : SX_FOLD_DROP;
        if (folded == SX_FOLD_DROP) {
            if (n || !fits) break;
            continue;
        }
        if (folded == SX_FOLD_SLOW || n > LETTERS_MOST)
            fits = false;
        else
            n += sx_utf8_put(folded, out + n);
    }
    return fits ? n : 0;
}

llm_status sx_language_detect_with(uint32_t *lang, sx_function_words *words, const char *text, size_t len)
{
    if (!words->map.count && (sx_map_reserve(&words->map, WORDS_ALL) || learn_words(words))) {
        sx_map_free(&words->map);
        return LLM_E_MEMORY;
    }
    uint32_t hits[SX_LANG_LATIN_COUNT] = {0};
    uint32_t met = 0;
    if (len > SAMPLE_BYTES) len = SAMPLE_BYTES;
    for (size_t at = 0; at < len;) {
        char word[WORD_ROOM];
        at = pass_over(words, text, len, at, &met);
        size_t n = next_word(text, len, &at, word);
        if (!n) continue;
        met++;
        for (uint32_t mask = languages_of(words, word, n); mask; mask &= mask - 1) hits[__builtin_ctz(mask)]++;
    }
    *lang = SX_LANG_EN;
    for (uint32_t l = 1; l < SX_LANG_LATIN_COUNT; l++)
        if (hits[l] > hits[*lang] && hits[l] * 12 > met) *lang = l;
    return LLM_OK;
}

llm_status sx_language_detect(uint32_t *lang, sx_mem *mem, const char *text, size_t len)
{
    sx_function_words words;
    sx_function_words_init(&words, mem);
    llm_status status = sx_language_detect_with(lang, &words, text, len);
    sx_function_words_free(&words);
    return status;
}
