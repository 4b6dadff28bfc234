/* raw_tags MODEL <TEXTS >FINDINGS: what the tagger finds in texts that end with byte 0x1e, one "text type start end raw" a line, the score
 * before calibration. For calibrate.py. */
#include <stdio.h>
#include <string.h>

#include "guard/recognise/tag.h"
#include "platform/utf8.h"

static unsigned char blob[SX_TAG_BLOB_BYTES];
static char text[1 << 20];

static void tell(unsigned row, const sx_tag_hit *hits, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        printf("%u %u %llu %llu %.6f\n", row, hits[i].type, (unsigned long long)hits[i].start, (unsigned long long)hits[i].end, (double)hits[i].score);
}

int main(int argc, char **argv)
{
    sx_tag_model model;
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (f == NULL || fread(blob, 1, sizeof blob, f) != sizeof blob || !sx_tag_model_read(&model, blob, sizeof blob)) return 2;
    fclose(f);
    for (unsigned t = 0; t < SX_TAG_TYPES; t++) {
        model.slope[t] = 1;
        model.offset[t] = 0;
    }
    for (unsigned row = 0;; row++) {
        size_t len = 0;
        int c;
        while ((c = getchar()) != EOF && c != 0x1e) {
            if (len == sizeof text) return 3;
            text[len++] = (char)c;
        }
        if (c == EOF) return 0;
        sx_tag_state state = {0};
        sx_tag_hit hits[SX_TAG_HITS];
        for (size_t i = 0; i < len;) {
            size_t step;
            uint32_t cp = sx_utf8_next(text + i, len - i, &step);
            tell(row, hits, sx_tag_next(&model, &state, cp, i, i + step, hits));
            i += step;
        }
        tell(row, hits, sx_tag_finish(&model, &state, hits));
    }
}
