/* What the parts of gw/metrics.h share: each tells its metrics, one name after the other, to an
 * outlet. */
#ifndef GW_METRICS_PRIV_H
#define GW_METRICS_PRIV_H

#include "gw/metrics.h"
#include "gw/rt/buf.h"

struct gw_histogram;

/** Where samples go. */
struct gw_outlet {
    struct gw *gw;
    gw_metric_fn *fn;
    void *arg;
    struct gw_metric m;   /**< of the name at hand */
    struct rt_buf labels; /**< of the sample at hand */
};

/** What follows is of this name. */
void gw_outlet_name(struct gw_outlet *o, const char *name, enum gw_metric_type type,
                    const char *help);
/** Names and values of labels in turn, ended by NULL. */
#define GW_LABELS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define GW_NO_LABELS   ((const char *const[]){NULL})
void gw_outlet_put(struct gw_outlet *o, const char *const *labels, double value);
void gw_outlet_histogram(struct gw_outlet *o, const char *const *labels,
                         const struct gw_histogram *h);
/** A name with one sample without labels. */
void gw_outlet_gauge(struct gw_outlet *o, const char *name, const char *help, double value);
void gw_outlet_counter(struct gw_outlet *o, const char *name, const char *help, double value);

/* The parts. */
void gw_metrics_gateway(struct gw_outlet *o);  /* admin/metrics_gateway.c */
void gw_metrics_trunks(struct gw_outlet *o);   /* admin/metrics_trunk.c */
void gw_metrics_calls(struct gw_outlet *o);    /* metrics_call.c */
void gw_metrics_spans(struct gw_outlet *o);    /* metrics_span.c */
void gw_metrics_tables(struct gw_outlet *o);   /* metrics_table.c */
void gw_metrics_watch(struct gw_outlet *o);    /* metrics_watch.c: alarms, exports */
void gw_metrics_counters(struct gw_outlet *o); /* admin/metrics_counter.c */

#endif
