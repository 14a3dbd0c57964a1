/* Explanations as text and as JSON; explain.h has how they look. */
#include "gw/explain.h"
#include "gw/cdr.h"

#include <jansson.h>
#include <stdarg.h>
#include <string.h>

/** Where the place begins. */
#define PLACE_COLUMN 76

/** "office.conf:6"; NULL: none. */
static const char *place_of(struct rt_buf *room, const struct conf_pos *at)
{
    if (!at || !at->file)
        return NULL;
    rt_buf_printf(room, "%s:%u", at->file, at->line);
    return room->p;
}

/** Writes text, and the place in a column of its own. `name` NULL: below the step. */
static void add_row(struct rt_buf *out, const char *name, unsigned step, const char *place,
                    const char *text)
{
    size_t start = out->n;

    if (name)
        rt_buf_printf(out, "%2u %-11s %s", step, name, text);
    else
        rt_buf_printf(out, "%15s%s", "", text);
    if (place) {
        size_t wide = out->n - start;
        rt_buf_printf(out, "%*s%s", wide < PLACE_COLUMN - 2 ? (int)(PLACE_COLUMN - wide) : 2, "",
                      place);
    }
    rt_buf_puts(out, "\n");
}

static void add_text(struct rt_buf *out, const char *name, unsigned step, const struct conf_pos *at,
                     const char *text)
{
    struct rt_buf room = {0};

    add_row(out, name, step, place_of(&room, at), text);
    rt_buf_release(&room);
}

static void add_json(struct rt_buf *out, const struct conf_pos *at, const char *text)
{
    struct rt_buf room = {0};
    const char *place = place_of(&room, at);

    rt_buf_puts(out, "\"text\": ");
    gw_json_text(out, text);
    if (place) {
        rt_buf_puts(out, ", \"at\": ");
        gw_json_text(out, place);
    }
    rt_buf_release(&room);
}

static void close_step(struct gw_explain *e)
{
    if (e->open)
        rt_buf_puts(&e->json, "]}");
    e->open = false;
}

/** Begins a step. */
static void begin(struct gw_explain *e, const char *name, const struct conf_pos *at,
                  const char *text)
{
    e->later = NULL;
    add_text(&e->text, name, ++e->step, at, text);
    close_step(e);
    rt_buf_puts(&e->json, e->step == 1 ? "\"steps\": [{\"step\": " : ", {\"step\": ");
    gw_json_text(&e->json, name);
    rt_buf_puts(&e->json, ", ");
    add_json(&e->json, at, text);
    rt_buf_puts(&e->json, ", \"lines\": [");
    e->open = true;
}

/** A step that was to begin with a line, and got none. */
static void settle(struct gw_explain *e)
{
    if (e->later)
        begin(e, e->later, e->later_at, "");
}

void gw_explain_step(struct gw_explain *e, const char *name, const struct conf_pos *at,
                     const char *fmt, ...)
{
    struct rt_buf text = {0};
    va_list ap;

    if (!e)
        return;
    settle(e);
    va_start(ap, fmt);
    rt_buf_vprintf(&text, fmt, ap);
    va_end(ap);
    begin(e, name, at, text.n > 0 ? text.p : "");
    rt_buf_release(&text);
}

void gw_explain_later(struct gw_explain *e, const char *name, const struct conf_pos *at)
{
    if (!e)
        return;
    settle(e);
    e->later = name;
    e->later_at = at;
}

static void add_line(struct gw_explain *e, const struct conf_pos *at, const char *text)
{
    add_text(&e->text, NULL, 0, at, text);
    rt_buf_puts(&e->json, e->json.p[e->json.n - 1] == '[' ? "{" : ", {");
    add_json(&e->json, at, text);
    rt_buf_puts(&e->json, "}");
}

void gw_explain_line(struct gw_explain *e, const struct conf_pos *at, const char *fmt, ...)
{
    struct rt_buf text = {0};
    va_list ap;

    if (!e)
        return;
    va_start(ap, fmt);
    rt_buf_vprintf(&text, fmt, ap);
    va_end(ap);
    if (e->later)
        begin(e, e->later, at ? at : e->later_at, text.n > 0 ? text.p : "");
    else
        add_line(e, at, text.n > 0 ? text.p : "");
    rt_buf_release(&text);
}

void gw_explain_end(struct gw_explain *e)
{
    if (!e)
        return;
    settle(e);
    close_step(e);
    rt_buf_puts(&e->json, e->step > 0 ? "]" : "\"steps\": []");
}

void gw_explain_text(struct gw_explain *e, const char *key, const char *value)
{
    if (!e)
        return;
    rt_buf_printf(&e->json, ", \"%s\": ", key);
    gw_json_text(&e->json, value);
}

void gw_explain_number(struct gw_explain *e, const char *key, int64_t value)
{
    if (e)
        rt_buf_printf(&e->json, ", \"%s\": %lld", key, (long long)value);
}

void gw_explain_json(struct rt_buf *out, const struct gw_explain *e)
{
    rt_buf_puts(out, "{");
    rt_buf_put(out, e->json.p, e->json.n);
    rt_buf_puts(out, "}");
}

static const char *member(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

void gw_explain_lines(struct rt_buf *out, const struct json_t *object)
{
    const json_t *steps = json_object_get(object, "steps"), *step, *line;
    size_t i, k;

    json_array_foreach(steps, i, step)
    {
        const char *name = member(step, "step"), *text = member(step, "text");
        const json_t *below = json_object_get(step, "lines");
        add_row(out, name ? name : "", (unsigned)i + 1, member(step, "at"), text ? text : "");
        json_array_foreach(below, k, line)
        {
            text = member(line, "text");
            add_row(out, NULL, 0, member(line, "at"), text ? text : "");
        }
    }
}

void gw_explain_release(struct gw_explain *e)
{
    rt_buf_release(&e->text);
    rt_buf_release(&e->json);
}
