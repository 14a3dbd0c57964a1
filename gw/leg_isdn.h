/* The ISDN adapter's hooks for spans. */
#ifndef GW_LEG_ISDN_H
#define GW_LEG_ISDN_H

#include "isdn/isdn.h"

/** For isdn_span_new(), completed with the TDM tick; its argument is the struct gw_span. */
extern const struct isdn_span_ops gw_leg_isdn_span_ops;

#endif
