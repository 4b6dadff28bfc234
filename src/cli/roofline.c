#include "roofline.h"

#include <stdlib.h>

#include "json.h"
#include "peak.h"

static bool fact(llm_model *model, const char *key, double *out)
{
    const char *text = llm_model_info(model, key);
    if (text) *out = strtod(text, NULL);
    return text != NULL && *out > 0;
}

static void limit(sx_roof *roof, const sx_roofline *r)
{
    const double by_bytes = r->read > 0 && roof->bytes > 0 ? r->read / roof->bytes : 0;
    const double by_products = roof->peak > 0 ? roof->peak / roof->products : 0;
    roof->by_products = by_products > 0 && (by_bytes <= 0 || by_products < by_bytes);
    roof->limit = roof->by_products ? by_products : by_bytes;
}

/* Joint steps read the weights once for all sequences; a prompt at best reads them once for all its tokens, and needs the head
 * for the last one alone. */
bool sx_roofline_make(sx_roofline *r, llm_model *model, const sx_done *done)
{
    double bytes = 0, step = 0, prompt = 0, threads = 0;
    const char *isa = llm_model_info(model, "isa"), *type = llm_model_info(model, "type");
    if (!isa || !type || !fact(model, "threads", &threads) || !fact(model, "step_bytes", &bytes) ||
        !fact(model, "step_products", &step) || !fact(model, "prompt_products", &prompt))
        return false;
    *r = (sx_roofline){.threads = (uint32_t)threads};
    r->read = sx_peak_read(isa, (uint64_t)bytes, r->threads);
    r->writing = (sx_roof){.measured = done->tg, .bytes = bytes / done->sequences, .products = step};
    if (done->prompt_tokens > 0)
        r->reading = (sx_roof){.measured = done->pp,
                               .bytes = bytes / done->prompt_tokens,
                               .products = prompt + (step - prompt) * done->sequences / done->prompt_tokens};
    const sx_loop *one = sx_loop_of(isa, type, false), *many = sx_loop_of(isa, type, true);
    if (one && (done->tg > 0 || many == one)) {
        r->writing.kind = one->name;
        r->writing.peak = sx_peak_products(one, r->threads);
    }
    if (many && done->pp > 0) {
        r->reading.kind = many->name;
        r->reading.peak = many == one ? r->writing.peak : sx_peak_products(many, r->threads);
    }
    limit(&r->reading, r);
    limit(&r->writing, r);
    return true;
}

/* ---- for people ---- */

/* "1.32 G", in a field of 10 */
static void print_amount(double n)
{
    static const char units[] = " kMGTP";
    size_t u = 0;
    while (n >= 1000 && units[u + 1]) {
        n /= 1000;
        u++;
    }
    printf(" %8.*f %c", n < 10 ? 2 : n < 100 ? 1 : 0, n, units[u]);
}

static void print_roof(const char *name, const sx_roof *roof)
{
    if (roof->measured <= 0) return;
    printf("  %s", name);
    print_amount(roof->bytes);
    print_amount(roof->products);
    if (roof->limit > 0)
        printf("  %10.1f %-8s %10.1f  %5.1f %%\n", roof->limit, roof->by_products ? "products" : "memory",
               roof->measured, 100 * roof->measured / roof->limit);
    else
        printf("  %10s %-8s %10.1f\n", "unknown", "", roof->measured);
}

static void print_peak(const sx_roof *roof)
{
    if (!(roof->peak > 0)) return;
    printf(",");
    print_amount(roof->peak);
    printf("products/s (%s)", roof->kind);
}

void sx_roofline_print(const sx_roofline *r)
{
    printf("\nThis machine with %u threads:", r->threads);
    print_amount(r->read);
    printf("B/s read");
    print_peak(&r->writing);
    if (r->reading.kind != r->writing.kind) print_peak(&r->reading);
    printf("\n");
    if (!r->writing.kind && !r->reading.kind)
        printf("How fast it multiplies is not measured at this level: memory alone sets the limits.\n");
    printf("  per token      bytes   products   limit tok/s by           measured    share\n");
    print_roof("reading", &r->reading);
    print_roof("writing", &r->writing);
}

/* ---- for programs ---- */

static json_t *known(double n)
{
    return n > 0 ? sx_json_num(n) : json_null();
}

static json_t *roof_json(const sx_roof *roof)
{
    if (roof->measured <= 0) return json_null();
    json_t *out = json_object();
    sx_json_set(out, "bytes", sx_json_num(roof->bytes));
    sx_json_set(out, "products", sx_json_num(roof->products));
    sx_json_set(out, "products_per_s", known(roof->peak));
    sx_json_set(out, "kind", roof->kind ? sx_json_str(roof->kind) : json_null());
    sx_json_set(out, "limit", known(roof->limit));
    sx_json_set(out, "limit_by",
                roof->limit > 0 ? sx_json_str(roof->by_products ? "products" : "memory") : json_null());
    sx_json_set(out, "measured", sx_json_num(roof->measured));
    sx_json_set(out, "share", roof->limit > 0 ? sx_json_num(roof->measured / roof->limit) : json_null());
    return out;
}

json_t *sx_roofline_json(const sx_roofline *r)
{
    json_t *out = json_object();
    sx_json_set(out, "bytes_per_s", known(r->read));
    sx_json_set(out, "reading", roof_json(&r->reading));
    sx_json_set(out, "writing", roof_json(&r->writing));
    return out;
}
