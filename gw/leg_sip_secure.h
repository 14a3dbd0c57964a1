/* What protects a SIP leg's media, and which way it takes: keys in the description (RFC 4568), a
 * handshake beside the media (RFC 5763), ICE (RFC 8445). Used by leg_sip_media.c, which has the
 * description and the port. */
#ifndef GW_LEG_SIP_SECURE_H
#define GW_LEG_SIP_SECURE_H

#include "codec/sdp.h"
#include "gw/leg.h"
#include "gw/secure_counters.h"

struct leg_sip;
struct leg_sip_secure;
struct sip_message;

/** How much protection the trunk wants, in the words of sdp.h. */
enum sdp_need leg_sip_need(const struct gw_trunk *t);
/** True when the trunk takes no stream that the message offers for lack of protection: RFC 3261's
 * 488 with a Warning. */
bool leg_sip_unprotected(const struct gw_trunk *t, const struct sip_message *msg);
/** The Warning that goes with it (RFC 3261 20.43). */
#define LEG_SIP_UNPROTECTED "303 tandem \"SRTP is required\""

/** The leg has a new port: keys, names and passwords for it. ENOMEM. */
int leg_sip_secure_open(struct leg_sip *l);
/** Before its port closes. NULL is allowed. */
void leg_sip_secure_close(struct leg_sip *l);

/** Before our offer goes out: what comes before its answer is heard. */
void leg_sip_secure_listen(struct leg_sip *l);
/** Before an offer of theirs is answered. */
void leg_sip_secure_offered(struct leg_sip *l, struct rt_str offer);
/** Adds our side of it to our description. */
void leg_sip_secure_describe(const struct leg_sip *l, struct sdp_audio *out, bool offer);
/** What was agreed, for the engine. ENOTSUP, ENOMEM, EAGAIN: keys that cannot be used. */
int leg_sip_secure_translate(struct leg_sip *l, const struct sdp_audio *r, struct media_rtp *m);
/** The engine has it: handshake and ICE begin, or go on. */
void leg_sip_secure_agreed(struct leg_sip *l, const struct sdp_audio *r);
/** Our answer to the caller's offer is on its way: who shakes hands first can be heard now. */
void leg_sip_secure_described(struct leg_sip *l);
/** Their answer is of no use. */
void leg_sip_secure_refused(struct leg_sip *l, struct rt_str answer);
/** MEDIA_DATAGRAM. */
void leg_sip_secure_datagram(struct leg_sip *l, const struct media_datagram *d);

#endif
