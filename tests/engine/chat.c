/* Answers of published models, read into content, reasoning and calls; each cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/text/chat.h"
#include "platform/json.h"

#define BAR       "\xef\xbd\x9c"
#define BLOCK     "\xe2\x96\x81"
#define DS(words) "<" BAR words BAR ">"

typedef struct sample {
    const char *template; /* marks that stand in the model's template */
    const char *prompt, *text, *want;
} sample;

#define CALL(id, name, args) \
    "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"arguments\":\"" args "\"}}"
#define PARIS "{\\\"city\\\":\\\"Paris\\\"}"

static const sample samples[] = {
    /* plain */
    {"", "", "Hello <b> & [x] \n", "{\"content\":\"Hello <b> & [x] \\n\"}"},
    {"", "<think>\n", "I see.\n</think>\n\nYes.", "{\"content\":\"Yes.\",\"reasoning\":\"I see.\"}"},
    {"", "", "<think>\n\n</think>\n\nYes.", "{\"content\":\"Yes.\"}"},
    {"", "", "<think>never closed", "{\"content\":\"\",\"reasoning\":\"never closed\"}"},
    /* Hermes, Qwen */
    {"<tool_call>", "", "<tool_call>\n{\"name\": \"get\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>",
     "{\"content\":\"\",\"tool_calls\":[" CALL("call_0", "get", PARIS) "]}"},
    {"<tool_call>", "",
     "<think>\nHm.\n</think>\n\nLet me look.\n<tool_call>\n{\"name\": \"get\", \"arguments\": {\"s\": \"</tool_call>\"}}\n"
     "</tool_call>\n<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>",
     "{\"content\":\"Let me look.\",\"reasoning\":\"Hm.\",\"tool_calls\":[" CALL(
         "call_0", "get", "{\\\"s\\\":\\\"</tool_call>\\\"}") "," CALL("call_1", "now", "{}") "]}"},
    {"<tool_call>", "", "<tool_call>\n{\"name\": \"get\", \"arguments\": {}}",
     "{\"content\":\"\",\"tool_calls\":[" CALL("call_0", "get", "{}") "]}"},
    {"<tool_call>", "", "<tool_call>\n{\"name\": \"get\", \"argum", /* cut off: no call */
     "{\"content\":\"<tool_call>\\n{\\\"name\\\": \\\"get\\\", \\\"argum\",\"malformed\":true}"},
    {"<tool_call>", "", "<tool_call>{\"name\": 3}</tool_call> so",
     "{\"content\":\"<tool_call>{\\\"name\\\": 3}</tool_call> so\",\"malformed\":true}"},
    {"<tool_call>", "", "<tool_call>{\"name\": \"get\", \"arguments\": {'a': 1}}</tool_call>",
     "{\"content\":\"<tool_call>{\\\"name\\\": \\\"get\\\", \\\"arguments\\\": {'a': 1}}</tool_call>\",\"malformed\":true}"},
    /* Qwen3-Coder */
    {"<tool_call>", "",
     "<tool_call>\n<function=get>\n<parameter=city>\nParis\n</parameter>\n<parameter=days>\n3\n</parameter>\n"
     "<parameter=code>\nif (a < b) {\n  x();\n}\n</parameter>\n</function>\n</tool_call>",
     "{\"content\":\"\",\"tool_calls\":[" CALL(
         "call_0", "get",
         "{\\\"city\\\":\\\"Paris\\\",\\\"days\\\":3,\\\"code\\\":\\\"if (a < b) {\\\\n  x();\\\\n}\\\"}") "]}"},
    /* GLM 4.5 */
    {"<tool_call>", "",
     "<think></think>\n<tool_call>get\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n<arg_key>n</arg_key>\n"
     "<arg_value>[1, 2]</arg_value>\n</tool_call>",
     "{\"content\":\"\",\"tool_calls\":[" CALL("call_0", "get", "{\\\"city\\\":\\\"Paris\\\",\\\"n\\\":[1,2]}") "]}"},
    /* Llama 3.1 */
    {"<|python_tag|>", "", "{\"name\": \"get\", \"parameters\": {\"city\": \"Paris\"}}",
     "{\"content\":\"\",\"tool_calls\":[" CALL("call_0", "get", PARIS) "]}"},
    {"<|python_tag|>", "",
     "<|python_tag|>{\"name\": \"get\", \"parameters\": {\"city\": \"Paris\"}}; {\"name\": \"now\", \"parameters\": {}}",
     "{\"content\":\"\",\"tool_calls\":[" CALL("call_0", "get", PARIS) "," CALL("call_1", "now", "{}") "]}"},
    {"<|python_tag|>", "", "<|python_tag|>print(\"hi\")",
     "{\"content\":\"\",\"tool_calls\":[" CALL("call_0", "code_interpreter",
                                               "{\\\"code\\\":\\\"print(\\\\\\\"hi\\\\\\\")\\\"}") "]}"},
    {"<|python_tag|>", "", "{\"answer\": 42} is it", "{\"content\":\"{\\\"answer\\\": 42} is it\"}"},
    {"<|start_header_id|> \"parameters\":", "", "{\"name\": \"get\", \"parameters\": {}}",
     "{\"content\":\"\",\"tool_calls\":[" CALL("call_0", "get", "{}") "]}"},
    /* Functionary */
    {"<function= <|python_tag|>", "", "Well. <function=get>{\"city\": \"Paris\"}</function>",
     "{\"content\":\"Well.\",\"tool_calls\":[" CALL("call_0", "get", PARIS) "]}"},
    /* Mistral: a list; names with arguments; ids; reasoning */
    {"[TOOL_CALLS]", "",
     "[TOOL_CALLS] [{\"name\": \"get\", \"arguments\": {\"city\": \"Paris\"}, \"id\": \"9Ae3bDc2F\"}]",
     "{\"content\":\"\",\"tool_calls\":[" CALL("9Ae3bDc2F", "get", PARIS) "]}"},
    {"[TOOL_CALLS]", "", "Sure.[TOOL_CALLS]get[ARGS]{\"city\": \"Paris\"}[TOOL_CALLS]now[CALL_ID]abc[ARGS]{}",
     "{\"content\":\"Sure.\",\"tool_calls\":[" CALL("call_0", "get", PARIS) "," CALL("abc", "now", "{}") "]}"},
    {"[TOOL_CALLS] [THINK]", "", "[THINK]Why?[/THINK]Because.", "{\"content\":\"Because.\",\"reasoning\":\"Why?\"}"},
    /* DeepSeek V3 and R1, then V3.1 */
    {DS("tool" BLOCK "calls" BLOCK "begin"), "<think>\n",
     "Hm.</think>\n\n" DS("tool" BLOCK "calls" BLOCK "begin")
         DS("tool" BLOCK "call" BLOCK "begin") "function" DS("tool" BLOCK "sep") "get\n```json\n{\"city\": \"Paris\"}\n```" DS(
             "tool" BLOCK "call" BLOCK
             "end") "\n" DS("tool" BLOCK "call" BLOCK
                            "begin") "function" DS("tool" BLOCK "sep") "now\n```json\n{}\n```" DS("tool" BLOCK
                                                                                                  "call" BLOCK "end")
             DS("tool" BLOCK "calls" BLOCK "end"),
     "{\"content\":\"\",\"reasoning\":\"Hm.\",\"tool_calls\":[" CALL("call_0", "get", PARIS) "," CALL("call_1", "now",
                                                                                                      "{}") "]}"},
    {DS("tool" BLOCK "calls" BLOCK "begin"), "",
     "Ok" DS("tool" BLOCK "calls" BLOCK "begin") DS("tool" BLOCK "call" BLOCK "begin") "get" DS(
         "tool" BLOCK "sep") "{\"city\": \"Paris\"}" DS("tool" BLOCK "call" BLOCK "end")
         DS("tool" BLOCK "calls" BLOCK "end"),
     "{\"content\":\"Ok\",\"tool_calls\":[" CALL("call_0", "get", PARIS) "]}"},
    /* Kimi K2 */
    {"<|tool_calls_section_begin|>", "",
     "<|tool_calls_section_begin|><|tool_call_begin|>functions.get:0<|tool_call_argument_begin|>{\"city\": \"Paris\"}"
     "<|tool_call_end|><|tool_calls_section_end|>",
     "{\"content\":\"\",\"tool_calls\":[" CALL("functions.get:0", "get", PARIS) "]}"},
    /* Command R7B */
    {"<|START_ACTION|>", "",
     "<|START_THINKING|>I will look.<|END_THINKING|><|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"get\", "
     "\"parameters\": {\"city\": \"Paris\"}}\n]<|END_ACTION|>",
     "{\"content\":\"\",\"reasoning\":\"I will look.\",\"tool_calls\":[" CALL("0", "get", PARIS) "]}"},
    {"<|START_ACTION|>", "", "<|START_RESPONSE|>Hello<|END_RESPONSE|>", "{\"content\":\"Hello\"}"},
    /* gpt-oss */
    {"<|channel|> <|start|>", "",
     "<|channel|>analysis<|message|>Look it up.<|end|><|start|>assistant<|channel|>commentary to=functions.get "
     "<|constrain|>json<|message|>{\"city\":\"Paris\"}<|call|>",
     "{\"content\":\"\",\"reasoning\":\"Look it up.\",\"tool_calls\":[" CALL("call_0", "get", PARIS) "]}"},
    {"<|channel|> <|start|>", "",
     "<|channel|>analysis<|message|>Easy.<|end|><|start|>assistant<|channel|>final<|message|>Yes.<|return|>",
     "{\"content\":\"Yes.\",\"reasoning\":\"Easy.\"}"},
};

