/* Which of our splits a chain of pre-tokenizers is. tokenizer.json states regular expressions; our splits are matchers by
 * name (engine/text/split.c), so the expressions are recognised, letter by letter, and never run. */
#include <string.h>

#include "engine/model/hf/vocab.h"

enum { MAX_STEPS = 8 };

#define LLAMA3 \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| " \
    "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define QWEN2 \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| " \
    "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define GPT2  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define ENDS  "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
#define GPT4O \
    "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+" ENDS "|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER "*" ENDS \
    "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define TEKKEN \
    "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER \
    "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define DEEPSEEK3 \
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| " \
    "?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define BLOOM " ?[^(\\s|[.,!?\xe2\x80\xa6\xe3\x80\x82\xef\xbc\x8c\xe3\x80\x81\xe0\xa5\xa4\xdb\x94\xd8\x8c])]+"

/* Steps: an expression; "\1" digits one by one, "\2" runs of digits, "\3" ByteLevel with its own expression (GPT-2's),
 * "\4" without, "\5" runs of punctuation. */
static const struct {
    const char *steps[MAX_STEPS];
    const char *name;
} known[] = {
    {{"\3"}, "gpt-2"},
    {{GPT2, "\4"}, "gpt-2"},
    {{"\1", "\3"}, "starcoder"},
    {{"\1", GPT2, "\4"}, "starcoder"},
    {{LLAMA3, "\4"}, "dbrx"},
    {{QWEN2, "\4"}, "qwen2"},
    {{GPT4O, "\4"}, "gpt-4o"},
    {{TEKKEN, "\4"}, "tekken"},
    {{"\\p{N}{1,3}", "[\xe4\xb8\x80-\xe9\xbe\xa5\xe3\x81\x80-\xe3\x82\x9f\xe3\x82\xa0-\xe3\x83\xbf]+", DEEPSEEK3, "\4"},
     "deepseek-v3"},
    {{"\5", "\3", "\2", "[0-9][0-9][0-9]"}, "falcon"},
    {{BLOOM, "\4"}, "bloom"},
};

/* A step as the table writes it; NULL: none of those. */
static const char *signature(const sx_json *step)
{
    const char *type = sx_json_get_str(step, "type", ""), *how = sx_json_get_str(step, "behavior", "Isolated");
    if (strcmp(type, "ByteLevel") == 0) return sx_json_get_bool(step, "use_regex", true) ? "\3" : "\4";
    if (strcmp(type, "Digits") == 0) return sx_json_get_bool(step, "individual_digits", false) ? "\1" : "\2";
    if (strcmp(type, "Punctuation") == 0) return strcmp(how, "Contiguous") == 0 ? "\5" : NULL;
    if (strcmp(type, "Split") != 0 || strcmp(how, "Isolated") != 0 || sx_json_get_bool(step, "invert", false))
        return NULL;
    return sx_json_get_str(sx_json_get(step, "pattern"), "Regex", NULL);
}

const char *sx_hf_split_name(const sx_json *pre, bool ignore_merges)
{
    const char *steps[MAX_STEPS + 1] = {NULL};
    const sx_json *list = sx_json_get(pre, "pretokenizers");
    uint32_t n = 0;
    if (!sx_json_is(list, SX_JSON_ARRAY))
        steps[n++] = signature(pre);
    else if (list->count < MAX_STEPS)
        for (const sx_json *s = list->first; s; s = s->next) steps[n++] = signature(s);
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        uint32_t i = 0;
        while (i < n && steps[i] && known[k].steps[i] && strcmp(steps[i], known[k].steps[i]) == 0) i++;
        if (n == 0 || i < n || known[k].steps[i]) continue;
        bool whole = strcmp(known[k].name, "tekken") == 0;
        if (strcmp(known[k].name, "dbrx") == 0) return ignore_merges ? "llama-bpe" : known[k].name;
        return whole == ignore_merges ? known[k].name : NULL;
    }
    return NULL;
}
