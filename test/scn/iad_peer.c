/* A gateway with telephones and circuits, as our call agent sees it (RFC 3435): made of text, with
 * just enough memory to answer as one does. It reports only what it was asked for, and after a
 * notification is silent until it is asked anew (lockstep, 4.4.1), else the script ends.
 */
#include "mgcp_text.h"

#include "test/fake/fake.h"

#include <stdio.h>
#include <stdlib.h>

#define HOST        "10.0.0.9"
#define NAME        "iad.test"
#define STRANGER    "10.0.0.66:2427"
#define CONNECTIONS 4
#define PORTS       40000 /* of its connections */

struct connection {
    char id[8], mode[16];
    union rt_addr to; /* where the agent says that the far end hears */
    uint16_t port;
};

struct endpoint {
    const char *name;
    bool off_hook;
    char x[16];      /* of the last request */
    char asked[512]; /* R */
    bool loop;       /* more than one notification is wanted */
    bool silent;     /* lockstep: it waits for a request */
    struct connection connection[CONNECTIONS];
};

static struct endpoint endpoints[] = {
    {.name = "aaln/1"}, {.name = "aaln/2"}, {.name = "ds/e1-1/1"}, {.name = "ds/e1-1/2"}};
static unsigned made;    /* connections so far */
static unsigned refusal; /* the code of the next answer, 0: none */
static char refused[8];  /* to this command; empty: to any */
static char payloads[24] = "8 101";

static bool answer(struct mgcp_far *f, const struct mgcp_said *m);
static struct mgcp_far iad = {.command = answer};

/* ---- endpoints ---- */

static struct endpoint *find(struct rt_str local)
{
    for (size_t i = 0; i < RT_COUNT(endpoints); i++)
        if (rt_str_eq(local, endpoints[i].name))
            return &endpoints[i];
    return NULL;
}

/** `1` is aaln/1. */
static struct endpoint *named(struct words *w)
{
    struct rt_str name = word(w);
    char text[40];

    snprintf(text, sizeof text, "%s%.*s", memchr(name.p, '/', name.n) ? "" : "aaln/", RT_STR(name));
    struct endpoint *e = find(rt_str(text));
    if (!e)
        scn_fail("the gateway has no endpoint %s", text);
    return e;
}

static struct connection *connection_of(struct endpoint *e, struct rt_str id)
{
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (rt_str_caseeq(id, e->connection[i].id) && id.n > 0)
            return &e->connection[i];
    return NULL;
}

static unsigned count(const struct endpoint *e)
{
    unsigned n = 0;

    for (unsigned i = 0; i < CONNECTIONS; i++)
        n += e->connection[i].id[0] != '\0';
    return n;
}

static void forget(struct endpoint *e)
{
    memset(e->connection, 0, sizeof e->connection);
    e->x[0] = e->asked[0] = '\0';
    e->silent = e->loop = false;
}

/* ---- answers ---- */

static void describe(struct rt_buf *out, const struct connection *c)
{
    if (strcmp(payloads, "none") == 0)
        return;
    rt_buf_printf(out,
                  "\r\nv=0\r\no=- 1 1 IN IP4 " HOST "\r\ns=-\r\nc=IN IP4 " HOST
                  "\r\nt=0 0\r\nm=audio %u RTP/AVP %s\r\n%s",
                  c->port, payloads,
                  strstr(payloads, "101") ? "a=rtpmap:101 telephone-event/8000\r\n" : "");
}

static void take_request(struct endpoint *e, const struct mgcp_said *m)
{
    struct rt_str q = mgcp_said_line(m, "Q");

    if (!mgcp_said_has(m, "X"))
        return;
    rt_str_copy(e->x, sizeof e->x, mgcp_said_line(m, "X"));
    rt_str_copy(e->asked, sizeof e->asked, mgcp_said_line(m, "R"));
    e->loop = memmem(q.p, q.n, "loop", 4) != NULL;
    e->silent = false;
}

static void take_connection(struct connection *c, const struct mgcp_said *m)
{
    if (mgcp_said_has(m, "M"))
        rt_str_copy(c->mode, sizeof c->mode, mgcp_said_line(m, "M"));
    if (m->sdp.n > 0)
        mgcp_said_media(&c->to, m->sdp);
}

static unsigned on_crcx(struct endpoint *e, const struct mgcp_said *m, struct rt_buf *out)
{
    unsigned i = 0;

    while (i < CONNECTIONS && e->connection[i].id[0])
        i++;
    if (i == CONNECTIONS)
        return 540;
    struct connection *c = &e->connection[i];
    memset(c, 0, sizeof *c);
    snprintf(c->id, sizeof c->id, "A%u", ++made);
    c->port = (uint16_t)(PORTS + 100 * (e - endpoints) + 2 * i);
    take_connection(c, m);
    take_request(e, m);
    rt_buf_printf(out, "I: %s\r\n", c->id);
    describe(out, c);
    return 200;
}

