/* The options of sampling by table: one row serves the command line (--top-n-sigma) and JSON Lines ("top_n_sigma"). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"

typedef struct row {
    int id;
    const char *key; /* in JSON; the option is the same with dashes */
    size_t offset;
    bool whole; /* a uint32_t, not a float */
    float max;
} row;

#define FIELD(id, name, whole, max) \
    { \
        id, #name, offsetof(llm_gen_opts, name), whole, max \
    }

static const row rows[] = {
    FIELD(SX_OPT_REPEAT_PENALTY, repeat_penalty, false, 1000),
    FIELD(SX_OPT_FREQUENCY_PENALTY, frequency_penalty, false, 1000),
    FIELD(SX_OPT_PRESENCE_PENALTY, presence_penalty, false, 1000),
    FIELD(SX_OPT_PENALTY_LAST_N, penalty_last_n, true, 0),
    FIELD(SX_OPT_DRY_MULTIPLIER, dry_multiplier, false, 1000),
    FIELD(SX_OPT_DRY_BASE, dry_base, false, 1000),
    FIELD(SX_OPT_DRY_ALLOWED_LENGTH, dry_allowed_length, true, 0),
    FIELD(SX_OPT_DRY_LAST_N, dry_last_n, true, 0),
    FIELD(SX_OPT_DYNATEMP_RANGE, dynatemp_range, false, 100),
    FIELD(SX_OPT_DYNATEMP_EXPONENT, dynatemp_exponent, false, 100),
    FIELD(SX_OPT_TOP_N_SIGMA, top_n_sigma, false, 1000),
    FIELD(SX_OPT_TYPICAL_P, typical_p, false, 1),
    FIELD(SX_OPT_XTC_PROBABILITY, xtc_probability, false, 1),
    FIELD(SX_OPT_XTC_THRESHOLD, xtc_threshold, false, 1),
    FIELD(SX_OPT_MIROSTAT_TAU, mirostat_tau, false, 1000),
    FIELD(SX_OPT_MIROSTAT_ETA, mirostat_eta, false, 1000),
    FIELD(SX_OPT_LOGPROBS, logprobs, true, 0),
    FIELD(SX_OPT_DRAFT, draft, true, LLM_DRAFT_MAX),
};

static void *field_of(llm_gen_opts *opts, const row *r)
{
    return (char *)opts + r->offset;
}

/* ---- bias ---- */

static bool add_bias(sx_gen_lists *lists, int64_t token, double value)
{
    int32_t id = token >= 0 && token <= INT32_MAX ? (int32_t)token : -1; /* the library refuses -1 in its own words */
    float bias = (float)value;
    return sx_bytes_add(&lists->bias_tokens, &id, sizeof id) && sx_bytes_add(&lists->bias, &bias, sizeof bias);
}

/* "ID=VALUE"; the value may be -inf. */
static bool bias_option(sx_gen_lists *lists, const sx_args *args)
{
    char *end;
    long long token = strtoll(args->value, &end, 10);
    double value = *end == '=' && end != args->value ? strtod(end + 1, &end) : NAN;
    if (*end || value != value || end[-1] == '=') {
        sx_usage(args->cmd, "%s needs ID=VALUE, such as 13=-2.5 or 13=-inf, not '%s'", args->shown, args->value);
        return false;
    }
    if (add_bias(lists, token, value)) return true;
    sx_say(args->cmd, "out of memory");
    return false;
}

/* {"13": -2.5} or [[13, -2.5]]; false bans a token. */
static llm_status one_bias(sx_gen_lists *lists, long long token, const json_t *value, llm_error *err)
{
    if (!json_is_number(value) && !json_is_false(value)) {
        sx_error_set(err, LLM_E_INVALID, "\"logit_bias\" of token %lld must be a number, or false to ban it", token);
        return LLM_E_INVALID;
    }
    if (add_bias(lists, token, json_is_false(value) ? -INFINITY : json_number_value(value))) return LLM_OK;
    sx_error_set(err, LLM_E_MEMORY, "no memory for \"logit_bias\"");
    return LLM_E_MEMORY;
}

