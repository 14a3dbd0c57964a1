/* Draining: no new calls but emergency ones, and the end when the last call is over. */
#ifndef GW_DRAIN_H
#define GW_DRAIN_H

#include "gw/gw.h"

struct gw_drain;

/** ENOMEM. */
int gw_drain_new(struct gw_drain **out, struct gw *gw);
/** NULL is allowed. */
void gw_drain_free(struct gw_drain *d);
/** Who is told, once, that no call is left. */
void gw_drain_then(struct gw_drain *d, void (*fn)(void *arg), void *arg);
/** Begins; again does nothing. */
void gw_drain(struct gw *gw);

#endif
