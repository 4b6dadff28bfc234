/* The features of a token: which facts are joined was chosen on held-out templates. */
#include "guard/recognise/features.h"

/* Facts about one token that many features join. */
typedef struct facts {
    uint32_t word, shape, kind, lists, gap;
} facts;

static facts facts_of(const sx_token *t)
{
    /* for ideographs the words that begin and end here tell more than the single one */
    uint32_t lists = t->kind == SX_TOKEN_HAN ? t->lists : t->lists & 0xffu;
    return (facts){t->word, t->shape, t->kind, lists, t->gap};
}

static uint32_t kind_gap(const facts *f)
{
    return f->kind * 4 + f->gap;
}

void sx_tag_features(const sx_token *const w[SX_TAG_WINDOW], const sx_tag_past *past, uint32_t out[SX_TAG_FEATURES])
{
    const sx_token *t = w[3];
    facts a = facts_of(w[1]), b = facts_of(w[2]), c = facts_of(t), d = facts_of(w[4]), e = facts_of(w[5]);
    uint32_t y = past->label, yy = y * 16u + past->label2, n = 0;
    uint32_t cg = kind_gap(&c), dg = kind_gap(&d), bg = kind_gap(&b);
    uint32_t cl = sx_mix(c.lists, cg), bl = sx_mix(b.lists, b.kind), dl = sx_mix(d.lists, d.kind * 4 + d.gap);
#define ADD(x) (out[n] = sx_mix(0x9e37u + n, (x)), n++)
    ADD(c.word);
    ADD(sx_mix(c.word, c.kind));
    ADD(sx_mix(c.shape, c.gap));
    ADD(sx_mix(t->suffix2, c.kind));
    ADD(sx_mix(t->suffix3, c.kind));
    ADD(t->suffix4);
    ADD(t->prefix);
    ADD(cl);
    ADD(b.word);
    ADD(d.word);
    ADD(a.word);
    ADD(e.word);
    ADD(w[0]->word);
    ADD(w[6]->word);
    ADD(sx_mix(b.word, c.word));
    ADD(sx_mix(c.word, d.word));
    ADD(sx_mix(a.word, b.word));
    ADD(sx_mix(d.word, e.word));
    ADD(sx_mix(b.word, sx_mix(cg, c.lists)));
    ADD(sx_mix(sx_mix(a.word, b.word), cl));
    ADD(sx_mix(d.word, cl));
    ADD(sx_mix(sx_mix(d.word, e.word), cl));
    ADD(sx_mix(bl, cl));
    ADD(sx_mix(cl, dl));
    ADD(sx_mix(sx_mix(bl, cl), dl));
    ADD(sx_mix(sx_mix(b.shape, c.shape), d.shape));
    ADD(sx_mix(sx_mix(bg, cg), sx_mix(dg, kind_gap(&e))));
    ADD(sx_mix(sx_mix(kind_gap(&a), bg), cg));
    ADD(sx_mix(cl, sx_mix(dl, sx_mix(e.lists, e.kind))));
    ADD(yy);
    ADD(sx_mix(yy, c.word));
    ADD(sx_mix(yy, cl));
    ADD(sx_mix(y, sx_mix(c.shape, c.gap)));
    ADD(sx_mix(y, sx_mix(cl, bl)));
    ADD(sx_mix(y, sx_mix(cl, dl)));
    ADD(sx_mix(y, sx_mix(b.word, cg)));
    ADD(sx_mix(y, sx_mix(d.word, cg)));
    ADD(sx_mix(y, sx_mix(t->suffix3, c.gap)));
    ADD(sx_mix(past->before, sx_mix(y, cg)));
    ADD(sx_mix(past->before, sx_mix(y, c.word)));
    ADD(sx_mix(past->length, sx_mix(y, cg)));
    ADD(sx_mix(past->length, sx_mix(y, sx_mix(cl, dg))));
    ADD(sx_mix(t->suffix3, sx_mix(b.word, c.gap)));
    ADD(sx_mix(t->suffix2, sx_mix(d.lists, d.kind)));
    ADD(sx_mix(w[0]->word, sx_mix(a.word, b.word)));
    ADD(sx_mix(sx_mix(w[0]->kind, kind_gap(&a)), sx_mix(bg, sx_mix(cg, dg))));
    ADD(sx_mix(sx_mix(dg, kind_gap(&e)), sx_mix(sx_mix(w[6]->kind, w[6]->gap), cl)));
    ADD(0x62696173u);
#undef ADD
}

void sx_tag_advance(sx_tag_past *past, uint8_t label, uint32_t word_before)
{
    past->label2 = past->label;
    past->label = label;
    if (label == 0) {
        past->length = 0;
        past->before = 0;
    } else if ((label & 1u) != 0) {
        past->length = 1;
        past->before = word_before;
    } else if (past->length < 12) {
        past->length++;
    }
}
