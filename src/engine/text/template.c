/* One rendering: lex, parse, run; everything made on the way goes with the arena. */
#include "engine/text/template.h"

#include <string.h>

#include "engine/text/jinja/jinja.h"

enum { MAX_SOURCE = 1 << 20, MAX_TEXT = 32 << 20 };

/* Jinja2 reads all line ends as \n. */
static char *plain_lines(sx_mem *mem, const char *source, size_t *len)
{
    char *copy = sx_mem_alloc(mem, *len + 1);
    if (!copy) return NULL;
    size_t n = 0;
    for (size_t i = 0; i < *len; i++) {
        bool cr = source[i] == '\r';
        if (cr && i + 1 < *len && source[i + 1] == '\n') continue;
        copy[n++] = cr ? '\n' : source[i];
    }
    copy[n] = '\0';
    *len = n;
    return copy;
}

static void run(jinja *j, const char *source, size_t len, const char *vars, size_t vars_len)
{
    jvalue root = sx_j_read_json(j, vars, vars_len);
    if (j->status == LLM_OK && root.kind != J_DICT)
        j->status = sx_fail(j->err, LLM_E_FORMAT, "the template's variables must be a JSON object");
    if (j->status != LLM_OK || !sx_j_lex(j, source, len)) return;
    jnode *program = sx_j_parse(j);
    jscope *scope = sx_j_scope(j, NULL);
    if (j->status != LLM_OK) return;
    const jvalue *now = sx_j_get_name(j, root.u.dict, (jstr){"now", 3});
    if (now && now->kind == J_STR) j->now = now->u.str;
    scope->vars = *root.u.dict;
    j->globals = scope;
    sx_j_run(j, sx_j_scope(j, scope), program);
}

llm_status sx_template_render(sx_mem *mem, const char *source, size_t source_len, const char *vars, size_t vars_len,
                              sx_buf *out, llm_error *err)
{
    if (source_len > MAX_SOURCE)
        return sx_fail(err, LLM_E_LIMIT, "the chat template has %zu bytes; the limit is %d", source_len, MAX_SOURCE);
    char *plain = plain_lines(mem, source, &source_len);
    if (!plain) return sx_fail_memory(err);
    sx_buf text;
    sx_buf_init(&text, mem, MAX_TEXT);
    jinja j = {.mem = mem, .err = err, .line = 1, .out = &text};
    sx_arena_init(&j.arena, mem);
    run(&j, plain, source_len, vars, vars_len);
    llm_status status = j.status;
    if (status == LLM_OK) {
        sx_buf_add(out, sx_buf_cstr(&text), text.len);
        status = sx_buf_status(out) == LLM_E_MEMORY ? sx_fail_memory(err) : sx_buf_status(out);
    }
    sx_mem_free(mem, j.tokens);
    sx_arena_free(&j.arena);
    sx_buf_free(&text);
    sx_mem_free(mem, plain);
    return status;
}
