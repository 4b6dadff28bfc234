/* Chat templates: messages to the text that a model reads. */
#include "chat.h"

#include <stdlib.h>
#include <string.h>

static llm_status no_memory(llm_error *err)
{
    sx_error_set(err, LLM_E_MEMORY, "Out of memory.");
    return LLM_E_MEMORY;
}

static llm_status render(const llm_model *model, const sx_bytes *source, const char *vars, char **text, size_t *len,
                         llm_error *err)
{
    const char *from = source ? source->data : NULL;
    size_t from_len = source ? source->len : 0, capacity = 16384;
    for (;;) {
        char *room = malloc(capacity + 1);
        if (!room) return no_memory(err);
        int64_t n = llm_chat_template(model, from, from_len, vars, strlen(vars), room, capacity, err);
        if (n >= 0 && (uint64_t)n <= capacity) {
            *text = room;
            *len = (size_t)n;
            return LLM_OK;
        }
        free(room);
        if (n < 0) return (llm_status)n;
        capacity = (size_t)n;
    }
}

llm_status sx_chat_render(const llm_model *model, const sx_bytes *source, const json_t *vars, char **text, size_t *len,
                          llm_error *err)
{
    json_t *fields = json_copy((json_t *)vars);
    if (!fields) return no_memory(err);
    json_object_del(fields, "id");
    char *object = json_dumps(fields, JSON_COMPACT);
    json_decref(fields);
    if (!object) return no_memory(err);
    llm_status st = render(model, source, object, text, len, err);
    free(object);
    return st;
}

/* The answer's JSON, to be freed; NULL after a failure. */
static char *read_answer(const llm_model *model, const char *prompt, size_t prompt_len, const llm_reply *reply,
                         size_t *len, llm_error *err)
{
    const char *text = llm_reply_text(reply);
    size_t text_len = llm_reply_text_len(reply), capacity = text_len * 2 + 256;
    for (;;) {
        char *room = malloc(capacity);
        if (!room) {
            no_memory(err);
            return NULL;
        }
        int64_t n = llm_chat_parse(model, NULL, 0, prompt, prompt_len, text, text_len, 0, room, capacity, err);
        *len = n < 0 ? 0 : (size_t)n;
        if (n >= 0 && *len <= capacity) return room;
        free(room);
        if (n < 0) return NULL;
        capacity = *len;
    }
}

llm_status sx_chat_answer(const llm_model *model, const char *prompt, size_t prompt_len, const llm_reply *reply,
                          json_t *out, llm_error *err)
{
    static const char *const fields[][2] = {
        {"content", "text"}, {"reasoning", "reasoning"}, {"tool_calls", "tool_calls"}, {"malformed", "malformed"}};
    size_t len;
    char *text = read_answer(model, prompt, prompt_len, reply, &len, err);
    if (!text) return err->code;
    json_t *answer = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    free(text);
    if (!answer) return no_memory(err);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        json_t *v = json_object_get(answer, fields[i][0]);
        if (v) sx_json_set(out, fields[i][1], json_incref(v));
    }
    json_decref(answer);
    return LLM_OK;
}
