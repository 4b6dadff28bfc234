/* Originals back in the place of placeholders and surrogates.
 *
 * How a placeholder may be written:
 *     exact   <PERSON_1>
 *     case    letters in any case: <Person_1>
 *     fuzzy   besides: other brackets ([PERSON_1], {…}, 《…》, &lt;…&gt;, ＜…＞), blanks inside of them, a blank, a dash or nothing for
 *             an underscore inside of brackets (< person 1 >), an underscore written \_ , and without brackets where the
 *             underscores stand (PERSON_1), not inside of a word
 * What the vault does not know stays as it is, so that a word that only looks so is not touched. */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/vault/rows.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

/* A placeholder as it was found: its bytes, and the name it stands for. */
typedef struct place {
    size_t len;
    char name[SX_PLACEHOLDER_MAX + 1]; /* "<TYPE_n>" */
    size_t name_len;
} place;

/* "<", capitals, digits and underscores, "_", digits, ">". */
static bool exact(const char *s, size_t n, bool any_case, place *p)
{
    size_t i = 1, digits = 0;
    if (n == 0 || s[0] != '<') return false;
    while (i < n && i < SX_PLACEHOLDER_MAX - 2 &&
           (sx_ascii_upper(s[i]) || (any_case && sx_ascii_letter(s[i])) || sx_ascii_digit(s[i]) || s[i] == '_')) {
        digits = sx_ascii_digit(s[i]) ? digits + 1 : 0;
        i++;
    }
    if (i >= n || s[i] != '>' || digits == 0 || i < digits + 3 || s[i - digits - 1] != '_') return false;
    p->len = p->name_len = i + 1;
    memcpy(p->name, s, i + 1);
    return true;
}

static const struct {
    const char *open, *close;
} BRACKETS[] = {{"<", ">"},
                {"[", "]"},
                {"{", "}"},
                {"&lt;", "&gt;"},
                {"\xe3\x80\x8a", "\xe3\x80\x8b"},
                {"\xef\xbc\x9c", "\xef\xbc\x9e"},
                {"\xe3\x80\x90", "\xe3\x80\x91"},
                {"\xe2\x9f\xa8", "\xe2\x9f\xa9"}};
enum { N_BRACKETS = sizeof BRACKETS / sizeof *BRACKETS };

static bool begins(const char *s, size_t n, const char *with)
{
    size_t len = strlen(with);
    return n >= len && memcmp(s, with, len) == 0;
}

static size_t blanks(const char *s, size_t n)
{
    size_t i = 0;
    while (i < n && i < 4 && (s[i] == ' ' || s[i] == '\t')) i++;
    return i;
}

/* Words of letters and digits with something between, the last of them a number: its canonical name. Loose: blanks, dashes and
 * nothing may stand for an underscore. Returns the bytes read, 0 for none. */
static size_t words(const char *s, size_t n, bool loose, place *p)
{
    char name[SX_PLACEHOLDER_MAX];
    size_t i = 0, at = 0, digits = 0;
    bool letters = false;
    while (i < n && at < sizeof name - 4) {
        bool bar = s[i] == '_' || (s[i] == '\\' && i + 1 < n && s[i + 1] == '_');
        bool gap = loose && (s[i] == ' ' || s[i] == '-');
        if (bar || gap) {
            size_t over = s[i] == '\\' ? 2 : gap ? (s[i] == '-' ? 1 : blanks(s + i, n - i)) : 1;
            bool on = i + over < n && (sx_ascii_letter(s[i + over]) || sx_ascii_digit(s[i + over]));
            if (!letters || !on) break;
            name[at++] = '_';
            i += over;
            digits = 0;
            continue;
        }
        if (!sx_ascii_letter(s[i]) && !sx_ascii_digit(s[i])) break;
        if (loose && sx_ascii_digit(s[i]) && digits == 0 && at > 0 && name[at - 1] != '_')
            name[at++] = '_'; /* PERSON1 */
        letters = letters || sx_ascii_letter(s[i]);
        digits = sx_ascii_digit(s[i]) ? digits + 1 : 0;
        name[at++] = sx_ascii_letter(s[i]) ? (char)(s[i] & ~32) : s[i];
        i++;
    }
    if (digits == 0 || digits + 2 > at || name[at - digits - 1] != '_') return 0;
    p->name[0] = '<';
    memcpy(p->name + 1, name, at);
    p->name[at + 1] = '>';
    p->name_len = at + 2;
    return i;
}

