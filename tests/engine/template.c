/* Chat templates: the language as Jinja2 has it, and what must end in an error. Expected texts were made with Jinja2 3.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/text/template.h"
#include "fail_alloc.h"

static llm_status render(sx_mem *mem, const char *source, const char *vars, sx_buf *out, llm_error *err)
{
    return sx_template_render(mem, source, strlen(source), vars, strlen(vars), out, err);
}

static void texts_equal_those_of_jinja2(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a\n{% if true %}\n  b\n{% endif %}\nc\n", "{}", "a\n  b\nc"},
        {"x   {%- if true -%}   y   {%- endif -%}   z", "{}", "xyz"},
        {"  {% if true %}t{% endif %}\n  {{ 1 }}", "{}", "t  1"},
        {"{% for i in [1,2,3] %}{{ loop.index }}/{{ loop.length }}{{ ',' if not loop.last }}{% endfor %}", "{}", "1/3,2/3,3/3"},
        {"{% set ns = namespace(n=0) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "{}", "6"},
        {"{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}", "{}", "1"},
        {"{{ m.content }}|{{ m['role'] }}|{{ m.none is defined }}|{{ nothing }}", "{\"m\":{\"role\":\"user\",\"content\":\"hi\"}}", "hi|user|False|"},
        {"{{ {'a': [1, 2.5, none, true], 'b': 'é\\n\"'} | tojson }}", "{}", "{\"a\": [1, 2.5, null, true], \"b\": \"é\\n\\\"\"}"},
        {"{{ [1,{'a':2}] | tojson(indent=2) }}", "{}", "[\n  1,\n  {\n    \"a\": 2\n  }\n]"},
        {"{{ [1, 'a', \"it's\", none, 1.0] }}", "{}", "[1, 'a', \"it's\", None, 1.0]"},
        {"{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 3 }} {{ 1 ~ 'x' }}", "{}", "3 -4 2 3.5 8 1x"},
        {"{{ 'abcdef'[1:4] }} {{ 'abc'[::-1] }} {{ [1,2,3][-1] }} {{ 'h\u00e9'|length }}", "{}", "bcd cba 3 2"},
        {"{{ '  x '.strip() }}|{{ 'a,b,c'.split(',')|join('+') }}|{{ 'ab'.upper() }}|{{ 'x'|upper }}|{{ 'aXbX'.replace('X','') }}", "{}", "x|a+b+c|AB|X|ab"},
        {"{% macro f(a, b='z') %}[{{ a }}{{ b }}]{% endmacro %}{{ f(1) }}{{ f(2, b=3) }}", "{}", "[1z][23]"},
        {"{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{\"d\":{\"x\":1,\"y\":2}}", "x=1;y=2;"},
        {"{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}{% if i > 3 %}{% break %}{% endif %}{{ i }}{% endfor %}", "{}", "023"},
        {"{{ a|default('d') }}{{ ''|default('e', true) }}{{ x is none }}", "{\"x\":null}", "deTrue"},
        {"{{ l|selectattr('t','equalto','a')|map(attribute='v')|list }}", "{\"l\":[{\"t\":\"a\",\"v\":1},{\"t\":\"b\",\"v\":2}]}", "[1]"},
        {"{% set t %}in{{ 1 }}{% endset %}<{{ t }}>{% raw %}{{ no }}{% endraw %}{# gone #}", "{}", "<in1>{{ no }}"},
        {"{{ 'b' in 'abc' }}{{ 3 not in [1,2] }}{{ 1 < 2 <= 2 }}{{ 'a' if false else 'b' }}", "{}", "TrueTrueTrueb"},
        {"{{ strftime_now('%d %B %Y') }}", "{\"now\":\"2026-01-02T03:04:05\"}", "02 January 2026"},
        {"{% call wrap() %}body{% endcall %}", "{}", ""},
        {"{{ 1e16 }} {{ 0.1 + 0.2 }} {{ 1e-7 }}", "{}", "1e+16 0.30000000000000004 1e-07"},
        {"{{ 'x' * 3 }}{{ [1] + [2] }}{{ d.get('q', 5) }}{{ d|length }}", "{\"d\":{\"x\":1}}", "xxx[1, 2]51"},
    };
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_buf out;
        sx_buf_init(&out, &mem, 0);
        llm_error err = LLM_ERROR_INIT;
        llm_status status = render(&mem, cases[i][0], cases[i][1], &out, &err);
        if (strstr(cases[i][0], "call wrap")) assert_int_equal(status, LLM_E_INVALID); /* wrap is undefined */
        else if (status != LLM_OK) fail_msg("%s: %s", cases[i][0], err.message);
        else assert_string_equal(sx_buf_cstr(&out), cases[i][2]);
        sx_buf_free(&out);
    }
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
}

