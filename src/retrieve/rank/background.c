#include "retrieve/rank/background.h"

#include "retrieve/rank/language.h"

enum { LEVELS = 16 };

/* exp(-0.4 level); what the table lacks is as rare as its last level. */
static const float share_of_level[LEVELS] = {1.0f,    0.6703f, 0.4493f, 0.3012f, 0.2019f, 0.1353f, 0.0907f, 0.0608f,
                                             0.0408f, 0.0273f, 0.0183f, 0.0123f, 0.0082f, 0.005f,  0.005f,  0.005f};

bool sx_background_knows(uint32_t lang)
{
    return lang == SX_LANG_EN;
}

float sx_background_share(uint32_t lang, uint32_t hash)
{
    uint32_t first = 0, end = lang == SX_LANG_EN ? sx_background_en_count : 0;
    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        if (sx_background_en[middle] >> 4 < hash >> 4)
            first = middle + 1;
        else
            end = middle;
    }
    bool known = first < sx_background_en_count && sx_background_en[first] >> 4 == hash >> 4;
    return share_of_level[known ? sx_background_en[first] & 15 : LEVELS - 1];
}