static bool in_brackets(const char *s, size_t n, place *p)
{
    for (size_t b = 0; b < N_BRACKETS; b++) {
        if (!begins(s, n, BRACKETS[b].open)) continue;
        size_t i = strlen(BRACKETS[b].open);
        i += blanks(s + i, n - i);
        size_t read = words(s + i, n - i, true, p);
        if (read == 0) continue;
        i += read;
        i += blanks(s + i, n - i);
        if (!begins(s + i, n - i, BRACKETS[b].close)) continue;
        p->len = i + strlen(BRACKETS[b].close);
        return true;
    }
    return false;
}

static bool joins_word(uint32_t cp)
{
    return cp == '_' || (cp != SX_UTF8_BAD && (sx_uc_class(cp) & (SX_UC_L | SX_UC_N)) != 0 && !sx_uc_is_unspaced(cp));
}

static bool bare(const char *text, size_t len, size_t at, place *p)
{
    size_t step;
    if (at > 0 && joins_word(sx_utf8_prev(text, at, &step))) return false;
    p->len = words(text + at, len - at, false, p);
    if (p->len == 0) return false;
    size_t end = at + p->len;
    return end == len || !joins_word(sx_utf8_next(text + end, len - end, &step));
}

static bool placeholder(const char *text, size_t len, size_t at, uint32_t match, place *p)
{
    if (exact(text + at, len - at, match >= LLM_RESTORE_CASE, p)) return true;
    if (match < LLM_RESTORE_FUZZY) return false;
    return in_brackets(text + at, len - at, p) || (sx_ascii_letter(text[at]) && bare(text, len, at, p));
}

/* What stands for the name, also where the type's own letters are small. */
static llm_status look_up(sx_vault *v, place *p, sx_buf *out, bool *found, llm_error *err)
{
    char row[SX_PLACEHOLDER_MAX + 2] = {'p'};
    memcpy(row + 1, p->name, p->name_len);
    llm_status status = sx_kv_get(v->kv, row, p->name_len + 1, out, found, err);
    if (status != LLM_OK || *found) return status;
    bool changed = false;
    for (size_t i = 1; i <= p->name_len; i++) {
        if (row[i] < 'a' || row[i] > 'z') continue;
        row[i] = (char)(row[i] - 32);
        changed = true;
    }
    return changed ? sx_kv_get(v->kv, row, p->name_len + 1, out, found, err) : LLM_OK;
}

static llm_status restore(sx_vault *v, const char *text, size_t len, uint32_t match, sx_buf *out, llm_error *err)
{
    llm_status status = sx_vault_known(v, err);
    size_t done = 0, step;
    for (size_t i = 0; status == LLM_OK && i < len; i += step) {
        place p = {.len = 0};
        bool found = false;
        size_t n, was;
        (void)sx_utf8_next(text + i, len - i, &step);
        if (placeholder(text, len, i, match, &p)) {
            was = out->len;
            sx_buf_add(out, text + done, i - done);
            status = look_up(v, &p, out, &found, err);
            if (!found) sx_buf_drop_last(out, out->len - was);
            if (found) done = i + p.len, step = p.len;
        }
        if (status != LLM_OK || found) continue;
        was = out->len;
        sx_buf_add(out, text + done, i - done);
        n = sx_surrogates_match(v, text, len, i, match, out);
        if (n == 0) sx_buf_drop_last(out, out->len - was);
        if (n > 0) done = i + n, step = n;
    }
    if (status != LLM_OK) return status;
    sx_buf_add(out, text + done, len - done);
    return sx_buf_status(out) == LLM_OK ? LLM_OK : sx_fail_memory(err);
}

llm_status sx_vault_restore(sx_vault *vault, const char *text, size_t len, uint32_t match, sx_buf *out, llm_error *err)
{
    pthread_mutex_lock(&vault->lock);
    llm_status status = restore(vault, text, len, match, out, err);
    pthread_mutex_unlock(&vault->lock);
    return status;
}
