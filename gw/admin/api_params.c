/* The parameters of a request: from its path, its query and its JSON body, checked against what the
 * row takes. What is not known is refused, so that nobody filters by a misspelt word and believes
 * it.
 */
#include "gw/admin/api_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/** Longer is no name, number or query that anybody means. */
#define VALUE_MAX 1024

static unsigned index_of(const struct gw_api_call *c, const struct gw_api_use *use)
{
    return (unsigned)(use - c->row->use);
}

const char *gw_api_value(const struct gw_api_call *c, const char *name)
{
    const struct gw_api_use *use = gw_api_row_use(c->row, name);
    return use ? c->value[index_of(c, use)] : NULL;
}

bool gw_api_flag(const struct gw_api_call *c, const char *name)
{
    const char *value = gw_api_value(c, name);
    return value && strcmp(value, "true") == 0;
}

static bool is_integer(const char *text)
{
    uint64_t n;
    return rt_str_u64(&n, rt_str(text), INT64_MAX) == 0;
}

/** What is wrong with the request, to be told once nothing of it is in use any more: the answer
 * ends it. The first thing counts. */
static void RT_PRINTF(3, 4) wrong(struct gw_api_call *c, unsigned status, const char *fmt, ...)
{
    va_list ap;

    if (c->wrong_status)
        return;
    c->wrong_status = status;
    va_start(ap, fmt);
    vsnprintf(c->wrong, sizeof c->wrong, fmt, ap);
    va_end(ap);
}

/** Takes the value over. False: it is wrong. */
static bool take(struct gw_api_call *c, const struct gw_api_use *use, char *text)
{
    const char *name = use->param->name, *why = NULL;
    bool yes = use->flag && text && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
    bool no = use->flag && text && (strcmp(text, "false") == 0 || strcmp(text, "0") == 0);

    if (!text)
        why = "out of memory";
    else if (strncmp(text, "--", 2) == 0)
        why = "a value that begins with \"--\" is none";
    else if (strlen(text) > VALUE_MAX)
        why = "too long";
    else if (use->flag && !yes && !no)
        why = "not true or false";
    else if (use->param->type == GW_API_INTEGER && !is_integer(text))
        why = "not a whole number";
    else if (c->value[index_of(c, use)])
        why = "given twice";
    if (why) {
        free(text);
        wrong(c, 400, "%s: %s", name, why);
        return false;
    }
    c->value[index_of(c, use)] = text;
    return true;
}

/* ---- the query ---- */

static bool take_reason(struct gw_api_call *c, const char *text)
{
    if (text && strlen(text) > VALUE_MAX) {
        wrong(c, 400, "reason: too long");
        return false;
    }
    free(c->reason);
    c->reason = text && text[0] ? rt_str_dup(rt_str(text)) : NULL;
    return true;
}

static void on_query(void *arg, const char *name, const char *value)
{
    struct gw_api_call *c = arg;
    const struct gw_api_use *use = gw_api_row_use(c->row, name);

    if (!value || !value[0]) /* as a form sends a field that is left empty */
        return;
    if (strcmp(name, "reason") == 0 && c->row->method != GW_API_GET)
        take_reason(c, value); /* of a write whose body is a file */
    else if (!use || use->in_path || use->carried)
        wrong(c, 400, "%.60s: there is no such parameter here", name);
    else
        take(c, use, rt_str_dup(rt_str(use->flag && strcmp(value, "1") == 0 ? "true" : value)));
}

/* ---- the body ---- */

/** As text; NULL: it is of another type. */
static char *text_of(const struct gw_api_use *use, const json_t *value)
{
    char number[RT_DECIMAL_LEN + 2];

    if (use->flag)
        return json_is_boolean(value) ? strdup(json_is_true(value) ? "true" : "false") : NULL;
    if (json_is_string(value))
        return strdup(json_string_value(value));
    if (use->param->type != GW_API_INTEGER || !json_is_integer(value))
        return NULL;
    snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return strdup(number);
}

static bool take_member(struct gw_api_call *c, const char *key, const json_t *value)
{
    const struct gw_api_use *use = gw_api_row_use(c->row, key);

    if (strcmp(key, "reason") == 0) {
        if (json_is_string(value) || json_is_null(value))
            return take_reason(c, json_string_value(value));
        wrong(c, 400, "reason: not a text");
        return false;
    }
    if (!use || use->in_path) {
        wrong(c, 400, "%.60s: there is no such member here", key);
        return false;
    }
    if (use->carried || json_is_null(value))
        return true;
    char *text = text_of(use, value);
    if (!text) {
        wrong(c, 400, "%s: not a %s", key,
              use->flag                            ? "true or false"
              : use->param->type == GW_API_INTEGER ? "whole number"
                                                   : "text");
        return false;
    }
    return take(c, use, text);
}

