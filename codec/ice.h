/* ICE-lite (RFC 8445 2.5, 8839): a host with public addresses of its own that answers connectivity
 * checks, sends media where the far end nominated, and hears by the checks that the far end still
 * wants it (consent, RFC 7675). Pure: datagrams and the time in, datagrams and events out.
 *
 * A lite agent is always controlled, unless the far end is lite too: then there are no checks at
 * all, and media goes to the best candidate that the far end wrote.
 */
#ifndef CODEC_ICE_H
#define CODEC_ICE_H

#include "gw/rt/buf.h"
#include "gw/rt/net.h"

/** Octets of randomness for our name and password. */
#define ICE_RANDOM 32
#define ICE_UFRAG  8  /**< characters: 48 bits (RFC 8445 asks 24) */
#define ICE_PWD    24 /**< characters: 144 bits (RFC 8445 asks 128) */
/** Candidates of the far end that we keep: their priorities are all we want of them. */
#define ICE_REMOTE 16
/** RTP is 1, RTCP 2; RTCP on RTP's port belongs to 1. */
#define ICE_COMPONENTS 2
/** Without a check for so long the far end's consent is over (RFC 7675 5.1). */
#define ICE_CONSENT (30 * RT_S)
/** For so long a pair that was nominated holds against one of lower priority. */
#define ICE_HOLD (2 * RT_S)
/** RFC 8445 5.1.2.1: of a host candidate, the only address of its kind. */
#define ICE_HOST_PRIORITY(component) (126u << 24 | 65535u << 8 | (256u - (component)))
/** Room for our answer to a check. */
#define ICE_ANSWER 256

struct ice_candidate {
    union rt_addr addr;
    uint32_t priority;
    uint8_t component;
};

/** What became of a datagram. */
enum ice_event {
    ICE_NOTHING,   /**< dropped, or answered without consequence */
    ICE_NOMINATED, /**< from now on media of this component goes to ice_address() */
};

/** One media stream. Set up by ice_init(). Private but for what is said here. */
struct ice {
    char ufrag[ICE_UFRAG + 1], pwd[ICE_PWD + 1];
    struct ice_candidate remote[ICE_REMOTE];
    unsigned nremote;
    bool lite; /**< the far end is lite too */
    struct ice_pair {
        union rt_addr addr; /**< of the far end; none: nothing nominated */
        uint32_t priority;
        rt_time nominated; /**< when it was last nominated */
        rt_time heard;     /**< the last good check from there */
        bool expired;
    } pair[ICE_COMPONENTS];
    /** Checks by their end: the owner adds them to its own counters. */
    unsigned answered, malformed, unauthentic, unknown_attribute, conflicts;
};

/** Begins, or begins again (ICE restart), with a new name and password. */
void ice_init(struct ice *ice, const uint8_t random[ICE_RANDOM]);

/** Reads the value of a candidate attribute (without "a=candidate:"). EBADMSG: malformed; ENOTSUP:
 * not UDP, no component of ours, or a name instead of an address: skipped (RFC 8839 5.1). */
int ice_candidate_parse(struct ice_candidate *out, struct rt_str value);
/** The far end's candidates, and whether it is lite; may be told again with more. */
void ice_set_remote(struct ice *ice, const struct ice_candidate *list, size_t n, bool lite);

/** Takes a datagram that demux_kind() calls STUN. `*answer_len` octets of `answer` (0: none) go
 * back to `from`, from the socket it came to. */
enum ice_event ice_input(struct ice *ice, unsigned component, const uint8_t *p, size_t n,
                         const union rt_addr *from, rt_time now, uint8_t answer[ICE_ANSWER],
                         size_t *answer_len);
/** Where media of a component goes; NULL: nowhere yet, or no longer (consent is over). */
const union rt_addr *ice_address(const struct ice *ice, unsigned component);
/** When ice_expire() is to be called next; INT64_MAX: never. */
rt_time ice_next(const struct ice *ice);
/** True once for each component whose consent is over at `now`: nothing may be sent there. A later
 * check renews it, which is an ICE_NOMINATED. */
bool ice_expire(struct ice *ice, unsigned component, rt_time now);

#endif
