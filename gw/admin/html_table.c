/* JSON lines as HTML: a table for each type of line, a list of terms for a line that is alone.
 */
#include "gw/admin/web_priv.h"

#include <jansson.h>

/** A page is for eyes: what is more is counted. */
#define ROWS_MAX    500
#define COLUMNS_MAX 24
#define DEPTH_MAX   4

void gw_html_text(struct rt_buf *out, const char *text)
{
    for (;;) {
        size_t n = strcspn(text, "&<>\"'");
        rt_buf_put(out, text, n);
        text += n;
        if (!*text)
            break;
        rt_buf_printf(out, "&#%d;", *text++);
    }
}

void gw_html_segment(struct rt_buf *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~";

    for (; *text; text++)
        if (strchr(plain, *text))
            rt_buf_put(out, text, 1);
        else
            rt_buf_printf(out, "%%%02X", (unsigned char)*text);
}

void gw_html_tagged(struct rt_buf *out, const char *tag, const char *text)
{
    rt_buf_printf(out, "<%s>", tag);
    gw_html_text(out, text);
    rt_buf_printf(out, "</%s>\n", tag);
}

/* ---- values ---- */

static bool ends(const char *text, const char *with)
{
    size_t n = strlen(text), m = strlen(with);

    return n > m && strcmp(text + n - m, with) == 0;
}

/** "talk_ms" is called "talk", "from_trunk" is called "from trunk". */
static void put_name(struct rt_buf *out, const char *key)
{
    char name[64];

    rt_str_copy(name, sizeof name, rt_str(key));
    if (ends(name, "_ms"))
        name[strlen(name) - 3] = '\0';
    for (char *p = name; *p; p++)
        *p = *p == '_' ? ' ' : *p;
    gw_html_text(out, name);
}

static void put_value(struct rt_buf *out, const char *key, const json_t *v, int depth);

static void put_array(struct rt_buf *out, const json_t *v, int depth)
{
    size_t i;
    json_t *item;

    json_array_foreach(v, i, item)
    {
        if (i > 0)
            rt_buf_puts(out, json_is_object(item) ? "; " : ", ");
        put_value(out, "", item, depth + 1);
    }
}

static void put_object(struct rt_buf *out, const json_t *v, int depth)
{
    void *iter, *object;
    bool first = true;

    memcpy(&object, &v, sizeof object); /* iterators do not change it */
    for (iter = json_object_iter(object); iter; iter = json_object_iter_next(object, iter)) {
        if (!first)
            rt_buf_puts(out, ", ");
        first = false;
        put_name(out, json_object_iter_key(iter));
        rt_buf_puts(out, " ");
        put_value(out, json_object_iter_key(iter), json_object_iter_value(iter), depth + 1);
    }
}

static void put_value(struct rt_buf *out, const char *key, const json_t *v, int depth)
{
    if (depth > DEPTH_MAX)
        rt_buf_puts(out, "&#8230;");
    else if (json_is_string(v))
        gw_html_text(out, json_string_value(v));
    else if (json_is_boolean(v))
        rt_buf_puts(out, json_is_true(v) ? "yes" : "no");
    else if (json_is_integer(v) && ends(key, "_ms"))
        rt_buf_printf(out, "%.1f s", (double)json_integer_value(v) / 1000);
    else if (json_is_integer(v))
        rt_buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    else if (json_is_real(v))
        rt_buf_printf(out, "%.2f", json_real_value(v));
    else if (json_is_array(v))
        put_array(out, v, depth);
    else if (json_is_object(v))
        put_object(out, v, depth);
}

/** A cell; what names a call leads to its page. */
static void put_cell(struct rt_buf *out, const char *key, const json_t *v)
{
    bool link = strcmp(key, "call_id") == 0 && json_string_length(v) > 0;

    if (link) {
        rt_buf_puts(out, "<a href=\"/calls/");
        gw_html_segment(out, json_string_value(v));
        rt_buf_puts(out, "\">");
    }
    put_value(out, key, v, 0);
    if (link)
        rt_buf_puts(out, "</a>");
}

/* ---- tables ---- */

struct columns {
    const char *name[COLUMNS_MAX];
    unsigned n;
};

static void add_column(struct columns *c, const char *name)
{
    for (unsigned i = 0; i < c->n; i++)
        if (strcmp(c->name[i], name) == 0)
            return;
    if (c->n < COLUMNS_MAX && strcmp(name, "type") != 0)
        c->name[c->n++] = name;
}

