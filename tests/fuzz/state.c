/* Any bytes as the saved state of a session. The first byte says how much of them is put right before (so that damage is
 * reached behind the head and behind the checksum): 1 the head's fixed fields, 2 the model's hash and the mark of its angles,
 * 4 the checksum. What is taken must come out again as it went in, and the session must go on; what is refused must leave it
 * as it was. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../engine/tiny.h"
#include "engine/engine.h"
#include "platform/crypto.h"

enum { HEAD = 72, KEPT = 3, BEFORE = 5, ROOM = 300 };

static sx_mem mem;
static sx_session *session;
static unsigned char *whole; /* a right state of KEPT positions */

static void begin(void)
{
    char path[256];
    tiny t = tiny_default;
    t.arch = "phi3"; /* layers with a window */
    t.window = 37;
    t.n_embd = 32;
    t.n_head = 2;
    t.n_head_kv = 1;
    sx_model *model;
    sx_mem_init(&mem, NULL);
    tiny_write(&t, path);
    if (sx_model_load(&model, &mem, path, &(sx_model_params){.threads = 1}, NULL) != LLM_OK) abort();
    unlink(path);
    const sx_session_params params = {ROOM, 64, LLM_KV_Q8_0};
    if (sx_session_create(&session, &mem, model, &params, NULL) != LLM_OK) abort();
    const int32_t tokens[] = {1, 7, 9};
    if (sx_session_eval(session, tokens, KEPT, false, NULL, NULL, NULL) != LLM_OK) abort();
    int64_t size = sx_session_export(session, NULL, 0, NULL);
    whole = size > 0 ? malloc((size_t)size) : NULL;
    if (!whole || sx_session_export(session, whole, (size_t)size, NULL) != size) abort();
}

static void put_right(unsigned char *bytes, size_t size, unsigned how)
{
    if ((how & 1) && size >= 16) memcpy(bytes, whole, 16);
    if ((how & 2) && size >= HEAD) {
        memcpy(bytes + 16, whole + 16, 32);
        memcpy(bytes + 56, whole + 56, 8);
    }
    if ((how & 4) && size >= SX_HASH_BYTES) sx_hash(bytes + size - SX_HASH_BYTES, bytes, size - SX_HASH_BYTES);
}

static void same_again(const unsigned char *bytes, size_t size)
{
    unsigned char *again = malloc(size);
    if (!again || sx_session_export(session, again, size, NULL) != (int64_t)size || memcmp(again, bytes, size) != 0)
        abort();
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int32_t before[BEFORE] = {3, 1, 4, 1, 5};
    if (size == 0) return 0;
    if (!session) begin();
    sx_session_truncate(session, 0);
    if (sx_session_eval(session, before, BEFORE, false, NULL, NULL, NULL) != LLM_OK) abort();
    unsigned char *bytes = malloc(size);
    if (!bytes) return 0;
    memcpy(bytes, data + 1, size - 1);
    put_right(bytes, size - 1, data[0]);
    llm_error err = {sizeof err, 0, ""};
    if (sx_session_import(session, bytes, size - 1, &err) == LLM_OK) {
        same_again(bytes, size - 1);
        uint32_t used = sx_session_used(session);
        if (used > 4 && sx_session_drop(session, 1, 3, &err) == LLM_OK && sx_session_used(session) != used - 2) abort();
        if (sx_session_used(session) < ROOM && sx_session_eval(session, before, 1, false, NULL, NULL, &err) != LLM_OK)
            abort();
    } else if (!err.message[0] || sx_session_used(session) != BEFORE) {
        abort();
    }
    free(bytes);
    return 0;
}
