/* Names that stand for names: of the script the value is written in, without a sex, made of words that are common in none of
 * the places where real names come from more than in another. */
#include <string.h>

#include "guard/vault/surrogate.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

#define N(list) ((uint32_t)(sizeof(list) / sizeof *(list)))

static const char *const GIVEN[] = {
    "Alex",   "Arden",  "Aspen",  "Avery",  "Bailey", "Blair",  "Briar",   "Cameron", "Casey",  "Corin",
    "Dale",   "Darcy",  "Devon",  "Drew",   "Eden",   "Ellis",  "Ember",   "Emery",   "Finley", "Frankie",
    "Gray",   "Harper", "Haven",  "Indigo", "Jamie",  "Jules",  "Kendall", "Kit",     "Lane",   "Lennox",
    "Linden", "Logan",  "Marlow", "Micah",  "Morgan", "Noel",   "Oakley",  "Onyx",    "Parker", "Perry",
    "Quinn",  "Reese",  "Remy",   "Ripley", "River",  "Robin",  "Rowan",   "Sage",    "Sasha",  "Shay",
    "Skyler", "Sloan",  "Sutton", "Tatum",  "Taylor", "Teagan", "Toby",    "Tracy",   "Vale",   "Wren"};
static const char *const FAMILY[] = {
    "Abbeyfield",  "Alderwick",  "Amberley",     "Ashcombe",    "Barrowby",   "Birchall",   "Blackmere",
    "Bramfield",   "Brookwell",  "Calderby",     "Castlebrook", "Clearwell",  "Cloverdale", "Coldharbour",
    "Coppershaw",  "Cranmore",   "Dalewood",     "Deepwell",    "Dovecote",   "Elmsworth",  "Everfield",
    "Fairbourne",  "Fallowmere", "Ferncastle",   "Foxholme",    "Glenhurst",  "Goldacre",   "Greystoke",
    "Harrowgate",  "Hartfell",   "Hawksmoor",    "Hazelby",     "Heatherly",  "Highmoor",   "Hollowell",
    "Inglebrook",  "Ivywood",    "Juniper",      "Kestrel",     "Kingsfold",  "Lakeworth",  "Larkfield",
    "Longmire",    "Marshwood",  "Meadowcroft",  "Millhaven",   "Moorcastle", "Nettlefold", "Northgate",
    "Oakhurst",    "Orchardby",  "Pinecrest",    "Quarrington", "Ravensdale", "Redfern",    "Ridgewell",
    "Rosedale",    "Saltmarsh",  "Sandiford",    "Silverleigh", "Southmere",  "Stillwater", "Stonebridge",
    "Summerfield", "Thornbury",  "Underhill",    "Wakefern",    "Waterfall",  "Westerby",   "Whitlock",
    "Wildmere",    "Windermoor", "Winterbourne", "Woodgate",    "Wrenfield",  "Yarrow"};
static const char *const HAN_FAMILY[] = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙",
                                         "胡", "朱", "高", "林", "何", "郭", "马", "罗", "梁", "宋", "郑", "谢"};
static const char *const HAN_GIVEN[] = {"安", "白", "晨", "川", "丹", "恩", "帆", "枫", "谷", "禾", "恒", "华", "嘉",
                                        "简", "景", "静", "卡", "可", "澜", "乐", "黎", "林", "明", "沐", "宁", "诺",
                                        "平", "其", "秋", "然", "若", "森", "舒", "思", "天", "彤", "望", "文", "希",
                                        "夏", "贤", "晓", "信", "星", "雪", "雅", "言", "彦", "阳", "一", "怡", "逸",
                                        "音", "羽", "语", "远", "云", "泽", "哲", "真", "之", "知", "舟", "子"};
static const char *const CYRILLIC_GIVEN[] = {"Саша", "Женя", "Валя",   "Шура", "Слава", "Паша",
                                             "Вася", "Миша", "Никита", "Юра",  "Тоня",  "Лёня"};
static const char *const CYRILLIC_FAMILY[] = {
    "Бойченко",    "Величко",    "Гончаренко", "Дубенко",   "Зимченко", "Калиненко", "Ковбасенко", "Лесовенко",
    "Мельниченко", "Нестеренко", "Озеренко",   "Полевенко", "Речко",    "Степченко", "Тихоненко",  "Яровенко"};
