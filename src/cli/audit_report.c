/* The page about an audit log: one file, nothing loaded from elsewhere, no script; light and dark as the reader's system is. */
#include "audit.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 1000, TOP = 40 }; /* records and counters shown */

struct sx_report {
    const char *path;
    json_t *verdicts, *directions, *types, *rules, *tags, *policies; /* name -> count */
    json_t *actions, *scores; /* type -> "action" counts; type -> sum of scores */
    json_t *rows;             /* the last records */
    size_t first, total;      /* of rows: where the oldest is; records so far */
    char from[32], to[32];
};

sx_report *sx_report_begin(const char *path)
{
    sx_report *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->path = path;
    json_t **objects[] = {&r->verdicts, &r->directions, &r->types,   &r->rules,
                          &r->tags,     &r->policies,   &r->actions, &r->scores};
    bool ok = (r->rows = json_array()) != NULL;
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) ok = (*objects[i] = json_object()) != NULL && ok;
    if (ok) return r;
    sx_report_end(r);
    return NULL;
}

void sx_report_end(sx_report *r)
{
    if (!r) return;
    json_t *all[] = {r->verdicts, r->directions, r->types,  r->rules, r->tags,
                     r->policies, r->actions,    r->scores, r->rows};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) json_decref(all[i]);
    free(r);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

static bool count(json_t *counts, const char *name)
{
    json_t *n = json_object_get(counts, name);
    if (n) return json_integer_set(n, json_integer_value(n) + 1) == 0;
    return json_object_set_new(counts, name, json_integer(1)) == 0;
}

static bool count_finding(sx_report *r, const json_t *f)
{
    const char *type = text_of(f, "type");
    double score = json_number_value(json_object_get(f, "score")) + json_real_value(json_object_get(r->scores, type));
    json_t *actions = json_object_get(r->actions, type);
    if (!actions) {
        actions = json_object();
        if (json_object_set_new(r->actions, type, actions) != 0) return false;
    }
    return count(r->types, type) && count(r->rules, text_of(f, "rule")) && count(actions, text_of(f, "action")) &&
           json_object_set_new(r->scores, type, json_real(score)) == 0;
}

bool sx_report_add(sx_report *r, json_t *record)
{
    const char *time = text_of(record, "time");
    size_t i;
    json_t *f;
    bool ok = true;
    if (r->total++ == 0) snprintf(r->from, sizeof r->from, "%s", time);
    snprintf(r->to, sizeof r->to, "%s", time);
    if (strcmp(text_of(record, "kind"), "verdict") == 0) {
        ok = count(r->verdicts, text_of(record, "action")) && count(r->directions, text_of(record, "direction")) &&
             count(r->policies, text_of(record, "policy"));
        if (*text_of(record, "tag")) ok = ok && count(r->tags, text_of(record, "tag"));
        json_array_foreach(json_object_get(record, "findings"), i, f) ok = ok && count_finding(r, f);
    }
    if (json_array_size(r->rows) < ROWS) return ok && json_array_append(r->rows, record) == 0;
    ok = ok && json_array_set(r->rows, r->first, record) == 0;
    r->first = (r->first + 1) % ROWS;
    return ok;
}

/* ---- writing ---- */

static const char STYLE[] =
    ":root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1a2230;--soft:#5b6676;--line:#dfe3e9;--bar:#3b6fd4;"
    "--good:#14794a;--goodbg:#e2f4ea;--bad:#b3261e;--badbg:#fdebea;--warn:#8a5a00;--warnbg:#fdf3dc}"
    "@media(prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1b212a;--ink:#e4e9f0;--soft:#97a3b4;--line:#2d3642;"
    "--bar:#6b9bf5;--good:#6fd6a0;--goodbg:#15301f;--bad:#ff8a80;--badbg:#3a1a18;--warn:#f0c060;--warnbg:#332810}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"
    "\"Segoe UI\",\"Noto Sans\",sans-serif}main{max-width:1080px;margin:0 auto;padding:32px 20px 64px}"
    "h1{font-size:26px;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:18px;margin:36px 0 12px}p{margin:4px 0}"
    ".soft{color:var(--soft)}code{font:13px/1.4 ui-monospace,\"DejaVu Sans Mono\",monospace;overflow-wrap:anywhere}"
    ".state{display:block;border-radius:10px;padding:14px 18px;margin:20px 0;font-weight:600}"
    ".state p{font-weight:400}.good{background:var(--goodbg);color:var(--good)}.bad{background:var(--badbg);"
    "color:var(--bad)}.warn{background:var(--warnbg);color:var(--warn)}"
    ".facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0}"
    ".fact,.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 16px}"
    ".fact b{display:block;font-size:22px;font-variant-numeric:tabular-nums}.fact span{color:var(--soft);font-size:13px}"
    ".two{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:16px;align-items:start}.card h3{margin:0 0 8px;"
    "font-size:15px}.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px}"
    "table{border-collapse:collapse;width:100%}th,td{padding:7px 12px;text-align:left;vertical-align:top;"
    "border-bottom:1px solid var(--line)}tr:last-child td{border-bottom:0}th{color:var(--soft);font-size:13px;"
    "font-weight:600;white-space:nowrap}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "td.t{white-space:nowrap;font-variant-numeric:tabular-nums}"
    ".pill{display:inline-block;border-radius:99px;padding:0 9px;font-size:13px;border:1px solid var(--line)}"
    ".pill.block{background:var(--badbg);color:var(--bad)}.pill.review{background:var(--warnbg);color:var(--warn)}"
    ".pill.allow{background:var(--goodbg);color:var(--good)}.bar{display:grid;grid-template-columns:minmax(80px,50%) 1fr auto;"
    "gap:10px;align-items:center;margin:5px 0}.bar span{overflow-wrap:anywhere}.bar i{display:block;height:9px;border-radius:5px;background:var(--bar)}"
    ".bar em{font-style:normal;font-variant-numeric:tabular-nums;color:var(--soft)}"
    "details summary{cursor:pointer}details div{margin:3px 0 3px 14px;font-size:13px}"
    "@media print{body{background:#fff}.scroll,.card,.fact{break-inside:avoid}}";

