/* What reading, writing and agreeing on SDP share. */
#ifndef CODEC_SDP_PRIV_H
#define CODEC_SDP_PRIV_H

#include "codec/sdp.h"

/** An m= line, borrowed. */
struct sdp_media {
    struct rt_str kind, proto, formats;
    uint16_t port;
    enum sdp_profile profile;
    bool usable; /**< audio over RTP of a known profile with a port */
};
/** EBADMSG. */
int sdp_media_line(struct sdp_media *m, struct rt_str value);
/** Streams that are looked at; later ones are not for us. */
#define SDP_STREAMS 8

/** A payload type as rtpmap and fmtp explain it. */
struct sdp_mapping {
    bool mapped;               /**< an rtpmap is there */
    const struct codec *codec; /**< NULL: none of ours */
    unsigned event_clock;      /**< telephone-event's; 0: it is none */
    bool noise;                /**< comfort noise at 8000 Hz */
    struct rt_str fmtp;
};

/** A body being read. Attributes of the session are kept in `session` and are where the stream's
 * begin. */
struct sdp_reading {
    struct sdp_audio *at; /**< what attributes belong to now */
    struct sdp_audio session, audio;
    unsigned index;        /**< which usable stream is wanted */
    struct rt_str formats; /**< of its m= line */
    struct rt_str bundle;  /**< names of the BUNDLE group */
    bool own_prints;       /**< the stream has fingerprints: the session's do not count */
    struct sdp_mapping map[128];
};

/** Reads the usable stream `index`, counted from 0. ENOENT: there are not so many; ENOTSUP: none of
 * our codecs is in it, or its address is a group's; EBADMSG. */
int sdp_parse_stream(struct sdp_audio *out, struct rt_str body, unsigned index);
bool sdp_line(struct rt_str *rest, struct rt_str *line);
/** Takes `z` off the front of `s`; false: it does not begin so. */
bool sdp_starts(struct rt_str s, const char *z, struct rt_str *after);
/** Indexed by enum sdp_direction, sdp_profile, sdp_setup. */
extern const char *const sdp_direction_names[];
extern const char *const sdp_profile_names[];
extern const char *const sdp_setup_names[];

/* ---- sdp_formats.c: payload types ---- */

void sdp_read_rtpmap(struct sdp_reading *r, struct rt_str v);
void sdp_read_fmtp(struct sdp_reading *r, struct rt_str v);
/** What the m= line's payload types mean, when all attributes have been read. */
void sdp_read_formats(struct sdp_reading *r);

/* ---- sdp_secure.c: keys, fingerprints, ICE ---- */

void sdp_read_crypto(struct sdp_reading *r, struct rt_str v);
void sdp_read_fingerprint(struct sdp_reading *r, struct rt_str v);
void sdp_read_setup(struct sdp_reading *r, struct rt_str v);
void sdp_read_ufrag(struct sdp_reading *r, struct rt_str v);
void sdp_read_pwd(struct sdp_reading *r, struct rt_str v);
void sdp_read_candidate(struct sdp_reading *r, struct rt_str v);
void sdp_read_lite(struct sdp_reading *r, struct rt_str v);
void sdp_read_mismatch(struct sdp_reading *r, struct rt_str v);
/** Notices a default address that is none of the candidates (RFC 8839 4.2.5). */
void sdp_check_ice(struct sdp_audio *a);
/** Chooses what protects the stream, and the keys for it. `answering`: `remote` is an offer, else
 * the answer to ours. ENOTSUP: nothing that both want. */
int sdp_secure(struct sdp_audio *remote, const struct sdp_audio *local, bool answering);
/** Whether a profile can be had at all with such a need. */
bool sdp_profile_allowed(enum sdp_profile p, enum sdp_need need);
/** Our role in an answer to theirs; `role`: the one that we have had, NONE: none. */
enum sdp_setup sdp_setup_answer(enum sdp_setup offered, enum sdp_setup role);

/* ---- sdp_write.c ---- */

/** v= to the session's attributes. */
void sdp_write_head(struct rt_buf *out, const struct sdp_audio *a, const struct sdp_origin *o,
                    struct rt_str timing);
/** The m= line and its attributes: all that `a` has. */
void sdp_write_audio(struct rt_buf *out, const struct sdp_audio *a, bool answer);
/** telephone-event as an offer of `a` names it: each clock of its codecs. */
void sdp_spread_events(struct sdp_audio *a);

#endif
