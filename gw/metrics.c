/* Every metric in turn, and the text of them. */
#include "gw/metrics_priv.h"

#include "gw/histogram.h"

#include <math.h>
#include <stdio.h>

/* ---- labels ---- */

/** A value as the format wants it: backslash, quote and line feed escaped. */
static void put_escaped(struct rt_buf *out, const char *text)
{
    for (; *text; text++) {
        size_t n = strcspn(text, "\\\"\n");
        rt_buf_put(out, text, n);
        text += n;
        if (*text == '\0')
            return;
        rt_buf_puts(out, *text == '\n' ? "\\n" : *text == '"' ? "\\\"" : "\\\\");
    }
}

static void put_labels(struct rt_buf *out, const char *const *labels)
{
    rt_buf_reset(out);
    for (; labels[0]; labels += 2) {
        if (out->n > 0)
            rt_buf_put(out, ",", 1);
        rt_buf_puts(out, labels[0]);
        rt_buf_put(out, "=\"", 2);
        put_escaped(out, labels[1]);
        rt_buf_put(out, "\"", 1);
    }
}

/* ---- the outlet ---- */

void gw_outlet_name(struct gw_outlet *o, const char *name, enum gw_metric_type type,
                    const char *help)
{
    o->m = (struct gw_metric){.name = name, .help = help, .type = type, .suffix = ""};
}

/** Short of memory, the sample is left out. */
static void tell(struct gw_outlet *o, const char *suffix, double value)
{
    if (o->labels.failed)
        return;
    o->m.suffix = suffix;
    o->m.labels = o->labels.p ? o->labels.p : "";
    o->m.value = value;
    o->fn(o->arg, &o->m);
}

void gw_outlet_put(struct gw_outlet *o, const char *const *labels, double value)
{
    put_labels(&o->labels, labels);
    tell(o, "", value);
}

/** "0.005", as short as it can be. */
static void put_bound(struct rt_buf *labels, double bound)
{
    char text[32];

    rt_buf_puts(labels, labels->n > 0 ? ",le=\"" : "le=\"");
    snprintf(text, sizeof text, "%g", bound);
    rt_buf_puts(labels, text);
    rt_buf_put(labels, "\"", 1);
}

/** Takes the labels back to what they were. */
static void cut(struct rt_buf *labels, size_t n)
{
    if (labels->failed || !labels->p)
        return;
    labels->n = n;
    labels->p[n] = '\0';
}

void gw_outlet_histogram(struct gw_outlet *o, const char *const *labels,
                         const struct gw_histogram *h)
{
    uint64_t below = 0;

    put_labels(&o->labels, labels);
    size_t n = o->labels.n;
    for (unsigned i = 0; i < GW_HISTOGRAM_BUCKETS && h->bound[i] > 0; i++) {
        below += h->count[i];
        put_bound(&o->labels, h->bound[i]);
        tell(o, "_bucket", (double)below);
        cut(&o->labels, n);
    }
    below += h->count[GW_HISTOGRAM_BUCKETS];
    rt_buf_puts(&o->labels, n > 0 ? ",le=\"+Inf\"" : "le=\"+Inf\"");
    tell(o, "_bucket", (double)below);
    cut(&o->labels, n);
    tell(o, "_sum", h->sum);
    tell(o, "_count", (double)below);
}

void gw_outlet_gauge(struct gw_outlet *o, const char *name, const char *help, double value)
{
    gw_outlet_name(o, name, GW_METRIC_GAUGE, help);
    gw_outlet_put(o, GW_NO_LABELS, value);
}

void gw_outlet_counter(struct gw_outlet *o, const char *name, const char *help, double value)
{
    gw_outlet_name(o, name, GW_METRIC_COUNTER, help);
    gw_outlet_put(o, GW_NO_LABELS, value);
}

void gw_metrics_each(struct gw *gw, gw_metric_fn *fn, void *arg)
{
    static void (*const parts[])(struct gw_outlet *) = {
        gw_metrics_gateway, gw_metrics_calls, gw_metrics_trunks,   gw_metrics_spans,
        gw_metrics_tables,  gw_metrics_watch, gw_metrics_counters,
    };
    struct gw_outlet o = {.gw = gw, .fn = fn, .arg = arg};

    for (size_t i = 0; i < RT_COUNT(parts); i++)
        parts[i](&o);
    rt_buf_release(&o.labels);
}

/* ---- the text ---- */

struct text {
    struct rt_buf *out;
    char name[128]; /**< whose HELP and TYPE were written last */
};

static void put_value(struct rt_buf *out, double v)
{
    if (v >= 0 && v < 9007199254740992.0 && v == (double)(uint64_t)v)
        rt_buf_put_u64(out, (uint64_t)v); /* nearly all are whole */
    else if (isfinite(v))
        rt_buf_printf(out, "%.10g", v);
    else
        rt_buf_puts(out, isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf");
}

static void put_head(struct rt_buf *out, const struct gw_metric *m)
{
    static const char *const types[] = {[GW_METRIC_GAUGE] = "gauge",
                                        [GW_METRIC_COUNTER] = "counter",
                                        [GW_METRIC_HISTOGRAM] = "histogram"};

    rt_buf_puts(out, "# HELP ");
    rt_buf_puts(out, m->name);
    rt_buf_put(out, " ", 1);
    rt_buf_puts(out, m->help); /* ours: nothing to be escaped in it */
    rt_buf_puts(out, "\n# TYPE ");
    rt_buf_puts(out, m->name);
    rt_buf_put(out, " ", 1);
    rt_buf_puts(out, types[m->type]);
    rt_buf_put(out, "\n", 1);
}

static void put_sample(void *arg, const struct gw_metric *m)
{
    struct text *t = arg;

    if (strcmp(t->name, m->name) != 0) {
        put_head(t->out, m);
        rt_str_copy(t->name, sizeof t->name, rt_str(m->name));
    }
    rt_buf_puts(t->out, m->name);
    rt_buf_puts(t->out, m->suffix);
    if (m->labels[0]) {
        rt_buf_put(t->out, "{", 1);
        rt_buf_puts(t->out, m->labels);
        rt_buf_put(t->out, "}", 1);
    }
    rt_buf_put(t->out, " ", 1);
    put_value(t->out, m->value);
    rt_buf_put(t->out, "\n", 1);
}

void gw_metrics_text(struct gw *gw, struct rt_buf *out)
{
    struct text t = {.out = out};

    gw_metrics_each(gw, put_sample, &t);
}
