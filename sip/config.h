/* What a configuration says of SIP peers: words only, for who configures and never speaks SIP. */
#ifndef SIP_CONFIG_H
#define SIP_CONFIG_H

#include "gw/rt/buf.h"
#include "gw/rt/time.h"

#include <stdbool.h>
#include <stdint.h>

struct sip_credentials;

enum sip_transport { SIP_UDP, SIP_TCP, SIP_TLS };
/** "udp", "tcp", "tls": as URIs and plans have it. */
const char *sip_transport_word(enum sip_transport t);

/** How far an extension is used with a peer. */
enum sip_level { SIP_OFF, SIP_SUPPORTED, SIP_REQUIRED };

/** How sessions with a peer are held. */
struct sip_session_options {
    bool symmetric; /**< behind a NAT: requests go where its own came from, whatever its Contact
                       says */
    enum sip_level reliable; /**< 100rel (RFC 3262) */
    bool overlap;            /**< INVITEs with more digits are no copies (RFC 3578) */
    bool refer;              /**< REFER is passed to the owner; else it gets 603 */
    const char *accept; /**< types of bodies that are read beside SDP, "a/b, c/d"; NULL: none */
    const char *info;   /**< types of bodies that INFO may have, likewise; NULL: not told */
    rt_time interval, min_interval; /**< session timer (RFC 4028); interval 0: none of ours */
    const struct sip_credentials *credentials; /**< answers 401 and 407; NULL: they are final.
                                            Borrowed for the life of the session */
};

/** What strangers and broken peers may cost; 0 anywhere: the default. */
struct sip_limits {
    unsigned transactions;        /**< server transactions at a time; 500000 */
    unsigned source_transactions; /**< INVITEs of one address without their end; 10000 */
    unsigned rate, source_rate;   /**< new requests per second, in all and of one address; 10000,
                                     5000 */
    unsigned refusals;            /**< requests of one stranger answered per second; 20 */
    unsigned message;             /**< octets; 65535 */
    unsigned headers;             /**< fields; 200 */
    rt_time patience;             /**< for a message on a stream, first octet to last; 30 s */
    unsigned ban_after;           /**< refusals of one source in 10 s; 1000, or SIP_BAN_NEVER */
    rt_time ban_for;              /**< 10 min */
};
#define SIP_BAN_NEVER UINT32_MAX

/** What is to be found; the texts are borrowed. */
struct sip_target {
    struct rt_str host;           /**< a name, or a numeric address without brackets: of the URI, or
                                     its maddr */
    struct rt_str domain;         /**< the URI's host: the name that TLS certificates must bear */
    uint16_t port;                /**< 0: none given */
    bool sips;                    /**< TLS alone */
    bool chosen;                  /**< `transport` was given */
    enum sip_transport transport; /**< when not chosen: the default, TLS for sips, else UDP */
};

#endif
