/* The attributes of a record, and the two MD5 sums of RFC 2866 section 3.
 *
 * Billing systems for telephony know Cisco's attributes (vendor 9): each value repeats the
 * attribute's name, "h323-disconnect-cause=10", as their gateways have always sent it.
 */
#include "gw/export/radius_packet.h"

#include <nettle/md5.h>
#include <stdio.h>

enum code { ACCOUNTING_REQUEST = 4, ACCOUNTING_RESPONSE = 5 };

enum attribute {
    USER_NAME = 1,
    VENDOR_SPECIFIC = 26,
    CALLED_STATION_ID = 30,
    CALLING_STATION_ID = 31,
    NAS_IDENTIFIER = 32,
    ACCT_STATUS_TYPE = 40,
    ACCT_DELAY_TIME = 41,
    ACCT_INPUT_OCTETS = 42,
    ACCT_OUTPUT_OCTETS = 43,
    ACCT_SESSION_ID = 44,
    ACCT_SESSION_TIME = 46,
    ACCT_INPUT_PACKETS = 47,
    ACCT_OUTPUT_PACKETS = 48,
    ACCT_TERMINATE_CAUSE = 49,
    ACCT_MULTI_SESSION_ID = 50,
    EVENT_TIMESTAMP = 55,
    NAS_PORT_ID = 87
};

/** Of vendor 9. */
enum cisco {
    H323_CONF_ID = 24,
    H323_SETUP_TIME = 25,
    H323_CALL_ORIGIN = 26,
    H323_CALL_TYPE = 27,
    H323_CONNECT_TIME = 28,
    H323_DISCONNECT_TIME = 29,
    H323_DISCONNECT_CAUSE = 30,
    H323_GW_ID = 33
};

#define CISCO         9
#define STOP          2
#define HEADER        20
#define AUTHENTICATOR 16
#define VALUE_MAX     253
#define SPECIFIC_MAX  (VALUE_MAX - 6) /* after the vendor and its own two octets */

/* ---- attributes ---- */

/** What is too long is cut; what is empty is left out. */
static void text(struct rt_writer *w, enum attribute type, const char *value)
{
    size_t n = strnlen(value, VALUE_MAX);

    if (n == 0)
        return;
    rt_write_u8(w, type);
    rt_write_u8(w, (uint8_t)(2 + n));
    rt_write_bytes(w, value, n);
}

static void number(struct rt_writer *w, enum attribute type, uint32_t value)
{
    rt_write_u8(w, type);
    rt_write_u8(w, 6);
    rt_write_u32(w, value);
}

static void cisco(struct rt_writer *w, enum cisco type, const char *name, const char *value)
{
    char line[SPECIFIC_MAX + 1];

    if (!value[0])
        return;
    snprintf(line, sizeof line, "%s=%s", name, value);
    size_t n = strlen(line);
    rt_write_u8(w, VENDOR_SPECIFIC);
    rt_write_u8(w, (uint8_t)(8 + n));
    rt_write_u32(w, CISCO);
    rt_write_u8(w, (uint8_t)type);
    rt_write_u8(w, (uint8_t)(2 + n));
    rt_write_bytes(w, line, n);
}

/** "14:51:23.310 UTC Sun Mar 01 2026"; days and weekdays from the days since 1970 (a Thursday). */
static void cisco_time(struct rt_writer *w, enum cisco type, const char *name, rt_time t)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char stamp[RT_RFC3339_LEN], out[64];

    if (t <= 0)
        return;
    rt_rfc3339(stamp, t); /* 2026-03-01T14:51:23.310Z */
    unsigned month = (unsigned)(stamp[5] - '0') * 10 + (unsigned)(stamp[6] - '0');
    snprintf(out, sizeof out, "%.12s UTC %s %s %.2s %.4s", stamp + 11, days[t / (86400 * RT_S) % 7],
             months[(month + 11) % 12], stamp + 8, stamp);
    cisco(w, type, name, out);
}

/* ---- why it ended ---- */

unsigned export_radius_terminate_cause(const struct gw_cdr *r)
{
    enum {
        USER_REQUEST = 1,
        LOST_CARRIER,
        ADMIN_RESET = 6,
        NAS_ERROR = 9,
        NAS_REBOOT = 11,
        PORT_PREEMPTED = 13,
        SERVICE_UNAVAILABLE = 15,
        USER_ERROR = 17
    };
    /* the classes of Q.850 2.1: number, normal, resources, service, ..., protocol, interworking */
    static const uint8_t by_class[8] = {
        USER_ERROR,          USER_REQUEST, SERVICE_UNAVAILABLE, SERVICE_UNAVAILABLE,
        SERVICE_UNAVAILABLE, NAS_ERROR,    NAS_ERROR,           NAS_ERROR};

    if (r->preempted)
        return PORT_PREEMPTED;
    if (r->cause.by == GW_BY_RESTART)
        return NAS_REBOOT;
    if (r->cause.by == GW_BY_OPERATOR)
        return ADMIN_RESET;
    if (r->cause.q850 == 27 || r->cause.q850 == 38) /* out of order: the line, the network */
        return LOST_CARRIER;
    return by_class[r->cause.q850 / 16 % 8];
}

/* ---- the record ---- */

/** The 32 digits of a call id in the four groups that an H.323 conference id is written in. */
static void conference(struct rt_writer *w, const char *call_id)
{
    char out[40];

    if (strlen(call_id) == 32)
        snprintf(out, sizeof out, "%.8s %.8s %.8s %.8s", call_id, call_id + 8, call_id + 16,
                 call_id + 24);
    else
        snprintf(out, sizeof out, "%.36s", call_id);
    cisco(w, H323_CONF_ID, "h323-conf-id", out);
}

