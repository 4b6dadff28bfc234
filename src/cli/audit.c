/* An audit log opened with the key that a file holds. */
#include "audit.h"

#include <string.h>

#include "vault.h"

void sx_audit_option(sx_audit_source *source, const sx_args *args, int id)
{
    if (id == SX_OPT_AUDIT) source->log = args->value;
    if (id == SX_OPT_AUDIT_KEY) source->key_file = args->value;
    if (id == SX_OPT_TAG) source->tag = args->value;
}

bool sx_audit_get(const sx_command *cmd, const sx_audit_source *source, llm_audit **out)
{
    unsigned char key[SX_KEY_FILE_BYTES];
    llm_error err = LLM_ERROR_INIT;
    *out = NULL;
    if (!source->log && !source->key_file && !source->tag) return true;
    if (!source->log || !source->key_file) {
        sx_usage(cmd, source->log ? "an audit log needs its key: --audit-key-file FILE"
                                  : "a key or a tag needs its log: --audit LOG");
        return false;
    }
    bool ok = sx_key_file(cmd, source->key_file, key);
    if (ok) {
        ok = llm_audit_open(out, source->log, key, sizeof key, NULL, &err) == LLM_OK;
        if (!ok) sx_say(cmd, "%s", err.message);
    }
    explicit_bzero(key, sizeof key);
    return ok;
}
