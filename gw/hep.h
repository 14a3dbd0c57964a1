/* Copies of SIP and MGCP messages to a Homer server, in HEP3 (the HEP/EEP protocol, version 3).
 *
 * A datagram for each message: a list of chunks with its addresses, its time, who captured it and
 * the message as it was on the wire. The correlation is the id of the call, which both legs of a
 * call share whatever they speak. A message that opens a call came before the call had an id: it
 * gets it as long as it is the last one. Signalling thread only; nothing waits for the server: what
 * the socket does not take is dropped and counted.
 */
#ifndef GW_HEP_H
#define GW_HEP_H

#include "gw/rt/buf.h"
#include "gw/rt/loop.h"
#include "gw/rt/net.h"
#include "gw/rt/stats.h"
#include "gw/plan_admin.h"

/** Protocol types that we send (chunk 11). */
enum gw_hep_protocol { GW_HEP_SIP = 1, GW_HEP_MGCP = 6 };

/** A message, and what is told of it. */
struct gw_hep_packet {
    enum gw_hep_protocol protocol;
    const union rt_addr *from, *to; /**< IPv6 when one of them is */
    rt_time wall;
    struct rt_str payload;
    struct rt_str correlation; /**< empty: none */
};

/** The longest payload: what UDP has room for, with all chunks. */
#define GW_HEP_PAYLOAD_MAX 65000

/** Appends the datagram. `key`: empty for none. */
void gw_hep_encode(struct rt_buf *out, const struct gw_hep_packet *p, uint32_t id,
                   struct rt_str key);

struct gw_hep;

/** Opens the socket. On failure `why` has a message for the operator. */
int gw_hep_new(struct gw_hep **out, struct rt_loop *loop, const struct gw_trace_plan *plan,
               struct rt_buf *why);
/** Sends what waits. NULL is allowed. */
void gw_hep_free(struct gw_hep *h);
/** Sends a message; `opens`: it may begin a call that has no id yet. */
void gw_hep_send(struct gw_hep *h, const struct gw_hep_packet *p, bool opens);
/** The message that waits has begun the call with this id. */
void gw_hep_opened(struct gw_hep *h, struct rt_str call_id);

enum gw_hep_counter { GW_HEP_SENT, GW_HEP_DROPPED, GW_HEP_NCOUNTERS };
extern struct rt_counter gw_hep_counters[GW_HEP_NCOUNTERS];

#endif