static bool is_json(const struct gw_api_call *c)
{
    struct rt_str type = rt_str(rt_http_header(c->r, "Content-Type"));
    return rt_str_caseeq(rt_str_trim(rt_str_cut(&type, ';')), GW_API_JSON);
}

static void carry(struct gw_api_call *c)
{
    char *text = c->row->carries ? json_dumps(c->body, JSON_COMPACT) : NULL;

    if (text)
        rt_buf_puts(&c->carried, text);
    free(text);
}

/** A page elsewhere cannot send this type without being asked for leave: that is half of what keeps
 * it from logging somebody in. */
static bool take_body(struct gw_api_call *c)
{
    struct rt_str body = rt_http_body(c->r);
    const char *key;
    json_t *value;

    if (body.n == 0 || c->row->method == GW_API_GET || c->row->own == gw_api_table_put)
        return true;
    if (!is_json(c)) {
        wrong(c, 415, "the body has to be application/json");
        return false;
    }
    c->body = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(c->body)) {
        wrong(c, 400, "the body is not a JSON object");
        return false;
    }
    json_object_foreach(c->body, key, value)
    {
        if (!take_member(c, key, value))
            return false;
    }
    carry(c);
    return true;
}

/* ---- all of it ---- */

static bool take_path(struct gw_api_call *c, const struct gw_api_match *m)
{
    for (size_t i = 0; i < RT_COUNT(m->part) && m->part[i].name; i++) {
        const struct gw_api_use *use = gw_api_row_use(c->row, m->part[i].name);
        if (use && !take(c, use, rt_str_dup(m->part[i].value)))
            return false;
    }
    return true;
}

static bool is_there(const struct gw_api_call *c, const struct gw_api_use *use)
{
    return use->carried ? json_object_get(c->body, use->param->name) != NULL
                        : c->value[index_of(c, use)] != NULL;
}

/** Nothing that has to be there is missing. */
static bool all_there(struct gw_api_call *c)
{
    for (unsigned i = 0; i < c->row->nuses; i++)
        if (!c->row->use[i].optional && !is_there(c, &c->row->use[i])) {
            wrong(c, 400, "%s is missing", c->row->use[i].param->name);
            return false;
        }
    return true;
}

bool gw_api_take_params(struct gw_api_call *c, const struct gw_api_match *m)
{
    char text[sizeof c->wrong];

    if (take_path(c, m)) {
        rt_http_queries(c->r, on_query, c);
        if (!c->wrong_status && take_body(c))
            all_there(c);
    }
    if (!c->wrong_status)
        return true;
    rt_str_copy(text, sizeof text, rt_str(c->wrong));
    gw_api_refuse(c, c->wrong_status, "%s", text);
    return false;
}

/* ---- the words of the command ---- */

/** True when all that stands in braces in a word is there; `*flag`: it is a flag alone. */
static bool stands(const struct gw_api_call *c, struct rt_str word, bool *flag)
{
    const char *open = word.n > 0 ? memchr(word.p, '{', word.n) : NULL;
    bool yes = true;

    *flag = false;
    while (open && yes) {
        size_t left = word.n - (size_t)(open - word.p);
        struct rt_str name = {open + 1, (size_t)((const char *)memchr(open, '}', left) - open) - 1};
        *flag = name.p[name.n - 1] == '?';
        name.n -= *flag;
        const char *value = gw_api_value(c, gw_api_param_find(name)->name);
        yes = *flag ? value && strcmp(value, "true") == 0 : value != NULL;
        open = memchr(open + 1, '{', left - 1);
    }
    return yes;
}

static bool group_stands(const struct gw_api_call *c, unsigned group)
{
    bool flag;

    for (unsigned i = 0; group > 0 && i < c->row->nwords; i++)
        if (c->row->word[i].group == group && !stands(c, c->row->word[i].text, &flag))
            return false;
    return true;
}

static char *fill_in(const struct gw_api_call *c, struct rt_str word)
{
    struct rt_buf out = {0};

    while (word.n > 0) {
        struct rt_str before = rt_str_cut(&word, '{');
        rt_buf_put(&out, before.p, before.n);
        if (word.n == 0)
            break;
        struct rt_str name = rt_str_cut(&word, '}');
        const char *value = gw_api_value(c, gw_api_param_find(name)->name);
        rt_buf_puts(&out, value ? value : "");
    }
    if (!out.failed && !out.p)
        return strdup("");
    return out.failed ? NULL : out.p;
}

bool gw_api_words(const struct gw_api_call *c, char *word[GW_API_WORDS], unsigned *n)
{
    bool flag;

    *n = 0;
    for (unsigned i = 0; i < c->row->nwords; i++) {
        const struct gw_api_word *w = &c->row->word[i];
        if (!group_stands(c, w->group))
            continue;
        (void)stands(c, w->text, &flag);
        if (flag)
            continue;
        word[*n] = fill_in(c, w->text);
        if (!word[(*n)++])
            return false;
    }
    return true;
}
