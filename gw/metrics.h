/* Everything that is measured, once: for `/metrics` (Prometheus text format 0.0.4) and for `show
 * metrics`. Names: prefix `tandem_`, base units, `_total` on counters; labels are few and bounded:
 * never numbers or ids of calls. Signalling thread.
 */
#ifndef GW_METRICS_H
#define GW_METRICS_H

#include "gw/gw.h"

enum gw_metric_type { GW_METRIC_GAUGE, GW_METRIC_COUNTER, GW_METRIC_HISTOGRAM };

/** One sample. `labels` is as written between the braces, values escaped: `trunk="pri"`; "": none.
 * A histogram's samples come one by one, `suffix` "_bucket", "_sum" or "_count". */
struct gw_metric {
    const char *name, *help;
    enum gw_metric_type type;
    const char *suffix, *labels;
    double value;
};
typedef void gw_metric_fn(void *arg, const struct gw_metric *m);

/** Every sample, those of a name one after the other. */
void gw_metrics_each(struct gw *gw, gw_metric_fn *fn, void *arg);
/** The same as Prometheus reads it. */
void gw_metrics_text(struct gw *gw, struct rt_buf *out);
#define GW_METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

#endif