/* Everything from a log goes through here. */
static void html(FILE *out, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default:
            if ((unsigned char)*s >= 0x20 || *s == '\t') fputc(*s, out);
        }
    }
}

static void element(FILE *out, const char *open, const char *text, const char *close)
{
    fputs(open, out);
    html(out, text);
    fputs(close, out);
}

typedef struct entry {
    const char *name;
    long long n;
} entry;

static int by_count(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->n != y->n) return x->n < y->n ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* The entries of an object of counters, most first; to be freed. */
static entry *sorted(const json_t *counts, size_t *n)
{
    const char *name;
    json_t *value;
    entry *list = malloc((json_object_size(counts) + 1) * sizeof *list);
    *n = 0;
    if (!list) return NULL;
    json_object_foreach((json_t *)counts, name, value) list[(*n)++] = (entry){name, json_integer_value(value)};
    qsort(list, *n, sizeof *list, by_count);
    return list;
}

static bool bars(FILE *out, const char *title, const json_t *counts)
{
    size_t n;
    entry *list = sorted(counts, &n);
    if (!list) return false;
    fprintf(out, "<div class=\"card\"><h3>%s</h3>", title);
    if (n == 0) fputs("<p class=\"soft\">none</p>", out);
    for (size_t i = 0; i < n && i < TOP; i++) {
        element(out, "<div class=\"bar\"><span>", list[i].name, "</span>");
        fprintf(out, "<i style=\"width:%.1f%%\"></i><em>%lld</em></div>", 100.0 * (double)list[i].n / (double)list[0].n,
                list[i].n);
    }
    if (n > TOP) fprintf(out, "<p class=\"soft\">and %zu more</p>", n - TOP);
    fputs("</div>", out);
    free(list);
    return true;
}

static void fact(FILE *out, const char *name, const json_t *value)
{
    fprintf(out, "<div class=\"fact\"><b>%lld</b><span>%s</span></div>", json_integer_value(value), name);
}

static void state(FILE *out, const json_t *s)
{
    bool good = json_is_true(json_object_get(s, "verified"));
    fprintf(out, "<div class=\"state %s\">%s", good ? "good" : "bad",
            good ? "The log is unbroken" : "The log is broken");
    if (!good) element(out, "<p>", text_of(s, "problem"), "</p>");
    if (good && !json_is_true(json_object_get(s, "closed")))
        fputs("<p>It is not closed: a writer has it open, or ended without closing it.</p>", out);
    fputs("</div>", out);
    long long tears = json_integer_value(json_object_get(s, "tears"));
    if (tears)
        fprintf(
            out,
            "<div class=\"state warn\">%lld torn record%s kept inside the log<p>A writer was stopped in the middle of a record; the next one kept its bytes and went on.</p></div>",
            tears, tears == 1 ? " is" : "s are");
}

static void head(FILE *out, const sx_report *r, const json_t *s)
{
    fputs(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,"
        "initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'\"><title>Audit log</title><style>",
        out);
    fputs(STYLE, out);
    element(out, "</style></head><body><main><h1>Audit log ", r->path, "</h1><p class=\"soft\">");
    html(out, r->from);
    if (strcmp(r->from, r->to) != 0) element(out, " to ", r->to, "");
    fputs("</p>", out);
    state(out, s);
    fputs("<div class=\"facts\">", out);
    fact(out, "verdicts", json_object_get(s, "verdicts"));
    fact(out, "records", json_object_get(s, "records"));
    fact(out, "signatures", json_object_get(s, "heads"));
    fact(out, "records not signed yet", json_object_get(s, "unsigned"));
    fputs("</div>", out);
    element(out, "<div class=\"card\"><p class=\"soft\">Log</p><p><code>", text_of(s, "id"),
            "</code></p><p class=\"soft\">Head: number, hash, "
            "public key</p><p><code>");
    html(out, text_of(s, "head"));
    fputs("</code></p></div>", out);
}

