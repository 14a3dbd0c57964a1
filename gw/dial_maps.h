/* Digit maps that were made once: all trunks with the same routes and the same site have the same,
 * and making one takes as long as half a call, with a thousand routes some milliseconds.
 */
#ifndef GW_DIAL_MAPS_H
#define GW_DIAL_MAPS_H

#include "gw/dial_map.h"

struct gw_dial_maps;

/** Appends the map of a trunk, as gw_dial_map(). What was made for another plan is forgotten.
 * `*maps` is NULL at first. ENOMEM. */
int gw_dial_maps_put(struct gw_dial_maps **maps, const struct gw_trunk *t, struct rt_buf *out);
/** NULL is allowed. */
void gw_dial_maps_free(struct gw_dial_maps *maps);

#endif
