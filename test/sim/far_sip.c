/* A SIP far end: a user agent made of our own sip/, on its host's port 5060, and its trunk in the
 * plan. */
#include "test/sim/far_sip.h"

#include "test/fake/fake.h"

#include <errno.h>
#include <stdlib.h>

/* ---- the user agent ---- */

unsigned far_sip_enter(const struct sim_far *f)
{
    return fake_process(SIM_PROCESS + 1 + f->index);
}

static void choose_options(struct far_sip *own)
{
    const struct sim_far *f = own->far;
    bool required = far_sip_choice(f, FAR_SIP_RELIABLE, 2) == 2;

    own->options.reliable =
        required || far_sip_choice(f, FAR_SIP_IS_RELIABLE, 1) ? SIP_SUPPORTED : SIP_OFF;
    own->options.info = "application/dtmf-relay, application/dtmf";
    if (far_sip_choice(f, FAR_SIP_ASKS_TIMER, 1)) {
        own->options.interval = 120 * RT_S;
        own->options.min_interval = 90 * RT_S;
    }
}

static int open_agent(struct far_sip *own)
{
    struct sip_ua_config cfg = {.nlisten = 1,
                                .advertise = own->host,
                                .user_agent = "far end",
                                .per_source = 100000,
                                .connections = 100000,
                                .max_udp = 60000};

    cfg.listen[0] = (struct sip_listen){SIP_UDP, own->host};
    if (own->tcp)
        cfg.listen[cfg.nlisten++] = (struct sip_listen){SIP_TCP, own->host};
    rt_addr_set_port(&cfg.advertise, 0);
    return sip_ua_new(&own->ua, own->loop, &cfg, &far_sip_ua_ops, own, NULL);
}

int far_sip_open(struct far_sip *own, struct sim_far *f, uint16_t port, bool tcp)
{
    own->far = f;
    own->tcp = tcp;
    choose_options(own);
    int err = rt_addr_parse(&own->host, f->host, strlen(f->host), port);
    if (err == 0)
        err = rt_addr_parse(&own->gateway, SIM_GATEWAY, strlen(SIM_GATEWAY), 5060);
    unsigned before = far_sip_enter(f);
    fake_process_address(fake_process_now(), f->host);
    if (err == 0)
        err = rt_loop_new(&own->loop, f->trunk);
    if (err == 0)
        err = open_agent(own);
    if (err != 0)
        rt_loop_free(own->loop);
    fake_process(before);
    return err;
}

int far_sip_move(struct far_sip *own, uint16_t port)
{
    unsigned before = far_sip_enter(own->far);

    sip_ua_free(own->ua);
    rt_addr_set_port(&own->host, port);
    int err = open_agent(own);
    fake_process(before);
    return err;
}

void far_sip_close(struct far_sip *own)
{
    unsigned before = far_sip_enter(own->far);

    sip_ua_free(own->ua);
    while (own->calls)
        far_sip_call_free(own->calls);
    fake_settle();
    rt_loop_free(own->loop);
    fake_process(before);
}

void far_sip_holds(const struct far_sip *own, struct rt_buf *why)
{
    const char *name = own->far->trunk;
    struct sip_usage u;

    sip_ua_usage(own->ua, &u);
    if (u.client + u.server + u.dialogs + u.sessions > 0)
        rt_buf_printf(why, "%s: %u client and %u server transactions, %u dialogs, %u sessions\n",
                      name, u.client, u.server, u.dialogs, u.sessions);
    for (const struct far_sip_call *k = own->calls; k; k = k->next)
        rt_buf_printf(why, "%s: the call %s -> %s, %s, %s\n", name, k->caller, k->called,
                      k->calling ? "calling" : "called", k->left ? "left" : "not left");
}

/* ---- start and stop ---- */

static int start(struct sim_far *f)
{
    struct far_sip *own = calloc(1, sizeof *own);

    if (!own)
        return ENOMEM;
    int err = far_sip_open(own, f, 5060, far_sip_choice(f, FAR_SIP_TCP, 1));
    if (err != 0) {
        free(own);
        return err;
    }
    f->own = own;
    return 0;
}

static void stop(struct sim_far *f)
{
    struct far_sip *own = f->own;

    if (!own)
        return;
    far_sip_close(own);
    free(own);
    f->own = NULL;
}

static void call(struct sim_far *f, struct sim_call *c)
{
    unsigned before = far_sip_enter(f);

    far_sip_place(f->own, c);
    fake_process(before);
}

static bool idle(struct sim_far *f, struct rt_buf *why)
{
    size_t before = why->n;

    far_sip_holds(f->own, why);
    return why->n == before;
}

/* ---- the plan ---- */

void far_sip_put_manners(const struct sim_far *f, struct rt_buf *out)
{
    static const struct {
        enum far_sip_bit at;
        unsigned bits;
        const char *text[4];
    } statements[] = {
        {FAR_SIP_RELIABLE, 2, {"", " 100rel off\n", " 100rel required\n", " 100rel supported\n"}},
        {FAR_SIP_TIMER,
         2,
         {"", " session-timer off\n", " session-timer 90s\n", " session-timer 5min\n"}},
        {FAR_SIP_DIRECT, 1, {"", " media direct\n"}},
        {FAR_SIP_DTMF, 2, {"", " dtmf info\n", " dtmf rfc4733\n", " dtmf info-dtmf\n"}},
        {FAR_SIP_CODECS, 2, {"", " codecs pcmu, pcma\n", " codecs pcma\n", " codecs pcmu\n"}},
        {FAR_SIP_UNTRUSTED, 1, {"", " identity untrusted\n"}},
        {FAR_SIP_EARLY, 1, {"", " early-media supported\n"}},
        {FAR_SIP_BY_REINVITE, 1, {"", " identity-updates reinvite\n"}},
    };

    rt_buf_puts(out, " numbers e164\n");
    for (size_t i = 0; i < RT_COUNT(statements); i++)
        rt_buf_puts(out,
                    statements[i].text[far_sip_choice(f, statements[i].at, statements[i].bits)]);
}

static void plan(const struct sim_far *f, struct rt_buf *out)
{
    rt_buf_printf(out, "trunk %s {\n" SIM_LIMIT " sip sip:%s%s\n accept from %s\n", f->trunk,
                  f->host, far_sip_choice(f, FAR_SIP_TCP, 1) ? ";transport=tcp" : "", f->host);
    far_sip_put_manners(f, out);
    rt_buf_puts(out, "}\n");
}

const struct sim_far_ops sim_far_sip = {
    .name = "sip", .start = start, .stop = stop, .call = call, .idle = idle, .plan = plan};
