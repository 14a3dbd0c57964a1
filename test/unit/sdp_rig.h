/* Offers, answers and our side of them, for the tests of SDP. */
#ifndef TEST_UNIT_SDP_RIG_H
#define TEST_UNIT_SDP_RIG_H

#include "codec/sdp.h"

#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define SDP_HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"

static const struct sdp_origin sdp_rig_origin = {1000, 1};

static inline union rt_addr sdp_rig_addr(const char *text)
{
    union rt_addr a;
    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 0), 0);
    return a;
}

/** Our side with these codecs, ended by CODEC_COUNT, and telephone-event 101. */
static inline struct sdp_audio sdp_rig_ours(enum codec_id first, ...)
{
    struct sdp_audio a = {.addr = sdp_rig_addr("192.0.2.1:20000"),
                          .event_payload = 101,
                          .events = 0xffff,
                          .cn_payload = -1,
                          .ptime = 20};
    va_list ap;

    va_start(ap, first);
    for (enum codec_id id = first; id != CODEC_COUNT; id = (enum codec_id)va_arg(ap, int)) {
        a.codec[a.ncodecs].id = id;
        a.codec[a.ncodecs++].payload = codec_table[id].payload;
    }
    va_end(ap);
    return a;
}

/** Answers `offer`; the m= lines and what follows have to be `want` (NULL: not looked at). */
static inline struct sdp_audio sdp_rig_answer(const char *offer, const struct sdp_audio *local,
                                              const char *want)
{
    struct sdp_audio agreed;
    struct rt_buf out = {0};

    int err = sdp_answer(&out, &agreed, rt_str(offer), local, &sdp_rig_origin);
    ck_assert_msg(err == 0, "%s: %s", strerror(err), offer);
    const char *media = strstr(out.p, "m=");
    ck_assert_ptr_nonnull(media);
    if (want)
        ck_assert_str_eq(media, want);
    rt_buf_release(&out);
    return agreed;
}

/** The error that an answer to `offer` ends with. */
static inline int sdp_rig_refused(const char *offer, const struct sdp_audio *local)
{
    struct sdp_audio agreed;
    struct rt_buf out = {0};

    int err = sdp_answer(&out, &agreed, rt_str(offer), local, &sdp_rig_origin);
    rt_buf_release(&out);
    return err;
}

/** The offer made of `local` has these m= lines and what follows. */
static inline void sdp_rig_offers(const struct sdp_audio *local, const char *want)
{
    struct rt_buf out = {0};

    sdp_write_offer(&out, local, &sdp_rig_origin);
    ck_assert_str_eq(strstr(out.p, "m="), want);
    rt_buf_release(&out);
}

/** Takes an answer to the offer made of `local`. */
static inline struct sdp_audio sdp_rig_accept(const char *answer, const struct sdp_audio *local)
{
    struct sdp_audio agreed;

    int err = sdp_accept(&agreed, rt_str(answer), local);
    ck_assert_msg(err == 0, "%s: %s", strerror(err), answer);
    return agreed;
}

static inline bool sdp_rig_is(struct rt_str s, const char *z)
{
    return rt_str_eq(s, z);
}

#endif