static unsigned on_mdcx(struct endpoint *e, const struct mgcp_said *m, struct rt_buf *out)
{
    struct connection *c = connection_of(e, mgcp_said_line(m, "I"));

    if (!c)
        return 515;
    take_connection(c, m);
    take_request(e, m);
    if (m->sdp.n > 0 || mgcp_said_has(m, "L"))
        describe(out, c);
    return 200;
}

static unsigned on_dlcx(struct endpoint *e, const struct mgcp_said *m, struct rt_buf *out)
{
    struct rt_str id = mgcp_said_line(m, "I");
    struct connection *c = connection_of(e, id);

    if (id.n == 0) {
        memset(e->connection, 0, sizeof e->connection);
        return 250;
    }
    if (!c)
        return 515;
    c->id[0] = '\0';
    rt_buf_puts(out, "P: PS=100, OS=16000, PR=101, OR=16160, PL=1, JI=2, LA=3\r\n");
    return 250;
}

static unsigned on_rqnt(struct endpoint *e, const struct mgcp_said *m, struct rt_buf *out)
{
    (void)out;
    take_request(e, m);
    return 200;
}

static unsigned on_auep(struct endpoint *e, const struct mgcp_said *m, struct rt_buf *out)
{
    if (!mgcp_said_has(m, "F"))
        return 200;
    rt_buf_printf(out, "X: %s\r\nI:", e->x[0] ? e->x : "0");
    for (unsigned i = 0, n = 0; i < CONNECTIONS; i++)
        if (e->connection[i].id[0])
            rt_buf_printf(out, "%s%s", n++ ? "," : " ", e->connection[i].id);
    rt_buf_printf(out, "\r\nES: %s\r\nRM: restart\r\n",
                  strncmp(e->name, "aaln", 4) != 0 ? ""
                  : e->off_hook                    ? "L/hd"
                                                   : "L/hu");
    return 200;
}

static const struct {
    const char *verb;
    unsigned (*fn)(struct endpoint *e, const struct mgcp_said *m, struct rt_buf *out);
} verbs[] = {
    {"CRCX", on_crcx}, {"MDCX", on_mdcx}, {"DLCX", on_dlcx}, {"RQNT", on_rqnt}, {"AUEP", on_auep}};

static unsigned act(const struct mgcp_said *m, struct rt_buf *out)
{
    struct endpoint *e = find(m->local);

    if (refusal && (refused[0] == '\0' || rt_str_eq(m->verb, refused))) {
        unsigned code = refusal;
        refusal = 0;
        return code;
    }
    if (rt_str_eq(m->verb, "AUEP") && rt_str_eq(m->local, "*")) {
        for (size_t i = 0; i < RT_COUNT(endpoints); i++)
            rt_buf_printf(out, "Z: %s@" NAME "\r\n", endpoints[i].name);
        return 200;
    }
    if (!e || !rt_str_eq(m->domain, NAME))
        return 500;
    for (size_t i = 0; i < RT_COUNT(verbs); i++)
        if (rt_str_eq(m->verb, verbs[i].verb))
            return verbs[i].fn(e, m, out);
    return 504;
}

static bool answer(struct mgcp_far *f, const struct mgcp_said *m)
{
    struct rt_buf body = {0}, text = {0};
    bool audit = rt_str_eq(m->verb, "AUEP"), counts = !audit || rt_str_eq(rt_str(refused), "AUEP");

    unsigned held = counts ? 0 : refusal;
    if (!counts)
        refusal = 0; /* audits answer by themselves */
    unsigned code = act(m, &body);
    if (held)
        refusal = held;
    rt_buf_printf(&text, "%u %.*s Said\r\n", code, RT_STR(m->tid));
    if (body.n > 0)
        rt_buf_put(&text, body.p, body.n);
    rt_buf_release(&body);
    mgcp_far_answer(f, &text);
    return !audit;
}

/* ---- what it tells ---- */

/** The answer must be this; 0: it must say yes. */
static void answered(const struct words *w)
{
    unsigned want = (unsigned)option(w, "answered", 0);

    if (iad.lost)
        return;
    if (want ? iad.answered != want : iad.answered < 200 || iad.answered > 299)
        scn_fail("it was answered with %u", iad.answered);
}