static void types_row(FILE *out, const sx_report *r, const entry *type)
{
    size_t n = 0;
    entry *actions = sorted(json_object_get(r->actions, type->name), &n);
    double score = json_real_value(json_object_get(r->scores, type->name));
    element(out, "<tr><td>", type->name, "</td>");
    fprintf(out, "<td class=\"n\">%lld</td><td class=\"n\">%.2f</td><td>", type->n, score / (double)type->n);
    for (size_t i = 0; actions && i < n; i++) {
        element(out, i ? ", " : "", actions[i].name, "");
        fprintf(out, " %lld", actions[i].n);
    }
    fputs("</td></tr>", out);
    free(actions);
}

static bool types(FILE *out, const sx_report *r)
{
    size_t n;
    entry *list = sorted(r->types, &n);
    if (!list) return false;
    fputs(
        "<h2>What was found</h2><div class=\"scroll\"><table><tr><th>Type</th><th class=\"n\">Findings</th><th class=\"n\">"
        "Mean score</th><th>What was done</th></tr>",
        out);
    for (size_t i = 0; i < n; i++) types_row(out, r, &list[i]);
    if (n == 0) fputs("<tr><td colspan=\"4\" class=\"soft\">nothing</td></tr>", out);
    fputs("</table></div>", out);
    free(list);
    return true;
}

static void finding(FILE *out, const json_t *f)
{
    element(out, "<div>", text_of(f, "type"), " ");
    element(out, "<span class=\"soft\">", text_of(f, "rule"), "</span>");
    fprintf(out, ", %lld bytes, score %.2f, ", json_integer_value(json_object_get(f, "length")),
            json_number_value(json_object_get(f, "score")));
    html(out, text_of(f, "action"));
    element(out, " <code>", text_of(f, "value"), "</code></div>");
}

static void row(FILE *out, const json_t *record)
{
    const char *kind = text_of(record, "kind"), *action = text_of(record, "action");
    const json_t *findings = json_object_get(record, "findings");
    size_t i, n = json_array_size(findings);
    json_t *f;
    fprintf(out, "<tr><td class=\"n\">%lld</td>", json_integer_value(json_object_get(record, "seq")));
    element(out, "<td class=\"t\">", text_of(record, "time"), "</td><td>");
    if (*action) {
        element(out, "<span class=\"pill ", action, "\">");
        element(out, "", action, "</span>");
    } else {
        element(out, "<span class=\"soft\">", strcmp(kind, "head") == 0 ? "signature" : kind, "</span>");
    }
    element(out, "</td><td>", text_of(record, "direction"), "</td><td>");
    html(out, text_of(record, "tag"));
    fputs("</td><td>", out);
    if (n) {
        fprintf(out, "<details><summary>%zu finding%s</summary>", n, n == 1 ? "" : "s");
        json_array_foreach((json_t *)findings, i, f) finding(out, f);
        fputs("</details>", out);
    }
    if (strcmp(kind, "tear") == 0)
        fprintf(out, "%lld torn bytes", json_integer_value(json_object_get(record, "bytes")));
    if (json_is_true(json_object_get(record, "cut")))
        fputs("<span class=\"soft\">the text was not seen to its end</span>", out);
    fputs("</td></tr>", out);
}

static void rows(FILE *out, const sx_report *r)
{
    size_t n = json_array_size(r->rows);
    fputs("<h2>Records</h2>", out);
    if (n < r->total) fprintf(out, "<p class=\"soft\">The last %zu of %zu.</p>", n, r->total);
    fputs(
        "<div class=\"scroll\"><table><tr><th class=\"n\">No.</th><th>Time</th><th>Verdict</th><th>Direction</th><th>Tag</th>"
        "<th>Findings</th></tr>",
        out);
    for (size_t i = 0; i < n; i++) row(out, json_array_get(r->rows, (r->first + i) % n));
    fputs("</table></div>", out);
}

bool sx_report_write(const sx_report *r, const json_t *summary, FILE *out)
{
    head(out, r, summary);
    fputs("<h2>What was decided</h2><div class=\"two\">", out);
    bool ok = bars(out, "Verdicts", r->verdicts) && bars(out, "Directions", r->directions);
    fputs("</div>", out);
    ok = ok && types(out, r);
    fputs("<h2>Where it came from</h2><div class=\"two\">", out);
    ok = ok && bars(out, "Findings by rule", r->rules) && bars(out, "Texts by tag", r->tags);
    ok = ok && bars(out, "Texts by policy", r->policies);
    fputs("</div>", out);
    rows(out, r);
    fputs(
        "<p class=\"soft\" style=\"margin-top:24px\">Values are not in the log. The hash beside a finding is keyed: it relates "
        "equal values for those who hold the log&#39;s key, and tells nothing to others.</p></main></body></html>\n",
        out);
    return ok && !ferror(out);
}