enum { SAMPLES = sizeof samples / sizeof *samples };

static void read_answer(const sample *s, size_t len, bool partial, sx_mem *mem, sx_buf *out)
{
    sx_buf_clear(out);
    const sx_chat_answer a = {.format = sx_chat_format_of(s->template, strlen(s->template)),
                              .prompt = s->prompt,
                              .prompt_len = strlen(s->prompt),
                              .text = s->text,
                              .len = len,
                              .partial = partial};
    llm_error err = {sizeof err, 0, ""};
    if (sx_chat_parse(mem, &a, out, &err) != LLM_OK) fail_msg("%s", err.message);
}

static void test_answers(void **state)
{
    (void)state;
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    for (size_t i = 0; i < SAMPLES; i++) {
        read_answer(&samples[i], strlen(samples[i].text), false, &mem, &out);
        assert_string_equal(sx_buf_cstr(&out), samples[i].want);
    }
    sx_buf_free(&out);
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
}

static void starts(const sx_json *part, const sx_json *whole, const char *key)
{
    const sx_json *p = sx_json_get(part, key), *w = sx_json_get(whole, key);
    if (!p || p->len == 0) return;
    assert_non_null(w);
    if (p->len > w->len) fail_msg("%s: \"%s\" is not the beginning of \"%s\"", key, p->text, w->text);
    assert_memory_equal(p->text, w->text, p->len);
}

