/* What changes, as it changes: for the page's live view and for whoever else listens.
 *
 * Each event is a JSON object of the type that `show` gives (a call, a trunk, an alarm), kept in a
 * ring that listeners read from where they were. Nothing is written while nobody has asked for
 * GW_EVENT_IDLE. Signalling thread only; NULL is allowed.
 */
#ifndef GW_EVENT_H
#define GW_EVENT_H

#include "gw/gw.h"

#define GW_EVENT_IDLE (10 * RT_S)

struct gw_events;

enum gw_event_kind {
    GW_EVENT_CALL, /**< began, rings, is answered, changed its other side */
    GW_EVENT_CALL_END,
    GW_EVENT_TRUNK,
    GW_EVENT_SPAN,
    GW_EVENT_ALARM,
    GW_EVENT_PLAN,   /**< another generation */
    GW_EVENT_STATUS, /**< once a second: what `show status` says */
    GW_EVENT_KINDS
};
/** "call", "call-end", "trunk", "span", "alarm", "plan", "status": the SSE `event:` */
const char *gw_event_name(enum gw_event_kind kind);

int gw_events_new(struct gw_events **out, struct gw *gw);
void gw_events_free(struct gw_events *e);
/** True when somebody listens: guards the work of writing an event. */
bool gw_events_wanted(const struct gw_events *e);
/** Adds one; `json` is copied. A later event about the same `object` takes the place of an earlier
 * one that nobody has read (a call that rang and was answered in one moment is told once). */
void gw_event_add(struct gw_events *e, enum gw_event_kind kind, uint64_t object,
                  struct rt_str json);

/** Writes those after `since` as server-sent events (`id:`, `event:`, `data:`) and returns the
 * number of the last. `since` 0: from now on, nothing is written. `*lost`: some between were
 * overwritten, or `since` is of another run: the listener has to ask for everything anew. */
uint64_t gw_events_read(struct gw_events *e, uint64_t since, struct rt_buf *out, bool *lost);

/* call_events.c: called where calls and trunks change */
void gw_event_call(struct gw_call *call);
void gw_event_call_end(struct gw_call *call);
void gw_event_trunk(struct gw *gw, const struct gw_trunk *t);
void gw_event_span(struct gw *gw, const struct gw_span *span);
/** Another plan is in force. */
void gw_event_plan(struct gw *gw);
/** What `show status` says now. */
void gw_event_status(struct gw *gw);

#endif
