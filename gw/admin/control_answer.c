/* Writing an answer: JSON objects, one per line. */
#include "gw/admin/control_priv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void key(struct gw_answer *a, const char *name)
{
    rt_buf_puts(a->out, ",");
    gw_json_text(a->out, name);
    rt_buf_puts(a->out, ":");
}

void gw_answer_begin(struct gw_answer *a, const char *type)
{
    rt_buf_puts(a->out, "{\"type\":");
    gw_json_text(a->out, type);
}

void gw_answer_text(struct gw_answer *a, const char *name, const char *value)
{
    key(a, name);
    gw_json_text(a->out, value ? value : "");
}

void gw_answer_number(struct gw_answer *a, const char *name, int64_t value)
{
    key(a, name);
    rt_buf_printf(a->out, "%" PRId64, value);
}

void gw_answer_decimal(struct gw_answer *a, const char *name, double value)
{
    key(a, name);
    rt_buf_printf(a->out, "%.2f", value);
}

void gw_answer_flag(struct gw_answer *a, const char *name, bool value)
{
    key(a, name);
    rt_buf_puts(a->out, value ? "true" : "false");
}

void gw_answer_place(struct gw_answer *a, const char *name, struct conf_pos pos)
{
    struct rt_buf text = {0};

    key(a, name);
    if (pos.file)
        rt_buf_printf(&text, "%s:%u", pos.file, pos.line);
    gw_json_text(a->out, text.n > 0 ? text.p : "");
    rt_buf_release(&text);
}

void gw_answer_time(struct gw_answer *a, const char *name, rt_time wall)
{
    char text[RT_RFC3339_LEN] = "";

    gw_answer_text(a, name, wall != 0 ? rt_rfc3339(text, wall) : text);
}

void gw_answer_members(struct gw_answer *a, struct rt_str object)
{
    if (object.n <= 2)
        return;
    rt_buf_puts(a->out, ",");
    rt_buf_put(a->out, object.p + 1, object.n - 2);
}

void gw_answer_end(struct gw_answer *a)
{
    rt_buf_puts(a->out, "}\n");
}

void gw_answer_lines(struct gw_answer *a, struct rt_str text)
{
    while (text.n > 0) {
        struct rt_str line = rt_str_cut(&text, '\n');
        char *copy = rt_str_dup(line);
        gw_answer_begin(a, "text");
        gw_answer_text(a, "text", copy);
        gw_answer_end(a);
        free(copy);
    }
}

int gw_answer_fail(struct gw_answer *a, enum gw_exit code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(a->error, sizeof a->error, fmt, ap);
    va_end(ap);
    return code;
}

void gw_answer_close(struct gw_answer *a, int code)
{
    rt_buf_printf(a->out, "{\"exit\":%d", code);
    if (a->error[0])
        gw_answer_text(a, "error", a->error);
    if (a->note[0])
        gw_answer_text(a, "note", a->note);
    if (a->done)
        gw_answer_flag(a, "done", true);
    gw_answer_end(a);
}
