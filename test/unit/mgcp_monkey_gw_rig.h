/* A gateway role whose owner acts at random and checks what is asked of it, and the account of its
 * agent: what was said, and how each command was answered. */
#ifndef TEST_UNIT_MGCP_MONKEY_GW_RIG_H
#define TEST_UNIT_MGCP_MONKEY_GW_RIG_H

#include "test/unit/mgcp_gw_rig.h"
#include "test/unit/mgcp_monkey_rig.h"

#define TRUNKS    8
#define LINES     3
#define ENDPOINTS (TRUNKS + LINES)
#define HIST      (30 * RT_S)
#define SIDE      "127.0.0.9:5555" /* the agent's host, another port */
#define STRANGER  "127.0.0.66:2727"

/** A connection as its owner sees it. */
struct owned {
    struct mgcp_gw_connection *c;
    unsigned endpoint;
    bool live, pending;
};
static struct owned conns[ENDPOINTS * 8];

static struct mgcp_gw_endpoint *ends[ENDPOINTS];
static struct rt_udp *side, *stranger;

/** An answer that was given: a repetition gets the same. */
struct known {
    UT_hash_handle hh;
    uint32_t tid;
    rt_time at;
    char *wire;
    bool loose;                      /* it may have been confirmed */
    unsigned asked, answered, extra; /* in this step */
};
static struct known *answers;
/** Commands of the gateway that are not answered yet. */
static struct command {
    uint32_t tid;
    char verb[5];
} asked[64];
static unsigned nasked;
static bool hooks[ENDPOINTS];
static char sent[16][66000]; /* datagrams to be sent again */
static size_t nsent[16];

/* ---- the owner ---- */

static inline struct owned *owned_of(const struct mgcp_gw_connection *c)
{
    for (unsigned i = 0; i < RT_COUNT(conns); i++)
        if (conns[i].c == c)
            return &conns[i];
    return NULL;
}

static inline unsigned index_of(const void *arg)
{
    return (unsigned)((const bool *)arg - hooks);
}

static inline unsigned live_of(unsigned endpoint)
{
    unsigned n = 0;

    for (unsigned i = 0; i < RT_COUNT(conns); i++)
        n += conns[i].c && conns[i].live && conns[i].endpoint == endpoint;
    return n;
}

static inline unsigned mad_prepare(void *arg, struct mgcp_gw_connection *c,
                                   const struct mgcp_gw_media *m, struct rt_buf *local)
{
    static const unsigned refusals[] = {502, 505, 506, 509, 526, 527, 534, 403, 400, 511};
    struct owned *o = owned_of(c);

    ck_assert(m->modify == (o != NULL && o->live));
    ck_assert(!o || !o->pending);
    if (one_in(6))
        return any_of(refusals);
    if (!o) {
        o = owned_of(NULL);
        ck_assert_ptr_nonnull(o);
        *o = (struct owned){.c = c, .endpoint = index_of(arg)};
    }
    o->pending = true;
    if (!m->modify || one_in(2))
        rt_buf_printf(local, "v=0\r\no=- %u 1 IN IP4 127.0.0.1\r\n", any(1000));
    return 200;
}

static inline void mad_commit(void *arg, struct mgcp_gw_connection *c)
{
    struct owned *o = owned_of(c);

    ck_assert(o && o->pending && o->endpoint == index_of(arg));
    o->pending = false;
    o->live = true;
    ck_assert_uint_le(live_of(o->endpoint), MGCP_GW_CONNECTIONS);
}

static inline void mad_abort(void *arg, struct mgcp_gw_connection *c)
{
    struct owned *o = owned_of(c);

    (void)arg;
    ck_assert(o && o->pending);
    o->pending = false;
    if (!o->live)
        o->c = NULL;
}

static inline bool mad_statistics(void *arg, struct mgcp_gw_connection *c,
                                  struct mgcp_statistics *out)
{
    const struct owned *o = owned_of(c);

    (void)arg;
    ck_assert(o && o->live);
    out->ps = 7;
    return one_in(2);
}

static inline bool mad_remove(void *arg, struct mgcp_gw_connection *c, struct mgcp_statistics *out)
{
    struct owned *o = owned_of(c);

    (void)arg;
    (void)out;
    ck_assert(o && o->live && !o->pending);
    o->c = NULL;
    return one_in(2);
}

static inline unsigned mad_check(void *arg, struct mgcp_gw_connection *c, const char *package,
                                 const char *symbol, struct rt_str params)
{
    static const unsigned refusals[] = {401, 402, 403, 513};

    (void)arg;
    (void)c;
    (void)package;
    (void)symbol;
    (void)params;
    return one_in(8) ? any_of(refusals) : 200;
}

static inline void mad_signal(void *arg, struct mgcp_gw_connection *c, enum mgcp_signal_verb what,
                              const char *package, const char *symbol, struct rt_str params)
{
    (void)arg;
    (void)what;
    (void)params;
    ck_assert(!c || owned_of(c));
    ck_assert(package[0] && symbol[0]);
}

static inline bool mad_off_hook(void *arg)
{
    return *(bool *)arg;
}

static const struct mgcp_gw_ops mad_ops = {.prepare = mad_prepare,
                                           .commit = mad_commit,
                                           .abort = mad_abort,
                                           .remove = mad_remove,
                                           .statistics = mad_statistics,
                                           .check = mad_check,
                                           .signal = mad_signal,
                                           .off_hook = mad_off_hook,
                                           .capabilities = own_capabilities};

