/* LocalConnectionOptions (RFC 3435 2.3.5, 3.2.2.10, RFC 3660 2.9 and 2.11, RFC 5347). */
#ifndef MGCP_OPTIONS_H
#define MGCP_OPTIONS_H

#include "gw/rt/buf.h"
#include "mgcp/config.h"

#include <stdbool.h>
#include <stdint.h>

#define MGCP_CODECS_MAX 16

struct mgcp_options {
    struct rt_str codec[MGCP_CODECS_MAX]; /**< a: encoding names, the preferred one first */
    unsigned ncodecs;
    unsigned ptime_min, ptime_max;     /**< p, ms; 0: not said */
    unsigned bandwidth_min, bandwidth; /**< b, kbit/s; 0: not said */
    int tos;                           /**< t, 0..255; -1: not said */
    int echo;                          /**< e: 1 on, 0 off; -1 */
    int silence;                       /**< s: likewise */
    int gain;                          /**< gc in dB; `gain_auto`: automatic */
    bool has_gain, gain_auto;
    struct rt_str network;          /**< nt: IN, ATM, LOCAL; empty */
    struct rt_str reservation, key; /**< r, k */
    struct rt_str fmtp[4];          /**< "telephone-event 0-15", without quotes */
    unsigned nfmtp;
    unsigned fmtp_optional; /**< bit n: fmtp[n] may be left out ("o-fmtp") */
    struct rt_str fax;      /**< fxr/fx: "t38;gw;off"; empty */
};

/** Reads them, each option once; but "a" and "fmtp" again go on where they were. Vendors' options
 * that need not be understood and the directions of reservations (RFC 3660 2.11) are passed over.
 * 0, or the return code: 510 syntax, 524, 525, 532, 541, 518, 535. */
unsigned mgcp_options_read(struct mgcp_options *out, struct rt_str text);
/** P of a response or of DLCX: `PS=1245, OS=62345, ...`; what is not known is left out. 0, EBADMSG:
 * `*out` has what stood before the error. */
struct mgcp_statistics;
int mgcp_statistics_read(struct mgcp_statistics *out, struct rt_str text);
void mgcp_statistics_write(struct rt_buf *out, const struct mgcp_statistics *s);
/** "sendrecv" ...; MGCP_MODES: none of them. */
enum mgcp_mode mgcp_mode_read(struct rt_str text);
const char *mgcp_mode_name(enum mgcp_mode mode);

#endif
