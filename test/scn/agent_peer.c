/* A call agent of somebody else's that directs channels of ours (RFC 3435): made of text. What we
 * tell it is answered at once; what it asks stands in the script.
 */
#include "mgcp_text.h"

#include "test/fake/fake.h"

#include <stdio.h>
#include <stdlib.h>

#define HOST "10.0.0.8"
#define SDP                                                                                        \
    "\r\nv=0\r\no=- 1 1 IN IP4 " HOST "\r\ns=-\r\nc=IN IP4 " HOST                                  \
    "\r\nt=0 0\r\nm=audio 42000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"

static bool answer(struct mgcp_far *f, const struct mgcp_said *m);
static struct mgcp_far agent = {.command = answer, .tid = 7000};
static char domain[64] = "[10.0.0.1]"; /* ours, as we said it last */
static char connection[40];            /* the last that we made */
static union rt_addr media;            /* where it is heard */
static unsigned refusal;

static bool answer(struct mgcp_far *f, const struct mgcp_said *m)
{
    struct rt_buf text = {0};
    unsigned code = refusal ? refusal : rt_str_eq(m->verb, "DLCX") ? 250 : 200;

    refusal = 0;
    rt_str_copy(domain, sizeof domain, m->domain);
    rt_buf_printf(&text, "%u %.*s Said\r\n", code, RT_STR(m->tid));
    mgcp_far_answer(f, &text);
    return true;
}

/** What the last answer says of a connection. */
static void remember(void)
{
    const struct mgcp_said *last = agent.responses ? agent.responses->prev : NULL;

    if (!last)
        return;
    if (mgcp_said_line(last, "I").n > 0)
        rt_str_copy(connection, sizeof connection, mgcp_said_line(last, "I"));
    if (last->sdp.n > 0)
        mgcp_said_media(&media, last->sdp);
}

/** A line, in which $I is the last connection. */
static void put_line(struct rt_buf *out, struct rt_str line)
{
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] == '$' && i + 1 < line.n && line.p[i + 1] == 'I')
            rt_buf_puts(out, (i++, connection));
        else
            rt_buf_put(out, line.p + i, 1);
    rt_buf_puts(out, "\r\n");
}

/** `SEND VERB ENDPOINT [sdp] LINE|LINE` */
static void command(struct words *w)
{
    struct rt_str verb = word(w), local = word(w), rest = rt_str_trim(w->rest);
    bool sdp = rest.n >= 3 && memcmp(rest.p, "sdp", 3) == 0;
    struct rt_buf text = {0};

    if (sdp)
        word(w);
    rt_buf_printf(&text, "%.*s %u %.*s@%s MGCP 1.0\r\n", RT_STR(verb), ++agent.tid, RT_STR(local),
                  domain);
    for (rest = rt_str_trim(w->rest); rest.n > 0;)
        put_line(&text, rt_str_cut(&rest, '|'));
    if (sdp)
        rt_buf_puts(&text, SDP);
    mgcp_far_send(&agent, &text);
    remember();
}

static void expect(struct words *w)
{
    mgcp_far_expect(&agent, w);
}

static void skip(struct words *w)
{
    (void)w;
    fake_settle();
    mgcp_far_skip(&agent);
}

static void again(struct words *w)
{
    (void)w;
    mgcp_far_again(&agent);
}

static void set_answer(struct words *w)
{
    uint64_t code = 0;

    rt_str_u64(&code, word(w), 999);
    refusal = (unsigned)code;
}

static void lost(struct words *w)
{
    (void)w;
    agent.lost = true;
}

static void back(struct words *w)
{
    (void)w;
    agent.lost = false;
}

static void talk(struct words *w)
{
    voice_talk(VOICE_AGENT, w);
}

static void say(struct words *w)
{
    voice_dial(VOICE_AGENT, w);
}

static void hear(struct words *w)
{
    voice_hear(VOICE_AGENT, w);
}

bool agent_peer_media(union rt_addr *to)
{
    *to = media;
    return rt_addr_port(to) != 0;
}

void agent_peer_start(struct rt_loop *loop)
{
    mgcp_far_open(&agent, loop, HOST ":2727", 2427);
}

void agent_peer_stop(void)
{
    mgcp_far_close(&agent);
}

void agent_peer_command(struct words *w)
{
    static const struct {
        const char *name;
        void (*fn)(struct words *w);
    } table[] = {{"SEND", command},      {"EXPECT", expect}, {"SKIP", skip}, {"AGAIN", again},
                 {"ANSWER", set_answer}, {"LOST", lost},     {"BACK", back}, {"TALK", talk},
                 {"SAY", say},           {"HEAR", hear}};
    struct rt_str what = word(w);

    for (size_t i = 0; i < RT_COUNT(table); i++)
        if (rt_str_eq(what, table[i].name)) {
            table[i].fn(w);
            return;
        }
    scn_fail("the agent does not know \"%.*s\"", RT_STR(what));
}
