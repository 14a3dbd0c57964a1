/* Any datagram at the RTCP port: what is read stays inside of it and inside its bounds, and metrics
 * that were read are written as they were.
 */
#include "codec/rtcp.h"

#include <stdlib.h>

#define US 0x11223344u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void inside(struct rt_str s, const uint8_t *data, size_t size)
{
    const uint8_t *p = (const uint8_t *)s.p;
    demand(s.n == 0 || (p >= data && p + s.n <= data + size));
}

static void write_back(const struct rtcp_voip *voip)
{
    struct rtcp_report r = {.ssrc = 1, .cname = "c", .voip = voip};
    struct rtcp_news again;
    uint8_t out[RTCP_MAX];

    demand(rtcp_read(&again, out, rtcp_write(out, &r), US) == 0);
    demand(again.have_voip && again.voip.r == voip->r && again.voip.mos_lq == voip->mos_lq &&
           again.voip.signal_dbm0 == voip->signal_dbm0 && again.voip.jba == voip->jba &&
           again.voip.jb_abs_max_ms == voip->jb_abs_max_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtcp_news news;
    rt_time rtt = 0;

    if (rtcp_read(&news, data, size, US) != 0)
        return 0;
    demand(rtcp_is(data, size));
    inside(news.cname, data, size);
    inside(news.reason, data, size);
    rtcp_bound(&news, 1000, 8000);
    demand(news.lost <= 1000 && rtcp_jitter_us(news.jitter, 8000) <= 10 * RT_S);
    if (rtcp_round_trip(&rtt, 1700000000 * RT_S, news.last_sr, news.since_sr))
        demand(rtt >= 0 && rtt <= 30 * RT_S);
    if (news.have_voip)
        write_back(&news.voip);
    return 0;
}