static llm_status bias_field(sx_gen_lists *lists, const json_t *in, llm_error *err)
{
    json_t *v = json_object_get(in, "logit_bias"), *value;
    const char *key;
    size_t i;
    llm_status st = LLM_OK;
    if (!v || json_is_null(v)) return LLM_OK;
    if (json_is_object(v)) {
        json_object_foreach(v, key, value)
        {
            char *end;
            long long token = strtoll(key, &end, 10);
            if (st == LLM_OK) st = one_bias(lists, *end ? -1 : token, value, err);
        }
        return st;
    }
    json_array_foreach(v, i, value)
    {
        if (st == LLM_OK)
            st = one_bias(lists, json_integer_value(json_array_get(value, 0)), json_array_get(value, 1), err);
    }
    if (json_is_array(v)) return st;
    sx_error_set(err, LLM_E_INVALID, "\"logit_bias\" must be an object of token ids and numbers");
    return LLM_E_INVALID;
}

/* ---- all of them ---- */

bool sx_sampling_option(sx_gen *gen, sx_args *args, int id)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        if (r->id != id) continue;
        if (r->whole) return sx_arg_u32(args, 0, r->max > 0 ? (uint32_t)r->max : UINT32_MAX, field_of(&gen->opts, r));
        bool any_sign = id == SX_OPT_FREQUENCY_PENALTY || id == SX_OPT_PRESENCE_PENALTY;
        return sx_arg_float(args, any_sign ? -(double)r->max : 0, (double)r->max, field_of(&gen->opts, r));
    }
    if (id == SX_OPT_LOGIT_BIAS) return bias_option(&gen->lists, args);
    if (id == SX_OPT_DRY_BREAKER && !sx_list_add(&gen->lists.breakers, args->value, strlen(args->value))) {
        sx_say(args->cmd, "out of memory");
        return false;
    }
    return true;
}

llm_status sx_sampling_line(const json_t *in, llm_gen_opts *opts, sx_gen_lists *lists, llm_error *err)
{
    llm_status st = LLM_OK;
    for (size_t i = 0; i < sizeof rows / sizeof *rows && st == LLM_OK; i++) {
        const row *r = &rows[i];
        const json_t *v = json_object_get(in, r->key);
        if (v && r->id == SX_OPT_LOGPROBS && json_is_boolean(v)) /* true: the chosen tokens and the likeliest */
            opts->logprobs = json_is_true(v);
        else
            st = r->whole ? sx_json_get_u32(in, r->key, field_of(opts, r), err)
                          : sx_json_get_float(in, r->key, field_of(opts, r), err);
    }
    if (st == LLM_OK) st = sx_json_get_list(in, "dry_breakers", &lists->breakers, err);
    if (st == LLM_OK) st = bias_field(lists, in, err);
    if (st == LLM_OK) sx_sampling_lists(opts, lists);
    return st;
}

void sx_sampling_lists(llm_gen_opts *opts, const sx_gen_lists *lists)
{
    if (lists->stop.len) opts->stop = lists->stop.data;
    if (lists->breakers.len) opts->dry_breakers = lists->breakers.data;
    if (!lists->bias.len) return;
    opts->n_bias = (uint32_t)(lists->bias.len / sizeof *opts->bias);
    opts->bias_tokens = (const int32_t *)(const void *)lists->bias_tokens.data; /* malloc's: aligned */
    opts->bias = (const float *)(const void *)lists->bias.data;
}

void sx_sampling_free(sx_gen_lists *lists)
{
    sx_bytes_free(&lists->stop);
    sx_bytes_free(&lists->breakers);
    sx_bytes_free(&lists->bias_tokens);
    sx_bytes_free(&lists->bias);
}
