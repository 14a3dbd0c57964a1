/* The operator in scenarios: verbs of the control socket, and what the network sees of them. */
#include "scn.h"

#include "gw/admin/control.h"
#include "isdn/isdn.h"

/** `ADMIN block pri --drain has TEXT` (or `lacks`): done, and the answer has the text. */
void admin_command(struct gw *gw, struct words *w)
{
    struct rt_str lacks = tail(w, "lacks"), has = tail(w, "has");
    struct rt_buf line = {0}, out = {0};
    const char *comma = "";
    bool stop;

    rt_buf_puts(&line, "{\"argv\":[");
    for (struct rt_str word_ = word(w); word_.n > 0; word_ = word(w)) {
        rt_buf_printf(&line, "%s\"%.*s\"", comma, RT_STR(word_));
        comma = ",";
    }
    rt_buf_puts(&line, "]}");
    gw_control_answer(gw, rt_buf_str(&line), &out, &stop);
    if (has.n > 0 && !memmem(out.p, out.n, has.p, has.n))
        scn_fail("the answer is %s", out.p);
    else if (lacks.n > 0 && memmem(out.p, out.n, lacks.p, lacks.n))
        scn_fail("the answer is %s", out.p);
    rt_buf_release(&line);
    rt_buf_release(&out);
}

/** `FREE N`: the network could seize N channels. */
void admin_check_free(struct words *w)
{
    uint64_t want = 0;
    struct isdn_span_status st;
    unsigned n;

    rt_str_u64(&want, word(w), ISDN_TIMESLOTS);
    isdn_span_status(net_peer_span(), &st);
    n = st.dchannel_up ? isdn_span_free_channels(net_peer_span(), UINT32_MAX) : 0;
    if (n != want)
        scn_fail("%u channels are free for the network", n);
}