static inline struct mgcp_gw_connection *some_connection(void)
{
    const struct owned *o = &conns[any(RT_COUNT(conns))];

    for (unsigned i = 0; i < RT_COUNT(conns); i++, o++) {
        if (o == conns + RT_COUNT(conns))
            o = conns;
        if (o->c && o->live)
            return o->c;
    }
    return NULL;
}

static inline void owner_acts(void)
{
    static const char *const events[][2] = {{"L", "hd"},  {"L", "hu"},  {"L", "hf"},   {"D", "1"},
                                            {"D", "5"},   {"D", "#"},   {"D", "T"},    {"L", "of"},
                                            {"G", "mt"},  {"G", "ft"},  {"MS", "ans"}, {"R", "of"},
                                            {"T", "co1"}, {"FM", "ft"}, {"zz", "zz"}};
    unsigned e = any(ENDPOINTS);
    struct mgcp_gw_connection *c = one_in(3) ? some_connection() : NULL;
    const char *const *ev = any_of(events);

    if (c)
        e = owned_of(c)->endpoint;
    switch (any(12)) {
    case 0:
        mgcp_gw_endpoint_out(ends[e], 900 + any(6), one_in(2));
        break;
    case 1:
    case 2:
        mgcp_gw_endpoint_back(ends[e]);
        break;
    case 3:
        if (c) {
            mgcp_gw_connection_lost(c, 900 + any(6));
            owned_of(c)->c = NULL;
        }
        break;
    case 4:
    case 5:
        mgcp_gw_played(ends[e], c, any_of(events)[0], any_of(events)[1], one_in(3));
        break;
    default:
        if (strcmp(ev[1], "hd") == 0 || strcmp(ev[1], "hu") == 0)
            hooks[e] = ev[1][1] == 'd';
        mgcp_gw_event(ends[e], c, ev[0], ev[1], rt_str(one_in(9) ? "to" : ""));
        break;
    }
}

/* ---- what comes back ---- */

static inline struct known *known_of(uint32_t tid)
{
    struct known *k;

    HASH_FIND(hh, answers, &tid, sizeof tid, k);
    if (!k) {
        k = calloc(1, sizeof *k);
        k->tid = tid;
        k->at = -HIST;
        HASH_ADD(hh, answers, tid, sizeof k->tid, k);
    }
    return k;
}

static inline void forget_answers(void)
{
    struct known *k, *next;

    HASH_ITER(hh, answers, k, next)
    {
        HASH_DEL(answers, k);
        free(k->wire);
        free(k);
    }
}

static inline void take_answer_of(const struct mgcp_message *m, bool carried)
{
    struct known *k = known_of(m->tid);

    if (m->code == 0 || (carried && k->asked == 0)) /* it goes again with the RSIP behind it */
        return;
    ck_assert_uint_ge(m->code, 200);
    if (k->wire && k->at + HIST > rt_now())
        ck_assert_msg(strlen(k->wire) == m->raw.n && memcmp(k->wire, m->raw.p, m->raw.n) == 0,
                      "%s\nand now\n%.*s", k->wire, RT_STR(m->raw));
    k->answered++;
    k->extra += carried;
    if (k->wire && k->at + HIST > rt_now())
        return;
    free(k->wire);
    k->wire = m->code == 409 ? NULL : rt_str_dup(m->raw);
    k->at = rt_now();
}

static inline void take_datagram_of(struct rt_str wire)
{
    static struct mgcp_message m;
    bool carried = strstr(wire.p, "RSIP ") != NULL;
    unsigned refusal;

    while (wire.n > 0) {
        int err = mgcp_read(&m, &wire, &refusal);
        if (err == ENOENT)
            break;
        ck_assert_msg(err == 0, "we said: %.*s", RT_STR(m.raw));
        if (!m.command) {
            take_answer_of(&m, carried);
        } else if (nasked < RT_COUNT(asked)) {
            asked[nasked].tid = m.tid;
            rt_str_copy(asked[nasked++].verb, 5, m.verb_text);
        }
    }
}

static inline void take_all(void)
{
    struct rt_udp *const socks[] = {agent, side};

    fake_settle();
    for (unsigned i = 0; i < 2; i++)
        while (take_one(socks[i]))
            take_datagram_of(rt_str(got));
    ck_assert(!take_one(stranger) && !take_one(second));
}

/** Nothing is left of what may be said anew. Checks of libcheck cost too much in a loop. */
static inline void check_answers(void)
{
    struct known *k, *next;

    HASH_ITER(hh, answers, k, next)
    {
        if (k->answered > k->asked + k->extra || (!k->loose && k->answered < k->asked))
            ck_abort_msg("%u was said %u times and answered %u times: %s", k->tid, k->asked,
                         k->answered, k->wire ? k->wire : "?");
        k->asked = k->answered = k->extra = 0;
        if (k->at + HIST > rt_now())
            continue;
        HASH_DEL(answers, k);
        free(k->wire);
        free(k);
    }
}

static inline void check_step(void)
{
    struct mgcp_gw_endpoint_status s;

    take_all();
    check_answers();
    for (unsigned i = 0; i < RT_COUNT(conns); i++)
        if (conns[i].c && conns[i].pending)
            ck_abort_msg("a connection is prepared and nothing more");
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        mgcp_gw_endpoint_status(ends[i], &s);
        if (s.connections != live_of(i))
            ck_abort_msg("%u connections, its owner has %u", s.connections, live_of(i));
    }
}

#endif