static void bad_templates_end_in_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *source, *vars;
        llm_status status;
        const char *says;
    } cases[] = {
        {"{{ raise_exception('only users') }}", "{}", LLM_E_INVALID, "only users"},
        {"a\n{% if x", "{}", LLM_E_FORMAT, "line 2"},
        {"{% if 1 %}", "{}", LLM_E_FORMAT, "missing"},
        {"{{ 1 | nonsense }}", "{}", LLM_E_FORMAT, "no filter nonsense"},
        {"{{ x.y.z }}", "{}", LLM_E_INVALID, "undefined"},
        {"{{ [1].append(2) }}", "{}", LLM_E_INVALID, "append"},
        {"{{ x }}", "[1]", LLM_E_FORMAT, "object"},
        {"{{ x }}", "{\"a\":", LLM_E_FORMAT, "JSON"},
        {"{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "{}", LLM_E_LIMIT, "line 1"},
        {"{% for i in range(99999) %}{% for k in range(99) %}{{ 'xxxxxxxxxxxxxxxx' }}{% endfor %}{% endfor %}", "{}", LLM_E_LIMIT, "line 1"},
        {"{% set ns = namespace(s='ab') %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "{}", LLM_E_LIMIT, "memory"},
        {"{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "{}", LLM_E_LIMIT, "deeper"},
        {"{{ 1 / 0 }}", "{}", LLM_E_INVALID, "zero"},
        {"{{ 'x' + 1 }}", "{}", LLM_E_INVALID, "str and int"},
    };
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_buf out;
        sx_buf_init(&out, &mem, 0);
        llm_error err = LLM_ERROR_INIT;
        assert_int_equal(render(&mem, cases[i].source, cases[i].vars, &out, &err), cases[i].status);
        if (!strstr(err.message, cases[i].says)) fail_msg("%s: %s", cases[i].source, err.message);
        assert_int_equal(out.len, 0);
        sx_buf_free(&out);
    }
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_buf source, out;
    sx_buf_init(&source, &mem, 0);
    sx_buf_init(&out, &mem, 0);
    sx_buf_str(&source, "{{ ");
    for (int i = 0; i < 100000; i++) sx_buf_char(&source, '(');
    sx_buf_char(&source, '1');
    for (int i = 0; i < 100000; i++) sx_buf_char(&source, ')');
    sx_buf_str(&source, " }}");
    assert_int_equal(render(&mem, source.data, "{}", &out, NULL), LLM_E_LIMIT);
    sx_buf_clear(&source);
    sx_buf_str(&source, "{\"a\":");
    for (int i = 0; i < 100000; i++) sx_buf_char(&source, '[');
    assert_int_equal(render(&mem, "x", source.data, &out, NULL), LLM_E_LIMIT);
    sx_buf_free(&source);
    sx_buf_free(&out);
}

static void every_failed_allocation_is_survived(void **state)
{
    (void)state;
    const char *source = "{% macro f(x) %}{{ x|upper }}{% endmacro %}{% for m in l %}{{ f(m.c) ~ loop.index }}{{ m|tojson }}{% endfor %}";
    const char *vars = "{\"l\":[{\"c\":\"one\"},{\"c\":\"two\"}]}";
    for (long n = 0;; n++) {
        fail_alloc fa;
        sx_mem mem;
        fail_alloc_init(&fa, &mem, n);
        sx_buf out;
        sx_buf_init(&out, &mem, 0);
        llm_status status = render(&mem, source, vars, &out, NULL);
        if (status == LLM_OK) assert_string_equal(sx_buf_cstr(&out), "ONE1{\"c\": \"one\"}TWO2{\"c\": \"two\"}");
        else assert_int_equal(status, LLM_E_MEMORY);
        sx_buf_free(&out);
        assert_int_equal(atomic_load(&mem.live_bytes), 0);
        if (status == LLM_OK) break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_equal_those_of_jinja2),
        cmocka_unit_test(bad_templates_end_in_a_sentence),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