static const char *const HANGUL_FAMILY[] = {"김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오"};
static const char *const HANGUL_GIVEN[] = {"가", "나", "다", "단", "도", "라", "로", "루", "마", "미",
                                           "별", "빛", "산", "새", "서", "소", "솔", "시", "아", "여",
                                           "예", "온", "우", "유", "은", "주", "지", "하"};

typedef enum script { LATIN, HAN, CYRILLIC, HANGUL, OTHER } script;

static script script_of(uint32_t cp)
{
    if (cp < 0x250 || (cp >= 0x1e00 && cp < 0x1f00)) return LATIN;
    if (cp >= 0x400 && cp < 0x530) return CYRILLIC;
    if (sx_uc_is_han(cp)) return HAN;
    return sx_uc_is_hangul(cp) ? HANGUL : OTHER;
}

/* The one script of a value's letters; OTHER when there are several. Its words and its letters are counted. */
static script look(const char *v, size_t n, size_t *words, size_t *letters)
{
    script found = OTHER;
    bool inside = false, mixed = false;
    size_t step;
    *words = *letters = 0;
    for (size_t i = 0; i < n; i += step) {
        uint32_t cp = sx_utf8_next(v + i, n - i, &step);
        uint32_t class = cp != SX_UTF8_BAD ? sx_uc_class(cp) : SX_UC_C;
        if (class & SX_UC_L) {
            script s = script_of(cp);
            mixed = mixed || (*letters > 0 && s != found) || s == OTHER;
            found = s;
            ++*letters;
        }
        *words += (class & SX_UC_SPACE) == 0 && !inside;
        inside = (class & SX_UC_SPACE) == 0;
    }
    return mixed || *letters == 0 ? OTHER : found;
}

static void together(sx_buf *out, sx_dice *dice, const char *const *family, uint32_t families, const char *const *given,
                     uint32_t givens, size_t letters)
{
    sx_buf_str(out, family[sx_dice_roll(dice, families)]);
    sx_buf_str(out, given[sx_dice_roll(dice, givens)]);
    if (letters > 2) sx_buf_str(out, given[sx_dice_roll(dice, givens)]);
}

void sx_surrogate_name(sx_buf *out, sx_dice *dice, const char *value, size_t len, uint32_t attempt)
{
    size_t words, letters;
    script s = look(value, len, &words, &letters);
    bool crowded = attempt > 3; /* many names are taken: longer ones */
    if (s == HAN && letters > 1)
        together(out, dice, HAN_FAMILY, N(HAN_FAMILY), HAN_GIVEN, N(HAN_GIVEN), crowded ? 3 : letters);
    if (s == HANGUL && letters > 1)
        together(out, dice, HANGUL_FAMILY, N(HANGUL_FAMILY), HANGUL_GIVEN, N(HANGUL_GIVEN), crowded ? 3 : letters);
    if (s != LATIN && s != CYRILLIC) return;
    bool latin = s == LATIN;
    if (words > 1 || crowded)
        sx_buf_printf(out, "%s ",
                      latin ? GIVEN[sx_dice_roll(dice, N(GIVEN))]
                            : CYRILLIC_GIVEN[sx_dice_roll(dice, N(CYRILLIC_GIVEN))]);
    if (crowded && attempt > 7) {
        char initial[4];
        uint32_t cp = latin ? 'A' + sx_dice_roll(dice, 26) : 0x410 + sx_dice_roll(dice, 26);
        sx_buf_add(out, initial, sx_utf8_put(cp, initial));
        sx_buf_str(out, ". ");
    }
    sx_buf_str(out,
               latin ? FAMILY[sx_dice_roll(dice, N(FAMILY))] : CYRILLIC_FAMILY[sx_dice_roll(dice, N(CYRILLIC_FAMILY))]);
}

void sx_surrogate_email(sx_buf *out, sx_dice *dice)
{
    static const char *const ENDS[] = {"com", "net", "org"}; /* RFC 2606 keeps these for examples */
    size_t from = out->len;
    sx_buf_printf(out, "%s.%s%u@example.%s", GIVEN[sx_dice_roll(dice, N(GIVEN))], FAMILY[sx_dice_roll(dice, N(FAMILY))],
                  10 + (unsigned)sx_dice_roll(dice, 990), ENDS[sx_dice_roll(dice, N(ENDS))]);
    for (size_t i = from; i < out->len; i++) {
        if (out->data[i] >= 'A' && out->data[i] <= 'Z') out->data[i] = (char)(out->data[i] + 32);
    }
}
