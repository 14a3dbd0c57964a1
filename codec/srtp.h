/* Secure RTP (RFC 3711, 6188, 7714) over libsrtp2: one object holds the keys of both directions of
 * one stream and protects and opens packets in place.
 *
 * Objects are made and freed outside the media thread; the calls on packets are for the one thread
 * that has the object. libsrtp2 makes a small context when the first authentic packet of a new
 * source comes in, so the number of sources that an object accepts is limited, and whoever does not
 * know the key cannot make it allocate. Our own source is known when the object is made.
 */
#ifndef CODEC_SRTP_H
#define CODEC_SRTP_H

#include "gw/rt/buf.h"
#include "gw/rt/time.h"

/** In the table's order. */
enum media_srtp_suite_id {
    MEDIA_SRTP_AES_128_SHA1_80,
    MEDIA_SRTP_AES_128_SHA1_32,
    MEDIA_SRTP_AES_256_SHA1_80,
    MEDIA_SRTP_AES_256_SHA1_32,
    MEDIA_SRTP_GCM_128,
    MEDIA_SRTP_GCM_256,
    MEDIA_SRTP_NSUITES
};
#define MEDIA_SRTP_BIT(id) (1u << (id))
#define MEDIA_SRTP_ALL     (MEDIA_SRTP_BIT(MEDIA_SRTP_NSUITES) - 1)

struct media_srtp_suite {
    const char *name;      /**< of SDP (RFC 4568, 6188, 7714) */
    uint8_t key, salt;     /**< octets of the master key and salt */
    uint8_t tag, rtcp_tag; /**< octets of the authentication tags */
    bool aead;
    uint16_t profile; /**< DTLS-SRTP protection profile (RFC 5764, 7714), 0: none is defined */
};
extern const struct media_srtp_suite media_srtp_suites[MEDIA_SRTP_NSUITES];

/** The suite of a name (exact, as in SDP); NULL: none of ours. */
const struct media_srtp_suite *media_srtp_by_name(struct rt_str name);
static inline enum media_srtp_suite_id media_srtp_id(const struct media_srtp_suite *s)
{
    return (enum media_srtp_suite_id)(s - media_srtp_suites);
}

#define MEDIA_SRTP_KEY_MAX  32
#define MEDIA_SRTP_SALT_MAX 14
#define MEDIA_SRTP_MKI_MAX  128
/** Octets that protecting adds at most: tag, SRTCP's index and the longest MKI. */
#define MEDIA_SRTP_TRAILER (16 + 4 + MEDIA_SRTP_MKI_MAX)
/** Sources of the far end that one key is used for, RTP and RTCP together. */
#define MEDIA_SRTP_SOURCES 8

/** Master key and salt of one direction. */
struct media_srtp_keys {
    enum media_srtp_suite_id suite;
    uint8_t key[MEDIA_SRTP_KEY_MAX], salt[MEDIA_SRTP_SALT_MAX];
    uint8_t nmki; /**< octets of the master key identifier in each packet; 0: none */
    uint8_t mki[MEDIA_SRTP_MKI_MAX];
};
/** The same keys: a re-offer that repeats them leaves the object, its counters and windows alone.
 */
bool media_srtp_keys_equal(const struct media_srtp_keys *a, const struct media_srtp_keys *b);

/** What became of a packet. */
enum media_srtp_result {
    MEDIA_SRTP_OK,
    MEDIA_SRTP_MALFORMED, /**< no RTP or RTCP, or too short for its tag */
    MEDIA_SRTP_FORGED,    /**< the tag is wrong: other key, or touched on the way */
    MEDIA_SRTP_REPLAYED,  /**< came before */
    MEDIA_SRTP_LATE,      /**< too old for the window of 128: cannot be told from a replay */
    MEDIA_SRTP_STRANGE,   /**< authentic, or not, from one source more than we keep */
    MEDIA_SRTP_OTHER_KEY, /**< names a master key identifier that was not agreed */
    MEDIA_SRTP_EXPIRED,   /**< the key has done its 2^48 packets (RTCP: 2^31) */
    MEDIA_SRTP_NO_ROOM,   /**< the buffer has no room for the trailer */
    MEDIA_SRTP_FAILED,    /**< libsrtp2 failed by itself */
    MEDIA_SRTP_NRESULTS
};
/** A word for each: "replayed". */
extern const char *const media_srtp_words[MEDIA_SRTP_NRESULTS];

struct media_srtp;

/** Makes an object: `tx` protects what we send from source `ssrc`, `rx` opens what comes. Not in
 * the media thread. ENOMEM; ENOTSUP: libsrtp2 was built without this suite. */
int media_srtp_new(struct media_srtp **out, const struct media_srtp_keys *tx,
                   const struct media_srtp_keys *rx, uint32_t ssrc);
/** Not in the media thread. Wipes the keys. NULL is allowed. */
void media_srtp_free(struct media_srtp *s);
/** True when it has these very keys. */
bool media_srtp_serves(const struct media_srtp *s, const struct media_srtp_keys *tx,
                       const struct media_srtp_keys *rx);
/** Packets of each result, both directions. */
const uint64_t *media_srtp_counts(const struct media_srtp *s);

/* In place. `p` is aligned to 4 octets, `*n` its length before and after, `cap` the room there is.
 * When the result is not OK the octets may be damaged and `*n` is unchanged. */
enum media_srtp_result media_srtp_protect(struct media_srtp *s, void *p, size_t *n, size_t cap);
enum media_srtp_result media_srtp_protect_rtcp(struct media_srtp *s, void *p, size_t *n,
                                               size_t cap);
enum media_srtp_result media_srtp_open(struct media_srtp *s, void *p, size_t *n);
enum media_srtp_result media_srtp_open_rtcp(struct media_srtp *s, void *p, size_t *n);

/* ---- a change of keys ---- */

/** For how long packets under the old key are still opened, when none under the new one comes. */
#define MEDIA_SRTP_OVERLAP RT_S

/** What a port has: the present keys, and those before a change while packets under them may still
 * be on the way. Zeroed: none. */
struct media_srtp_slot {
    struct media_srtp *now, *before;
    rt_time until;
    struct media_srtp *done; /**< no longer used: media_srtp_retired() gives them out */
};
/** Puts `s` (NULL: no more security) in use for sending at once and for receiving from its first
 * authentic packet on. A direction that keeps its key keeps its count and its window too. */
void media_srtp_install(struct media_srtp_slot *slot, struct media_srtp *s, rt_time now);
/** Opens with the present keys, else with those before; moves on to the present ones. */
enum media_srtp_result media_srtp_slot_open(struct media_srtp_slot *slot, void *p, size_t *n,
                                            bool rtcp, rt_time now);
/** Takes one object that is no longer used, to be freed elsewhere; NULL: there is none (left). To
 * be asked now and then. */
struct media_srtp *media_srtp_retired(struct media_srtp_slot *slot, rt_time now);

#endif
