/* What the guard is to look for and to do. */
#include "policy.h"

#include <stdlib.h>
#include <string.h>

static const char *const action_names[] = {"",     "allow",     "replace", "mask", "remove",
                                           "hash", "pseudonym", "review",  "block"};
enum { N_ACTIONS = sizeof action_names / sizeof *action_names };

const char *sx_action_name(uint32_t action)
{
    return action < N_ACTIONS ? action_names[action] : "";
}

static uint32_t action_by_name(const char *name)
{
    for (uint32_t i = 1; i < N_ACTIONS; i++)
        if (strcmp(action_names[i], name) == 0) return i;
    return 0;
}

void sx_policy_free(sx_policy *policy)
{
    sx_bytes_free(&policy->actions);
    sx_bytes_free(&policy->words);
    sx_bytes_free(&policy->types);
    sx_bytes_free(&policy->json);
    sx_bytes_free(&policy->folder);
}

static bool no_memory(const sx_command *cmd)
{
    sx_say(cmd, "out of memory");
    return false;
}

bool sx_policy_action(sx_policy *policy, const sx_command *cmd, const char *text)
{
    const char *equals = strchr(text, '=');
    const char *name = equals ? equals + 1 : text;
    uint32_t action = action_by_name(name);
    if (!action) {
        sx_usage(cmd, "'%s' is no action; there are allow, replace, mask, remove, hash, pseudonym, review and block",
                 name);
        return false;
    }
    if (equals) return sx_list_add(&policy->actions, text, strlen(text)) || no_memory(cmd);
    policy->default_action = action;
    return true;
}

bool sx_policy_words(sx_policy *policy, const sx_command *cmd, const char *path)
{
    sx_bytes text = {0};
    bool ok = sx_read_all(cmd, path, &text);
    for (size_t at = 0; ok && at < text.len;) {
        const char *nl = memchr(text.data + at, '\n', text.len - at);
        size_t end = nl ? (size_t)(nl - text.data) : text.len, len = end - at;
        if (len && text.data[at + len - 1] == '\r') len--;
        if (memchr(text.data + at, '\0', len)) {
            sx_say(cmd, "%s holds a NUL byte: a word list is text, one word per line", path);
            ok = false;
        } else if (!sx_list_add(&policy->words, text.data + at, len)) {
            ok = no_memory(cmd);
        }
        at = end + 1;
    }
    sx_bytes_free(&text);
    return ok;
}

/* A key of the policy's own; what is no JSON is the library's to tell. */
static bool says(const sx_bytes *json, const char *key, const char *other)
{
    json_t *in = json_loadb(json->data, json->len, 0, NULL);
    bool found = json_object_get(in, key) || json_object_get(in, other);
    json_decref(in);
    return found;
}

static bool one_policy(const sx_policy *policy, const sx_command *cmd)
{
    if (!policy->json.len) return true;
    sx_usage(cmd, "give one --policy or --preset; a policy takes presets in by {\"preset\": [\"gdpr\", \"pci\"]}");
    return false;
}

bool sx_policy_file(sx_policy *policy, const sx_command *cmd, const char *path)
{
    if (!one_policy(policy, cmd) || !sx_read_all(cmd, path, &policy->json)) return false;
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    policy->path = path;
    if (!sx_bytes_add(&policy->folder, slash ? path : ".", slash ? n + (n == 0) : 1) ||
        !sx_bytes_add(&policy->folder, "", 1))
        return no_memory(cmd);
    if (policy->json.len == 0) {
        sx_say(cmd, "%s is empty: a policy is a JSON object", path);
        return false;
    }
    return true;
}

bool sx_policy_preset(sx_policy *policy, const sx_command *cmd, const char *name)
{
    if (!one_policy(policy, cmd)) return false;
    json_t *in = json_pack("{s:s}", "preset", name);
    char *text = json_dumps(in, 0);
    json_decref(in);
    bool ok = text && sx_bytes_add(&policy->json, text, strlen(text));
    free(text);
    if (!ok) sx_say(cmd, "the name of a preset is text in UTF-8, such as gdpr");
    return ok;
}

static llm_status add_words(llm_guard *guard, const char *list, llm_error *err)
{
    llm_status st = LLM_OK;
    for (const char *w = list; st == LLM_OK && w && *w; w += strlen(w) + 1)
        st = llm_guard_add_word(guard, w, strlen(w), err);
    return st;
}

static llm_status set_actions(const sx_policy *policy, llm_guard *guard, llm_error *err)
{
    bool url_named = false;
    llm_status st = LLM_OK;
    for (const char *a = policy->actions.data; st == LLM_OK && a && *a; a += strlen(a) + 1) {
        const char *equals = strchr(a, '=');
        char type[128];
        snprintf(type, sizeof type, "%.*s", (int)(equals - a), a);
        url_named = url_named || strcmp(type, "URL") == 0;
        st = llm_guard_set_action(guard, type, LLM_DIR_ALL, action_by_name(equals + 1), err);
    }
    /* pseudonyms were chosen by naming a vault, not type by type: addresses of web pages stay readable as ever */
    if (st == LLM_OK && policy->vault && !policy->default_action && !policy->json.len && !url_named)
        st = llm_guard_set_action(guard, "URL", LLM_DIR_ALL, LLM_ACTION_ALLOW, err);
    return st;
}

llm_status sx_policy_guard(const sx_policy *policy, const char *extra, llm_guard **out, llm_error *err)
{
    llm_guard_opts opts = LLM_GUARD_OPTS_INIT;
    bool pseudonyms = policy->vault && !(policy->json.len && says(&policy->json, "default", "preset"));
    opts.default_action = policy->default_action ? policy->default_action : pseudonyms ? LLM_ACTION_PSEUDONYM : 0;
    opts.max_hold = policy->max_hold;
    opts.policy = policy->json.len ? policy->json.data : NULL;
    opts.policy_len = policy->json.len;
    opts.files = policy->folder.data;
    opts.cache = policy->cache;
    llm_guard *guard = NULL;
    llm_status st = llm_guard_create(&guard, &opts, err);
    if (st != LLM_OK && policy->path) {
        llm_error inner = *err;
        sx_error_set(err, st, "%s: %s", policy->path, inner.message);
    }
    if (st == LLM_OK && policy->vault) st = llm_guard_set_vault(guard, policy->vault, err);
    if (st == LLM_OK && policy->audit) st = llm_guard_set_audit(guard, policy->audit, err);
    if (st == LLM_OK) st = set_actions(policy, guard, err);
    if (st == LLM_OK) st = add_words(guard, policy->words.data, err);
    if (st == LLM_OK) st = add_words(guard, extra, err);
    if (st == LLM_OK)
        *out = guard;
    else
        llm_guard_free(guard);
    return st;
}
