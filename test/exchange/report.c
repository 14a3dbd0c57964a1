/* jansson with the few forms that are needed here. */
#include "test/exchange/report.h"

#include "gw/rt/time.h"

#include <stdio.h>
#include <stdlib.h>

json_t *ex_event(const char *name)
{
    char at[RT_RFC3339_LEN];

    return json_pack("{s:s, s:s}", "time", rt_rfc3339(at, rt_wall()), "event", name);
}

void ex_put(json_t *o, const char *key, json_t *value)
{
    json_object_set_new(o, key, value);
}

void ex_put_text(json_t *o, const char *key, const char *value)
{
    /* a far end may send what is no UTF-8: better no value than no line */
    json_t *v = json_string(value);

    ex_put(o, key, v ? v : json_null());
}

void ex_put_int(json_t *o, const char *key, json_int_t value)
{
    ex_put(o, key, json_integer(value));
}

void ex_put_bool(json_t *o, const char *key, bool value)
{
    ex_put(o, key, json_boolean(value));
}

static ex_line_fn *writer;
static void *writer_arg;

void ex_report_to(ex_line_fn *fn, void *arg)
{
    writer = fn;
    writer_arg = arg;
}

static void write_line(const char *line)
{
    if (writer) {
        writer(writer_arg, line);
        return;
    }
    puts(line);
    fflush(stdout);
}

void ex_emit(json_t *o)
{
    char *line = o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(8)) : NULL;

    if (line)
        write_line(line);
    free(line);
    json_decref(o);
}

void ex_error(const char *fmt, ...)
{
    struct rt_buf b = {0};
    json_t *o = ex_event("error");
    va_list ap;

    va_start(ap, fmt);
    rt_buf_vprintf(&b, fmt, ap);
    va_end(ap);
    ex_put_text(o, "text", rt_buf_str(&b).p);
    ex_emit(o);
    rt_buf_release(&b);
}