/** The call itself is what the caller made; an attempt is what we made of it. */
static void voip(struct rt_writer *w, const struct gw_cdr *r, const char *nas)
{
    const char *channel = r->attempt == 0 ? r->from_channel : r->to_channel;
    char cause[8];

    conference(w, r->call_id);
    cisco(w, H323_GW_ID, "h323-gw-id", nas);
    cisco(w, H323_CALL_ORIGIN, "h323-call-origin", r->attempt == 0 ? "answer" : "originate");
    cisco(w, H323_CALL_TYPE, "h323-call-type", channel[0] ? "Telephony" : "VoIP");
    cisco_time(w, H323_SETUP_TIME, "h323-setup-time", r->start_time);
    cisco_time(w, H323_CONNECT_TIME, "h323-connect-time", r->answer_time);
    cisco_time(w, H323_DISCONNECT_TIME, "h323-disconnect-time", r->end_time);
    snprintf(cause, sizeof cause, "%X", r->cause.q850);
    cisco(w, H323_DISCONNECT_CAUSE, "h323-disconnect-cause", cause);
}

static void identify(struct rt_writer *w, const struct gw_cdr *r, const char *nas)
{
    const char *trunk = r->attempt == 0 ? r->from_trunk : r->to_trunk;
    const char *channel = r->attempt == 0 ? r->from_channel : r->to_channel;
    char id[GW_CALL_ID_LEN + 12], port[GW_NAME_LEN + GW_CHANNEL_LEN + 2];

    snprintf(id, sizeof id, "%s/%u", r->call_id, r->attempt);
    snprintf(port, sizeof port, "%s%s%s", trunk, trunk[0] && channel[0] ? " " : "", channel);
    number(w, ACCT_STATUS_TYPE, STOP);
    text(w, ACCT_SESSION_ID, id);
    text(w, ACCT_MULTI_SESSION_ID, r->call_id);
    text(w, NAS_IDENTIFIER, nas);
    text(w, NAS_PORT_ID, port);
    text(w, USER_NAME, r->customer[0] ? r->customer : r->caller);
    text(w, CALLING_STATION_ID, r->caller);
    text(w, CALLED_STATION_ID, r->called);
}

static void measure(struct rt_writer *w, const struct gw_cdr *r, rt_time now)
{
    rt_time late = r->end_time > 0 && now > r->end_time ? (now - r->end_time) / RT_S : 0;

    number(w, ACCT_SESSION_TIME, (uint32_t)((r->talk_ms + 500) / 1000));
    number(w, ACCT_DELAY_TIME, (uint32_t)late);
    number(w, ACCT_TERMINATE_CAUSE, export_radius_terminate_cause(r));
    if (r->end_time > 0)
        number(w, EVENT_TIMESTAMP, (uint32_t)(r->end_time / RT_S));
    if (!r->have_rtp)
        return;
    number(w, ACCT_INPUT_OCTETS, (uint32_t)r->rtp.rx_octets);
    number(w, ACCT_OUTPUT_OCTETS, (uint32_t)r->rtp.tx_octets);
    number(w, ACCT_INPUT_PACKETS, (uint32_t)r->rtp.rx_packets);
    number(w, ACCT_OUTPUT_PACKETS, (uint32_t)r->rtp.tx_packets);
}

/* ---- packets ---- */

/** MD5 of the packet with `authenticator` in the place of its own, then the secret. */
static void sign(uint8_t out[AUTHENTICATOR], const uint8_t *packet, size_t len,
                 const uint8_t authenticator[AUTHENTICATOR], struct rt_str secret)
{
    struct md5_ctx md5;

    md5_init(&md5);
    md5_update(&md5, 4, packet);
    md5_update(&md5, AUTHENTICATOR, authenticator);
    md5_update(&md5, len - HEADER, packet + HEADER);
    md5_update(&md5, secret.n, (const uint8_t *)secret.p);
    md5_digest(&md5, AUTHENTICATOR, out);
}

size_t export_radius_request(uint8_t out[EXPORT_RADIUS_MAX], uint8_t identifier,
                             const struct gw_cdr *r, const char *nas, struct rt_str secret,
                             rt_time now)
{
    static const uint8_t zero[AUTHENTICATOR];
    struct rt_writer w = rt_writer(out, EXPORT_RADIUS_MAX);

    rt_write_u8(&w, ACCOUNTING_REQUEST);
    rt_write_u8(&w, identifier);
    rt_write_u16(&w, 0);
    rt_write_bytes(&w, zero, sizeof zero);
    identify(&w, r, nas);
    measure(&w, r, now);
    voip(&w, r, nas); /* all together at most 2700 octets: it always fits */
    size_t len = rt_written(&w);
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
    sign(out + 4, out, len, zero, secret);
    return len;
}

bool export_radius_answers(const uint8_t *answer, size_t len, const uint8_t *request,
                           struct rt_str secret)
{
    uint8_t expected[AUTHENTICATOR], different = 0;

    if (len < HEADER || answer[0] != ACCOUNTING_RESPONSE || answer[1] != request[1])
        return false;
    size_t said = (size_t)answer[2] << 8 | answer[3];
    if (said < HEADER || said > len) /* what is after its end is padding (RFC 2865 3) */
        return false;
    sign(expected, answer, said, request + 4, secret);
    for (unsigned i = 0; i < AUTHENTICATOR; i++)
        different |= expected[i] ^ answer[4 + i];
    return different == 0;
}
