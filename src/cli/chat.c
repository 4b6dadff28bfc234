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
