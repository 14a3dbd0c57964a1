/* What a configuration says of MGCP, in words that whoever reads plans may know. */
#ifndef MGCP_CONFIG_H
#define MGCP_CONFIG_H

#include "gw/rt/time.h"

#include <stdbool.h>
#include <stdint.h>

#define MGCP_LISTEN_MAX 4
#define MGCP_AGENTS_MAX 4

/** Ports (RFC 3435 3.5): gateways listen on the one, agents on the other. */
#define MGCP_PORT_GATEWAY 2427
#define MGCP_PORT_AGENT   2727

/** Whose dialect a peer speaks. */
enum mgcp_profile {
    MGCP_RFC,
    MGCP_NCS,
    MGCP_TGCP,
    MGCP_CISCO,
    MGCP_OSMO,
    MGCP_ASTERISK,
    MGCP_YATE,
    MGCP_PROFILES
};
/** "rfc", "ncs", ... */
const char *mgcp_profile_name(enum mgcp_profile p);

/** How a dialect differs. */
struct mgcp_peculiar {
    const char *name;
    const char
        *version; /**< after the endpoint's name: "MGCP 1.0", "MGCP 1.0 NCS 1.0", "MGCP 0.1" */
    const char *digits;     /**< package of digits: "D", or "L" */
    const char *congestion; /**< signal of congestion: "G/cg", "L/ro" */
    bool notified_entity;   /**< it understands N in requests */
    bool response_ack;      /**< K in commands */
    bool quarantine;        /**< Q */
    bool bearer;            /**< B */
    bool events;            /**< it reports events: R, S and NTFY */
    bool audits;            /**< AUEP with F is understood */
    bool wildcard_audit;    /**< AUEP of "*" */
    bool lone_x;            /**< of an agent: X without R or S changes nothing */
    bool blank_after_colon;
    bool capabilities_in_l;  /**< AUEP's capabilities come under "L:" */
    bool one_codec;          /**< a: may name one alone */
    bool agent_port_gateway; /**< its agent's port is 2427 as well */
};
const struct mgcp_peculiar *mgcp_peculiar(enum mgcp_profile p);

/** Transactions (RFC 3435 3.5, 4.3). */
struct mgcp_timers {
    rt_time hist;    /**< T-HIST: answers are kept so long; 0: 30 s */
    rt_time max;     /**< T-MAX: commands are repeated so long; 0: 20 s */
    rt_time first;   /**< until the first repetition while the round trip is not known; 0: 200 ms */
    rt_time rto_max; /**< RTO-MAX; 0: 4 s */
    rt_time longtran;      /**< LONGTRAN-TIMER, after a 100; 0: 5 s */
    rt_time provisional;   /**< 100 is said when a command takes longer; 0: 200 ms */
    unsigned max1, max2;   /**< repetitions before another address; before it is lost; 0: 5, 7 */
    bool no_dns1, no_dns2; /**< names are not asked again at max1, at max2 */
    unsigned keep; /**< answers kept at a time, of one peer; 0: 30000; more are refused with 409 */
    unsigned datagram; /**< octets that we send at most; 0: 65507 */
};

/** Restart and loss of the agent (RFC 3435 4.4.6, 4.4.7). */
struct mgcp_restart {
    rt_time mwd; /**< MWD, the longest delay of the first RSIP; 0: 600 s of lines, a sixth of
                      that over the number of endpoints of trunks */
    rt_time tdinit, tdmin, tdmax; /**< 0: 15 s, 15 s, 600 s */
};

/** Connection modes (2.3.5). */
enum mgcp_mode {
    MGCP_INACTIVE,
    MGCP_SENDONLY,
    MGCP_RECVONLY,
    MGCP_SENDRECV,
    MGCP_CONFRNCE,
    MGCP_LOOPBACK,
    MGCP_CONTTEST,
    MGCP_NETWLOOP,
    MGCP_NETWTEST,
    MGCP_MODES
};

#endif
