/* Chat templates of a model: its own program, its own BOS and EOS. */
#include "engine/engine.h"
#include "engine/session/model.h"
#include "engine/text/chat.h"
#include "engine/text/template.h"

/* A token's text as a JSON string; special tokens are plain ASCII or nearly so, and rendered whole. */
static llm_status put_token(const sx_model *m, sx_mem *mem, const char *name, sx_buf *out, llm_error *err)
{
    char text[256];
    int32_t token = sx_model_token(m, name);
    int64_t len = token < 0 ? 0 : sx_detokenize(m, mem, &token, 1, LLM_TOK_PARSE, text, sizeof text, err);
    if (len < 0) return (llm_status)len;
    sx_buf_printf(out, "\"%s_token\":\"", name);
    for (int64_t i = 0; i < len && i < (int64_t)sizeof text; i++) {
        if (text[i] == '"' || text[i] == '\\') sx_buf_char(out, '\\');
        if ((unsigned char)text[i] >= 32) sx_buf_char(out, text[i]);
    }
    sx_buf_str(out, "\",");
    return LLM_OK;
}

/* The caller's object with the model's tokens in front: of two fields of one name the later, the caller's, counts. */
static llm_status with_tokens(const sx_model *m, sx_mem *mem, const char *vars, size_t len, sx_buf *out, llm_error *err)
{
    size_t at = 0;
    while (at < len && vars[at] != '{') at++;
    if (!m || at == len) {
        sx_buf_add(out, vars, len);
        return LLM_OK;
    }
    sx_buf_char(out, '{');
    llm_status status = put_token(m, mem, "bos", out, err);
    if (status == LLM_OK) status = put_token(m, mem, "eos", out, err);
    size_t rest = at + 1;
    while (rest < len && (vars[rest] == ' ' || vars[rest] == '\n' || vars[rest] == '\t' || vars[rest] == '\r')) rest++;
    if (rest < len && vars[rest] == '}' && out->len) sx_buf_drop_last(out, 1); /* no comma before the end */
    sx_buf_add(out, vars + at + 1, len - at - 1);
    return status;
}

llm_status sx_model_template(const sx_model *m, sx_mem *mem, const char *source, size_t source_len, const char *vars,
                             size_t vars_len, sx_buf *out, llm_error *err)
{
    if (!source && !(m && sx_gguf_str(m->gguf, "tokenizer.chat_template", &source, &source_len)))
        return sx_fail(err, LLM_E_NOT_FOUND, "the model file has no chat template: pass one as source");
    sx_buf all;
    sx_buf_init(&all, mem, 0);
    llm_status status = with_tokens(m, mem, vars, vars_len, &all, err);
    if (status == LLM_OK && sx_buf_status(&all) != LLM_OK) status = sx_fail_memory(err);
    if (status == LLM_OK)
        status = sx_template_render(mem, source, source_len, sx_buf_cstr(&all), all.len, NULL, out, err);
    sx_buf_free(&all);
    return status;
}

llm_status sx_model_answer(const sx_model *m, sx_mem *mem, const char *source, size_t source_len, const char *prompt,
                           size_t prompt_len, const char *text, size_t len, bool partial, sx_buf *out, llm_error *err)
{
    if (!source && !(m && sx_gguf_str(m->gguf, "tokenizer.chat_template", &source, &source_len))) source_len = 0;
    const sx_chat_answer answer = {.format = sx_chat_format_of(source ? source : "", source_len),
                                   .prompt = prompt,
                                   .prompt_len = prompt_len,
                                   .text = text,
                                   .len = len,
                                   .partial = partial};
    return sx_chat_parse(mem, &answer, out, err);
}
