/* Chat templates: the language as Jinja2 has it, its bounds, every failure survived. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/text/template.h"
#include "fail_alloc.h"

static const char vars[] =
    "{\"messages\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":\" Hi \\u4e2d \"}],"
    "\"n\":7,\"f\":2.5,\"list\":[3,1,2],\"d\":{\"z\":1,\"a\":[true,null,\"q\\\"\"]},\"s\":\"abc def\"}";

static llm_status render(const char *source, const sx_template_params *params, sx_buf *out, sx_mem *mem, llm_error *err)
{
    sx_mem_init(mem, NULL);
    sx_buf_init(out, mem, 0);
    return sx_template_render(mem, source, strlen(source), vars, sizeof vars - 1, params, out, err);
}

static void expect(const char *source, const char *want)
{
    sx_mem mem;
    sx_buf out;
    llm_error err = {sizeof err, 0, ""};
    static const sx_template_params at = {.now = "2026-01-02T03:04:05"};
    if (render(source, &at, &out, &mem, &err) != LLM_OK) fail_msg("%s: %s", source, err.message);
    assert_string_equal(sx_buf_cstr(&out), want);
    sx_buf_free(&out);
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
}

static void refuse(const char *source, const sx_template_params *params, llm_status code, const char *words)
{
    sx_mem mem;
    sx_buf out;
    llm_error err = {sizeof err, 0, ""};
    llm_status status = render(source, params, &out, &mem, &err);
    if (status != code || !strstr(err.message, words)) fail_msg("%s: %d \"%s\"", source, status, err.message);
    assert_int_equal(out.len, 0);
    sx_buf_free(&out);
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
}

static void white_space_goes_where_jinja_takes_it(void **state)
{
    (void)state;
    expect("a\n", "a");
    expect("a\n\n", "a\n");
    expect("{% if true %}\n  a\n{% endif %}\nb", "  a\nb");
    expect("  {% if true %}x{% endif %}\n  y", "x  y");
    expect("a\n  {%+ if true %}x{% endif %}", "a\n  x");
    expect("a {%- if true -%} b {%- endif -%} c", "abc");
    expect("a {# note #}\nb", "a b");
    expect("a\r\nb {{- 1 -}} \n c", "a\nb1c");
    expect("{% raw %}{{ x }} {% if %}{% endraw %}", "{{ x }} {% if %}");
}

static void values_print_as_python_prints_them(void **state)
{
    (void)state;
    expect("{{ 1/2 }} {{ 7//2 }} {{ -7//2 }} {{ -7%3 }} {{ 2**10 }} {{ 1e20 }} {{ 0.1+0.2 }} {{ 3.0 }}",
           "0.5 3 -4 2 1024 1e+20 0.30000000000000004 3.0");
    expect("{{ d }} {{ [\"it's\"] }} {{ (1,) }} {{ none }} {{ true }}",
           "{'z': 1, 'a': [True, None, 'q\"']} [\"it's\"] (1,) None True");
    expect("{{ d|tojson }}{{ [1,{}]|tojson(indent=2) }}", "{\"z\": 1, \"a\": [true, null, \"q\\\"\"]}[\n  1,\n  {}\n]");
    expect("{{ d|tojson(separators=(',',':'), sort_keys=true) }}", "{\"a\":[true,null,\"q\\\"\"],\"z\":1}");
    expect("{{ messages[1].content|length }}{{ messages[1].content|trim }}{{ s[::-1] }}{{ s[-3:] }}", "6Hi \xe4\xb8\xad"
                                                                                                      "fed cbadef");
    expect(
        "{{ '{} {{}} {1} {x!r}'.format('a', 3, x='q') }}|{{ '{:>5}|{:<5}|{:05d}|{:.2f}'.format('a', 'b', 42, 3.14159) }}",
        "a {} 3 'q'|    a|b    |00042|3.14");
    expect("{{ 'ab'.center(5) }}|{{ 'abc'.center(6, '*') }}|{{ 'a'.center(4, '-') }}", "  ab |*abc**|-a--");
    expect("[{{ nothing }}{{ nothing|default('x') }}{{ ''|default('y', true) }}]", "[xy]");
}

static void statements_run(void **state)
{
    (void)state;
    expect("{% for m in messages if m.role != 'system' %}{{ loop.index }}{{ m.role }}{% else %}none{% endfor %}",
           "1user");
    expect(
        "{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i > 4 %}{% break %}{% endif %}{{ i }}{% endfor %}",
        "0134");
    expect(
        "{% set ns = namespace(n=0) %}{% for i in list %}{% set ns.n = ns.n + i %}{% set n = 0 %}{% endfor %}{{ ns.n }}{{ n }}",
        "67");
    expect("{% macro m(a, b=2) %}{{ a }}-{{ b }}{{ caller() if caller }};{% endmacro %}{{ m(1) }}{{ m(b=3, a=4) }}"
           "{% call m(5) %}!{% endcall %}",
           "1-2;4-3;5-2!;");
    expect("{% set x %}a{{ n }}{% endset %}{{ x|upper }}{% for k, v in d.items() %}{{ k }}{% endfor %}", "A7za");
    expect("{% for x in [1,[2,[3]]] recursive %}{{ '(' ~ loop(x) ~ ')' if x is iterable else x }}{% endfor %}",
           "1(2(3))");
    expect("{{ strftime_now('%d %B %Y %A %j') }}", "02 January 2026 Friday 002");
}

static void filters_tests_and_methods_work(void **state)
{
    (void)state;
    expect("{{ list|sort|join(',') }}{{ list|max }}{{ messages|map(attribute='role')|join('-') }}",
           "1,2,33system-user");
    expect("{{ messages|selectattr('role','equalto','user')|list|length }}{{ list|select('odd')|list }}", "1[3, 1]");
    expect("{{ s.split() }}{{ ' a b '.split(None, 1) }}{{ 'x,y'.rsplit(',') }}{{ s.replace('abc', 'z') }}",
           "['abc', 'def']['a', 'b ']['x', 'y']z def");
    expect("{{ '<a>'|e }}{{ '<b>' + '<c>'|safe }}{{ 'a\nb'|indent(2) }}", "&lt;a&gt;&lt;b&gt;<c>a\n  b");
    expect(
        "{{ n is odd }}{{ s is string }}{{ d is mapping }}{{ list is sequence }}{{ q is defined }}{{ n is divisibleby 7 }}",
        "TrueTrueTrueTrueFalseTrue");
    expect("{{ 'b' in 'abc' }}{{ 'z' in d }}{{ 1 < 2 < 3 }}{{ not n }}{{ '%s=%d' % ('a', 2) }}",
           "TrueTrueTrueFalsea=2");
}

static void mistakes_are_told_with_their_line(void **state)
{
    (void)state;
    refuse("a\n{{ raise_exception('no tools here') }}", NULL, LLM_E_INVALID,
           "line 2: the template refuses this input: no tools here");
    refuse("{% if n %}", NULL, LLM_E_FORMAT, "elif");
    refuse("{{ 'open }}", NULL, LLM_E_FORMAT, "not closed");
    refuse("{{ 1 + }}", NULL, LLM_E_FORMAT, "expected a value");
    refuse("{% include 'x' %}", NULL, LLM_E_UNSUPPORTED, "\"include\"");
    refuse("{{ n|frobnicate }}", NULL, LLM_E_UNSUPPORTED, "\"frobnicate\"");
    refuse("{{ n is frobnicated }}", NULL, LLM_E_UNSUPPORTED, "\"frobnicated\"");
    refuse("{{ '{'.format(1) }}", NULL, LLM_E_INVALID, "stands alone");
    refuse("{{ '{0}'.format() }}", NULL, LLM_E_INVALID, "no argument");
    refuse("{{ '{:,}'.format(1000) }}", NULL, LLM_E_UNSUPPORTED, "{:,}");
    refuse("{{ nothing.x }}", NULL, LLM_E_INVALID, "nothing is not defined");
    refuse("{{ list.append(4) }}", NULL, LLM_E_INVALID, "may not do");
    refuse("{{ 1 + 'a' }}{{ 1 // 0 }}", NULL, LLM_E_INVALID, "cannot take a int and a str");
    refuse("{{ 9223372036854775807 + 1 }}", NULL, LLM_E_LIMIT, "64 bits");
}

static void bounds_hold(void **state)
{
    (void)state;
    static const sx_template_params small = {.max_steps = 100000, .max_bytes = 1 << 20};
    refuse("{% for i in range(1000000000) %}{% endfor %}", &small, LLM_E_LIMIT, "template line 1");
    refuse("{% for i in range(400) %}{% for j in range(400) %}{% endfor %}{% endfor %}",
           &(sx_template_params){.max_steps = 100000}, LLM_E_LIMIT, "stopped after");
    refuse("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", &small, LLM_E_LIMIT, "nest deeper");
    refuse("{{ 'x' * 100000000 }}", &small, LLM_E_LIMIT, "too long");
    refuse("{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
           &small, LLM_E_LIMIT, "memory");
    refuse("{% for i in range(30000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }}{% endfor %}", &small,
           LLM_E_LIMIT, "");
    char deep[4096] = "{{ ";
    for (int i = 0; i < 1000; i++) strcat(deep, "[");
    for (int i = 0; i < 1000; i++) strcat(deep, "]");
    strcat(deep, " }}");
    refuse(deep, NULL, LLM_E_LIMIT, "nest deeper");
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    llm_error err = {sizeof err, 0, ""};
    assert_int_equal(sx_template_render(&mem, "x", 1, "{\"a\":", 5, NULL, &out, &err), LLM_E_FORMAT);
    assert_int_equal(sx_template_render(&mem, "x", 1, "[1]", 3, NULL, &out, &err), LLM_E_FORMAT);
    assert_int_equal(sx_template_render(&mem, "x", 1, "{\"a\":\"\xff\"}", 9, NULL, &out, &err), LLM_E_FORMAT);
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
}

static void survives_every_failed_allocation(void **state)
{
    (void)state;
    static const char source[] =
        "{% macro m(x) %}{{ x|upper }}{% endmacro %}{% set t %}a{{ n }}{% endset %}{% for m2 in messages %}"
        "{{ m(m2.content.strip()) ~ t|replace('a', 'bb') }}{{ d|tojson(indent=1) }}{% endfor %}{{ list|sort }}"
        "{{ strftime_now('%Y') }}{{ '%s' % n }}{{ d }}{{ 'x\\n\\u4e2d' }}";
    for (long n = 0;; n++) {
        sx_mem mem;
        fail_alloc alloc;
        fail_alloc_init(&alloc, &mem, n);
        sx_buf out;
        sx_buf_init(&out, &mem, 0);
        llm_error err = {sizeof err, 0, ""};
        llm_status status = sx_template_render(&mem, source, sizeof source - 1, vars, sizeof vars - 1, NULL, &out,
                                               &err);
        sx_buf_free(&out);
        assert_int_equal(alloc.held, 0);
        if (status == LLM_OK) break;
        assert_int_equal(status, LLM_E_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(white_space_goes_where_jinja_takes_it),
        cmocka_unit_test(values_print_as_python_prints_them),
        cmocka_unit_test(statements_run),
        cmocka_unit_test(filters_tests_and_methods_work),
        cmocka_unit_test(mistakes_are_told_with_their_line),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