/** True when its request names the event: by package, and by name or a range of digits. */
static bool is_asked(const struct endpoint *e, struct rt_str event)
{
    char name[32];
    struct rt_str params = event, base = rt_str_cut(&params, '(');

    base = rt_str_cut(&base, ','); /* the first of several digits */
    struct rt_str symbol = base;
    rt_str_cut(&symbol, '/');
    if (symbol.n == 1) /* a digit: "D/[0-9*#T]" */
        snprintf(name, sizeof name, "%.*s/[", (int)(base.n - 2), base.p);
    else
        snprintf(name, sizeof name, "%.*s(", RT_STR(base));
    return strstr(e->asked, name) != NULL;
}

static void notify(struct endpoint *e, struct rt_str observed, const struct words *w)
{
    struct rt_buf text = {0};

    if (e->silent && !flag(w, "unasked"))
        scn_fail("%s was told before, and not asked anew", e->name);
    if (!is_asked(e, observed) && !flag(w, "unasked"))
        scn_fail("%s was not asked for %.*s but for %s", e->name, RT_STR(observed), e->asked);
    e->silent = !e->loop;
    rt_buf_printf(&text, "NTFY %u %s@" NAME " MGCP 1.0\r\nX: %s\r\nO: %.*s\r\n", ++iad.tid + 5000,
                  e->name, e->x[0] ? e->x : "0", RT_STR(observed));
    mgcp_far_send(&iad, &text);
    answered(w);
}

static void hook(struct words *w)
{
    static const struct {
        const char *word, *event;
        bool off_hook;
    } table[] = {{"up", "L/hd", true}, {"down", "L/hu", false}, {"flash", "L/hf", true}};
    struct endpoint *e = named(w);
    struct rt_str how = word(w);

    for (size_t i = 0; e && i < RT_COUNT(table); i++)
        if (rt_str_eq(how, table[i].word)) {
            e->off_hook = table[i].off_hook;
            if (!flag(w, "quietly"))
                notify(e, rt_str(table[i].event), w);
        }
}

/** `DIAL 1 DIGITS [singly] [package P]` */
static void dial(struct words *w)
{
    struct endpoint *e = named(w);
    struct rt_str digits = word(w), package = option_word(w, "package");
    bool singly = flag(w, "singly");
    struct rt_buf list = {0};

    if (package.n == 0)
        package = rt_str("D");
    for (size_t i = 0; e && i < digits.n; i++) {
        rt_buf_printf(&list, "%s%.*s/%c", list.n ? "," : "", RT_STR(package), digits.p[i]);
        if (singly || i + 1 == digits.n) {
            notify(e, rt_buf_str(&list), w);
            rt_buf_reset(&list);
        }
    }
    rt_buf_release(&list);
}

static void event(struct words *w)
{
    struct endpoint *e = named(w);
    struct rt_str what = word(w);

    if (e)
        notify(e, what, w);
}

/** `RESTART METHOD NAME [delay N] [reason N]` */
static void restart(struct words *w)
{
    struct rt_str method = word(w), name = word(w);
    long delay = option(w, "delay", -1), reason = option(w, "reason", -1);
    bool all = memchr(name.p, '*', name.n) != NULL;
    struct rt_buf text = {0};

    for (size_t i = 0; i < RT_COUNT(endpoints); i++)
        if ((all || rt_str_eq(name, endpoints[i].name)) &&
            (rt_str_eq(method, "restart") || rt_str_eq(method, "forced")))
            forget(&endpoints[i]);
    rt_buf_printf(&text, "RSIP %u %.*s@" NAME " MGCP 1.0\r\nRM: %.*s\r\n", ++iad.tid + 5000,
                  RT_STR(name), RT_STR(method));
    if (delay >= 0)
        rt_buf_printf(&text, "RD: %ld\r\n", delay);
    if (reason >= 0)
        rt_buf_printf(&text, "E: %ld\r\n", reason);
    mgcp_far_send(&iad, &text);
    answered(w);
}

/** `DELETE 1 reason N`: it ends its first connection by itself. */
static void delete (struct words *w)
{
    struct endpoint *e = named(w);
    struct rt_buf text = {0};

    if (!e || !e->connection[0].id[0]) {
        scn_fail("it has no connection");
        return;
    }
    rt_buf_printf(&text, "DLCX %u %s@" NAME " MGCP 1.0\r\nI: %s\r\nE: %ld\r\nP: PS=5, PR=6\r\n",
                  ++iad.tid + 5000, e->name, e->connection[0].id, option(w, "reason", 902));
    e->connection[0].id[0] = '\0';
    mgcp_far_send(&iad, &text);
    answered(w);
}