/** Whether something is there. */
static bool is_said(const json_t *v)
{
    return !json_is_null(v) && !(json_is_string(v) && json_string_length(v) == 0);
}

/** Columns where some line has something. */
static void find_columns(struct columns *c, json_t *lines, size_t from, size_t to)
{
    const char *key;
    json_t *v;

    for (size_t i = from; i < to; i++)
        json_object_foreach(json_array_get(lines, i), key, v) if (is_said(v)) add_column(c, key);
}

static void put_table(struct rt_buf *out, json_t *lines, size_t from, size_t to)
{
    struct columns c = {.n = 0};
    size_t shown = to - from < ROWS_MAX ? to : from + ROWS_MAX;

    find_columns(&c, lines, from, shown);
    rt_buf_puts(out, "<div class=\"scroll\"><table><thead><tr>");
    for (unsigned i = 0; i < c.n; i++) {
        rt_buf_puts(out, "<th scope=\"col\">");
        put_name(out, c.name[i]);
        rt_buf_puts(out, "</th>");
    }
    rt_buf_puts(out, "</tr></thead><tbody>\n");
    for (size_t row = from; row < shown; row++) {
        rt_buf_puts(out, "<tr>");
        for (unsigned i = 0; i < c.n; i++) {
            rt_buf_puts(out, "<td>");
            put_cell(out, c.name[i], json_object_get(json_array_get(lines, row), c.name[i]));
            rt_buf_puts(out, "</td>");
        }
        rt_buf_puts(out, "</tr>\n");
    }
    rt_buf_puts(out, "</tbody></table></div>\n");
    if (shown < to)
        rt_buf_printf(out, "<p>and %zu more</p>\n", to - shown);
}

static void put_list(struct rt_buf *out, json_t *line)
{
    const char *key;
    json_t *v;

    rt_buf_puts(out, "<dl>\n");
    json_object_foreach(line, key, v)
    {
        if (strcmp(key, "type") == 0 || !is_said(v))
            continue;
        rt_buf_puts(out, "<dt>");
        put_name(out, key);
        rt_buf_puts(out, "</dt><dd>");
        put_cell(out, key, v);
        rt_buf_puts(out, "</dd>\n");
    }
    rt_buf_puts(out, "</dl>\n");
}

/** Lines of text stand as they are. */
static void put_texts(struct rt_buf *out, json_t *lines, size_t from, size_t to)
{
    rt_buf_puts(out, "<pre>");
    for (size_t i = from; i < to; i++) {
        const char *text = json_string_value(json_object_get(json_array_get(lines, i), "text"));
        gw_html_text(out, text ? text : "");
        rt_buf_puts(out, "\n");
    }
    rt_buf_puts(out, "</pre>\n");
}

/* ---- the answer of a command ---- */

static const char *type_of(json_t *lines, size_t i)
{
    const char *type = json_string_value(json_object_get(json_array_get(lines, i), "type"));

    return type ? type : "";
}

static void put_groups(struct rt_buf *out, json_t *lines)
{
    size_t n = json_array_size(lines), to;

    for (size_t from = 0; from < n; from = to) {
        const char *type = type_of(lines, from);
        for (to = from + 1; to < n && strcmp(type_of(lines, to), type) == 0; to++)
            continue;
        if (strcmp(type, "text") == 0)
            put_texts(out, lines, from, to);
        else if (to - from == 1 && json_object_size(json_array_get(lines, from)) > COLUMNS_MAX / 2)
            put_list(out, json_array_get(lines, from));
        else
            put_table(out, lines, from, to);
    }
}

void gw_html_lines(struct rt_buf *out, struct rt_str lines)
{
    json_t *all = json_array();
    const char *said = NULL;
    json_t *end = NULL;

    while (lines.n > 0) {
        struct rt_str text = rt_str_cut(&lines, '\n');
        json_t *line = json_loadb(text.p, text.n, 0, NULL);
        if (json_object_get(line, "exit") && !end)
            end = line;
        else if (json_is_object(line))
            json_array_append_new(all, line);
        else
            json_decref(line);
    }
    said = json_string_value(json_object_get(end, "error"));
    if (!said)
        said = json_string_value(json_object_get(end, "note"));
    if (json_array_size(all) == 0 && !said)
        rt_buf_puts(out, "<p>none</p>\n");
    put_groups(out, all);
    if (said) {
        rt_buf_puts(out, "<p>");
        gw_html_text(out, said);
        rt_buf_puts(out, "</p>\n");
    }
    json_decref(end);
    json_decref(all);
}
