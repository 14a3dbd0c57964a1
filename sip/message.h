/* Received messages: split into header fields in place, checked, and judged by libosip2's grammar.
 */
#ifndef SIP_MESSAGE_H
#define SIP_MESSAGE_H

#include "sip/sip.h"

#define SIP_MESSAGE_MAX 65535
#define SIP_HEADERS_MAX 200

enum sip_method {
    SIP_INVITE,
    SIP_ACK,
    SIP_BYE,
    SIP_CANCEL,
    SIP_OPTIONS,
    SIP_INFO,
    SIP_PRACK,
    SIP_UPDATE,
    SIP_REFER,
    SIP_NOTIFY,
    SIP_KNOWN,  /**< a method of some RFC that we do not do: 405 */
    SIP_UNKNOWN /**< nobody's method: 501 */
};

/** A message split into its lines; everything borrows from the wire. */
struct sip_scan {
    struct rt_str start;
    struct sip_header header[SIP_HEADERS_MAX];
    uint16_t key[SIP_HEADERS_MAX]; /**< sip_name_key() of each, a compact form's of its long name */
    uint64_t keys;                 /**< a bit for each key % 64 that there is */
    unsigned nheaders;
    struct rt_str body;
    size_t total;    /**< octets of the message, body included */
    bool bad_length; /**< Content-Length is no number, or says more than there is */
};

/** A received message. `pub` is what session owners see. */
struct sip_msg {
    struct sip_message pub;
    struct sip_scan scan;
    enum sip_method method; /**< of the request, or of a response's CSeq */
    uint32_t cseq;
    struct rt_str cseq_method;
    struct rt_str via;      /**< the topmost value */
    struct rt_str branch;   /**< its branch; empty for an RFC 2543 peer */
    struct rt_str from, to; /**< whole values */
    struct rt_str from_tag, to_tag;
};

/** Splits `wire`. EBADMSG: no header section; E2BIG: more header fields than SIP_HEADERS_MAX. */
int sip_scan(struct sip_scan *out, struct rt_str wire);
/** Octets of the first message in a stream's buffer, by Content-Length (RFC 3261 18.3). 0: not all
 * there yet. EBADMSG: cannot be framed. `*scanned` remembers what was looked at; zero it after each
 * message. */
int sip_frame(struct rt_str buf, size_t *scanned, size_t *total);

/** Reads a message that borrows from `wire`. 0; EBADMSG when it is too broken to be answered; or
 * the SIP status (400..699) that a request deserves: then everything needed for the answer is
 * there. */
int sip_msg_read(struct sip_msg *m, struct rt_str wire);

/** Length and first letter: what tells most names apart, and is worked out by the compiler. */
static inline uint16_t sip_name_key(const char *name, size_t n)
{
    return (uint16_t)((n & 0xff) << 8 | ((unsigned char)name[0] | 0x20));
}
static inline uint64_t sip_key_bit(uint16_t key)
{
    return (uint64_t)1 << ((key ^ key >> 6) & 63);
}
/** sip_scan_header() when there may be one. */
struct rt_str sip_scan_find(const struct sip_scan *s, struct rt_str name, unsigned i);
/** The `i`-th field of that long name, compact forms too; empty slice when there is none. */
static inline struct rt_str sip_scan_header(const struct sip_scan *s, const char *name, unsigned i)
{
    size_t n = strlen(name);

    if ((s->keys & sip_key_bit(sip_name_key(name, n))) == 0)
        return (struct rt_str){"", 0};
    return sip_scan_find(s, (struct rt_str){name, n}, i);
}
/** There is an `i`-th field of that long name, though it may be empty. */
bool sip_scan_has(const struct sip_scan *s, const char *name, unsigned i);

const char *sip_method_name(enum sip_method m);
enum sip_method sip_method_of(struct rt_str name);

/** Readies libosip2: silent, with memory that a parse gives back at once. Once per process. */
void sip_parser_init(void);

#endif