/** `STRANGER 1 EVENT`: somebody else says so, and hears nothing. */
static void stranger(struct words *w)
{
    struct endpoint *e = named(w);
    struct rt_str what = word(w);
    union rt_addr me, from;
    struct rt_udp *u;
    char text[256], data[512];
    size_t n;

    rt_addr_parse(&me, STRANGER, strlen(STRANGER), 0);
    if (!e || rt_udp_open(&u, NULL, &me, NULL, NULL) != 0)
        return;
    int len = snprintf(text, sizeof text, "NTFY 9 %s@" NAME " MGCP 1.0\r\nX: %s\r\nO: %.*s\r\n",
                       e->name, e->x, RT_STR(what));
    rt_udp_send(u, text, (size_t)len, &iad.gateway);
    fake_advance(RT_S);
    if (rt_udp_recv(u, data, sizeof data, &n, &from) == 0)
        scn_fail("the stranger got an answer");
    rt_udp_close(u);
}

/* ---- what the script wants to know, and settings ---- */

static void expect(struct words *w)
{
    mgcp_far_expect(&iad, w);
}

static void skip(struct words *w)
{
    (void)w;
    fake_settle();
    mgcp_far_skip(&iad);
}

/** `HAS 1 N [mode M]`: connections, and that one of them is in the mode. */
static void check_connections(struct words *w)
{
    struct endpoint *e = named(w);
    uint64_t want = 0;
    struct rt_str mode;
    bool found = false;

    rt_str_u64(&want, word(w), CONNECTIONS);
    mode = option_word(w, "mode");
    fake_settle();
    if (!e)
        return;
    if (count(e) != want)
        scn_fail("%s has %u connections", e->name, count(e));
    for (unsigned i = 0; i < CONNECTIONS; i++)
        found = found || (e->connection[i].id[0] && rt_str_eq(mode, e->connection[i].mode));
    if (mode.n > 0 && !found)
        scn_fail("none is %.*s but %s, %s", RT_STR(mode), e->connection[0].mode,
                 e->connection[1].mode);
}

/** `ANSWER CODE [VERB]`: so the next command is answered, or the next of that kind. */
static void set_answer(struct words *w)
{
    uint64_t code = 0;

    rt_str_u64(&code, word(w), 999);
    refusal = (unsigned)code;
    rt_str_copy(refused, sizeof refused, word(w));
}

static void set_payloads(struct words *w)
{
    struct rt_str list = word(w);

    rt_str_copy(payloads, sizeof payloads, list);
    for (char *p = payloads; *p; p++)
        *p = *p == ',' ? ' ' : *p;
}

static void set_mute(struct words *w)
{
    uint64_t n = 0;

    rt_str_u64(&n, word(w), 1000);
    iad.mute = (unsigned)n;
}

static void lost(struct words *w)
{
    (void)w;
    iad.lost = true;
}

static void back(struct words *w)
{
    (void)w;
    iad.lost = false;
}

/** Its answers wait from now on, until HURRY. */
static void think(struct words *w)
{
    (void)w;
    iad.thinks = true;
}

static void hurry(struct words *w)
{
    (void)w;
    mgcp_far_hurry(&iad);
}

static void again(struct words *w)
{
    mgcp_far_again(&iad);
    answered(w);
}

static void talk(struct words *w)
{
    voice_talk(VOICE_IAD, w);
}

static void say(struct words *w)
{
    voice_dial(VOICE_IAD, w);
}

static void hear(struct words *w)
{
    voice_hear(VOICE_IAD, w);
}

bool iad_peer_media(union rt_addr *to)
{
    const struct connection *c = &endpoints[0].connection[0];

    *to = c->to;
    return c->id[0] && rt_addr_port(to) != 0;
}

void iad_peer_start(struct rt_loop *loop)
{
    mgcp_far_open(&iad, loop, HOST ":2427", 2727);
}

void iad_peer_stop(void)
{
    mgcp_far_close(&iad);
}

void iad_peer_command(struct words *w)
{
    static const struct {
        const char *name;
        void (*fn)(struct words *w);
    } table[] = {{"EXPECT", expect},
                 {"SKIP", skip},
                 {"HAS", check_connections},
                 {"HOOK", hook},
                 {"DIAL", dial},
                 {"EVENT", event},
                 {"RESTART", restart},
                 {"DELETE", delete},
                 {"STRANGER", stranger},
                 {"ANSWER", set_answer},
                 {"MUTE", set_mute},
                 {"LOST", lost},
                 {"BACK", back},
                 {"AGAIN", again},
                 {"THINK", think},
                 {"HURRY", hurry},
                 {"TALK", talk},
                 {"SAY", say},
                 {"HEAR", hear},
                 {"PAYLOADS", set_payloads}};
    struct rt_str what = word(w);

    for (size_t i = 0; i < RT_COUNT(table); i++)
        if (rt_str_eq(what, table[i].name)) {
            table[i].fn(w);
            return;
        }
    scn_fail("the gateway does not know \"%.*s\"", RT_STR(what));
}