static const sx_json *parse(const sx_buf *b, sx_arena *arena)
{
    const sx_json *v;
    assert_int_equal(sx_json_parse(&v, arena, "answer", b->data, b->len, NULL), LLM_OK);
    return v;
}

/* What is given out for a beginning is never taken back, and no call is read before it is whole. */
static void test_cut_everywhere(void **state)
{
    (void)state;
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    for (size_t i = 0; i < SAMPLES; i++) {
        const sample *s = &samples[i];
        sx_arena arena;
        sx_arena_init(&arena, &mem);
        read_answer(s, strlen(s->text), false, &mem, &out);
        const sx_json *whole = parse(&out, &arena);
        for (size_t len = 0; len <= strlen(s->text); len++) {
            read_answer(s, len, false, &mem, &out);
            parse(&out, &arena);
            read_answer(s, len, true, &mem, &out);
            const sx_json *part = parse(&out, &arena);
            starts(part, whole, "content");
            starts(part, whole, "reasoning");
            const sx_json *a = sx_json_get(part, "tool_calls"), *b = sx_json_get(whole, "tool_calls");
            if (!a) continue;
            assert_non_null(b);
            a = a->first;
            for (b = b->first; a; a = a->next, b = b->next) {
                assert_non_null(b);
                const sx_json *x = sx_json_get(a, "function"), *y = sx_json_get(b, "function");
                assert_string_equal(sx_json_get_str(x, "name", ""), sx_json_get_str(y, "name", "?"));
                assert_string_equal(sx_json_get_str(x, "arguments", ""), sx_json_get_str(y, "arguments", "?"));
            }
        }
        sx_arena_free(&arena);
    }
    sx_buf_free(&out);
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers), cmocka_unit_test(test_cut_everywhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
