/* Checks of Chinese numbers: resident identity (GB 11643), unified social credit code (GB 32100). */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/digits.h"
#include "guard/scan/rules.h"

/* Provinces of GB/T 2260, with Taiwan, Hong Kong, Macao, and 90 to 94 of foreigners' permanent residence. */
static bool province(unsigned p)
{
    return (p >= 11 && p <= 15) || (p >= 21 && p <= 23) || (p >= 31 && p <= 37) || (p >= 41 && p <= 46) ||
           (p >= 50 && p <= 54) || (p >= 61 && p <= 65) || p == 71 || p == 81 || p == 82 || p == 83 || p == 91;
}

float sx_check_cn_resident_id(const sx_match *m, int arg)
{
    static const unsigned char WEIGHT[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    char v[24];
    size_t n = sx_match_alnum(m, v, sizeof v);
    (void)arg;
    if (!province(sx_number(v, 2))) return SX_CHECK_NO;
    if (n == 15)
        return sx_date_ok(1900 + sx_number(v + 6, 2), sx_number(v + 8, 2), sx_number(v + 10, 2)) ? SX_CHECK_MAYBE
                                                                                                 : SX_CHECK_NO;
    if (n != 18) return SX_CHECK_NO;
    unsigned year = sx_number(v + 6, 4), sum = 0;
    if (year < 1850 || year > 2100 || !sx_date_ok(year, sx_number(v + 10, 2), sx_number(v + 12, 2))) return SX_CHECK_NO;
    for (size_t i = 0; i < 17; i++) sum += (unsigned)(v[i] - '0') * WEIGHT[i];
    return v[17] == "10X98765432"[sum % 11] ? SX_CHECK_YES : SX_CHECK_NO;
}

float sx_check_cn_uscc(const sx_match *m, int arg)
{
    static const char SET[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    static const unsigned char WEIGHT[] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
    char v[24];
    size_t n = sx_match_alnum(m, v, sizeof v);
    unsigned sum = 0;
    (void)arg;
    if (n != 18) return SX_CHECK_NO;
    for (size_t i = 0; i < 18; i++) {
        const char *at = memchr(SET, v[i], sizeof SET - 1);
        if (at == NULL) return SX_CHECK_NO;
        if (i < 17) sum += (unsigned)(at - SET) * WEIGHT[i];
    }
    return v[17] == SET[(31 - sum % 31) % 31] ? SX_CHECK_YES : SX_CHECK_NO;
}

/* A plate has a digit among its letters and digits. */
float sx_check_cn_plate(const sx_match *m, int arg)
{
    char v[12];
    size_t n = sx_match_alnum(m, v, sizeof v), digits = 0;
    (void)arg;
    for (size_t i = 1; i < n; i++) digits += sx_ascii_digit(v[i]);
    return digits >= 1 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* The name of a WeChat account: not a word of the sentence, so it has a digit, dash or underscore. */
float sx_check_cn_wechat(const sx_match *m, int arg)
{
    (void)arg;
    return m->len >= 6 && m->len <= 20 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* An address is a line, not a paragraph. */
float sx_check_cn_address(const sx_match *m, int arg)
{
    (void)arg;
    return m->len <= 180 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

static bool listed_at(const char *list, size_t step, const char *s)
{
    for (size_t i = 0; list[i] != 0; i += step) {
        if (memcmp(list + i, s, step) == 0) return true;
    }
    return false;
}

/* Two or three ideographs that begin like a name: not a common word that begins so, and no particle at the end. */
float sx_check_zh_name(const sx_match *m, int arg)
{
    static const char WORDS[] =
        "方面方式方法方便高度高兴高级高于时间时候时代于是常常常见经常万一成功成为成立关于关系向前向上周围周末周期"
        "平时平均平台和平明天明白明确明年安全安排安装包括包含任何任务应该应当应用许多曾经石油金额金融黄金黄色白天白色"
        "水平水果华为汪洋温度温馨盛大广告广大广东国家国内国际文件文化文档单位单独容易连接连续党员党委马上古代双方";
    static const char PARTICLES[] =
        "的了在是和有与及等为将已被要可也就都而或把从到对向给让说问请来去不没吗呢吧啊这那收于";
    (void)arg;
    if (m->len >= 6 && listed_at(WORDS, 6, m->text)) return SX_CHECK_NO;
    return listed_at(PARTICLES, 3, m->text + m->len - 3) ? SX_CHECK_NO : SX_CHECK_MAYBE;
}
