/* What the plan says of sound: where RTP is received, which codecs there are, and how each trunk's
 * sound is treated. */
#include "gw/plan_priv.h"
#include "gw/rt/child.h"

#include <errno.h>
#include <limits.h>

/** Of the echo canceller, ms: usual and least (codec/echo.h). */
#define ECHO_TAIL       64
#define ECHO_TAIL_LEAST 16

/** Packets, ms: usual, least, longest. */
#define PTIME       20
#define PTIME_LEAST 10
#define PTIME_MOST  60

#define THREADS_MOST 64

/** Of a digit, and of the pause after it. */
#define DIGIT       (40 * RT_MS)
#define DIGIT_LEAST (30 * RT_MS)
#define DIGIT_MOST  (200 * RT_MS)

#define GAIN_LEAST (-24) /* dB */
#define GAIN_MOST  12

/* ---- codecs ---- */

static bool has_codec(const struct gw_codecs *list, enum codec_id id)
{
    for (unsigned i = 0; i < list->n; i++)
        if (list->id[i] == id)
            return true;
    return false;
}

static void unknown_codec(struct gw_compile *c, const struct conf_token *t)
{
    struct conf_suggest near = conf_suggest(t->text);

    for (unsigned i = 0; i < CODEC_COUNT; i++)
        if (codec_table[i].ops)
            conf_suggest_offer(&near, codec_table[i].word);
    conf_suggest_error(c->diag, t->pos, "unknown codec", &near);
}

static void add_codec(struct gw_compile *c, struct gw_codecs *list, const struct conf_token *t)
{
    const struct codec *codec = codec_by_word(t->text);

    if (!codec)
        unknown_codec(c, t);
    else if (codec->id == CODEC_CLEARMODE)
        conf_error(c->diag, t->pos,
                   "codec \"%s\" carries no sound: 64 kbit/s data has it without being told",
                   t->text);
    else if (!codec->ops || (codec->id == CODEC_G729 && !c->plan->media.g729))
        conf_error(c->diag, t->pos,
                   codec->id == CODEC_G729 ? "codec \"%s\" needs tandem-g729, which is not there"
                                           : "codec \"%s\" is not in this build",
                   t->text);
    else if (has_codec(list, codec->id))
        conf_error(c->diag, t->pos, "codec \"%s\" stands twice", t->text);
    else
        list->id[list->n++] = codec->id;
}

/** What stands after `codecs`, or else `deflt`. */
static void read_codecs(struct gw_compile *c, struct gw_codecs *out, const struct conf_node *n,
                        const struct gw_codecs *deflt)
{
    const struct conf_token *t;

    for (size_t i = 0; n && (t = conf_arg(n, i)); i++)
        add_codec(c, out, t);
    if (out->n == 0)
        *out = *deflt;
}

/* ---- media ---- */

static void read_ports(struct gw_compile *c, const struct conf_token *t)
{
    uint64_t low, high;

    conf_range(t, &low, &high);
    if (low % 2 != 0 || high % 2 != 1) {
        conf_error(c->diag, t->pos,
                   "\"%s\" must go from an even to an odd port: RTP takes the even one of each "
                   "pair, RTCP the odd one",
                   t->text);
        return;
    }
    c->plan->media.port_low = (uint16_t)low;
    c->plan->media.port_high = (uint16_t)high;
}

/** Those that this process may use, up to the most threads there can be. */
static unsigned cpus(void)
{
    struct rt_cpus allowed;
    unsigned n = 0;

    rt_cpus_allowed(&allowed);
    for (unsigned cpu = 0; cpu < RT_CPUS_MAX && n < THREADS_MOST; cpu++)
        n += rt_cpus_has(&allowed, cpu);
    return n > 0 ? n : 1;
}

/** Priority and CPUs of the threads. Whether there are such CPUs shows when they are started: the
 * plan may be checked on another computer. */
static void read_realtime(struct gw_compile *c, const struct conf_node *block)
{
    static const char *const modes[] = {
        [RT_REALTIME_OFF] = "off", [RT_REALTIME_AUTO] = "auto", [RT_REALTIME_ON] = "on", NULL};
    struct rt_realtime *r = &c->plan->media.realtime;
    const struct conf_node *cpus = block ? conf_child(block, "cpus") : NULL;
    const struct conf_token *t;
    uint64_t low, high;

    r->mode = (enum rt_realtime_mode)gw_plan_choice(block ? conf_child(block, "realtime") : NULL, 0,
                                                    modes, RT_REALTIME_AUTO);
    for (size_t i = 0; cpus && (t = conf_arg(cpus, i)); i++) {
        conf_range(t, &low, &high);
        for (uint64_t cpu = low; cpu <= high && cpu < RT_CPUS_MAX; cpu++)
            rt_cpus_add(&r->cpus, (unsigned)cpu);
    }
}

/** One of the times of `digits`; what is half as long is none (Q.24). */
static unsigned digit_time(struct gw_compile *c, const struct conf_node *n, const char *label)
{
    const struct conf_token *t = n ? conf_labelled(n, label) : NULL;
    rt_time time = t ? conf_duration(t) : DIGIT;

    if (t && (time < DIGIT_LEAST || time > DIGIT_MOST))
        conf_error(c->diag, t->pos, "%s: 30 to 200 ms", label);
    return (unsigned)(time / RT_MS);
}

static void compile_echo(struct gw_compile *c, const struct conf_node *tail)
{
    const struct conf_token *t = tail ? conf_arg(tail, 0) : NULL;
    unsigned ms = t ? (unsigned)conf_uint(t) : ECHO_TAIL;

    c->plan->media.echo_ms = ms;
    if (t && ms > 0 && ms < ECHO_TAIL_LEAST)
        conf_error(c->diag, t->pos, "an echo tail is 16 to 128 ms, or 0 for none");
}

/** The program beside our own, unless another one is named, or none. */
static void find_g729(struct gw_compile *c, const struct conf_node *n)
{
    const struct conf_token *t = n ? conf_arg(n, 0) : NULL;
    char beside[PATH_MAX];

    if (t && strcmp(t->text, "off") == 0)
        return;
    if (t && !rt_program_there(t->text))
        conf_error(c->diag, t->pos, "there is no program \"%s\"", t->text);
    else if (t)
        c->plan->media.g729 = t->text;
    else if (rt_program_beside(beside, sizeof beside, "tandem-g729") == 0 &&
             rt_program_there(beside))
        c->plan->media.g729 = conf_text(c->arena, rt_str(beside));
}

void gw_plan_compile_media(struct gw_compile *c)
{
    static const struct gw_codecs usual = {{CODEC_PCMA, CODEC_PCMU}, 2};
    const struct conf_node *block = conf_child(c->root, "media");
    struct gw_media_plan *m = &c->plan->media;
    const struct conf_node *address = block ? conf_child(block, "address") : NULL;
    const struct conf_node *ports = block ? conf_child(block, "ports") : NULL;
    const struct conf_node *threads = block ? conf_child(block, "threads") : NULL;
    const struct conf_token *t = address ? conf_arg(address, 0) : NULL;

    m->port_low = 16384;
    m->port_high = 32767;
    compile_echo(c, block ? conf_child(block, "echo-tail") : NULL);
    m->digit_on = digit_time(c, block ? conf_child(block, "digits") : NULL, "on");
    m->digit_off = digit_time(c, block ? conf_child(block, "digits") : NULL, "off");
    m->threads =
        threads && conf_arg(threads, 0) ? (unsigned)conf_uint(conf_arg(threads, 0)) : cpus();
    if (t) {
        rt_addr_parse(&m->address, t->text, strlen(t->text), 0);
        if (rt_addr_is_any(&m->address) || rt_addr_port(&m->address) != 0)
            conf_error(c->diag, t->pos, "\"%s\" must be one of our own addresses, without a port",
                       t->text);
    }
    if (ports && conf_arg(ports, 0))
        read_ports(c, conf_arg(ports, 0));
    find_g729(c, block ? conf_child(block, "g729") : NULL);
    read_codecs(c, &m->codecs, block ? conf_child(block, "codecs") : NULL, &usual);
    read_realtime(c, block);
}

/* ---- gains ---- */

/** -3, 2.5, +3dB: into tenths of a dB. */
static int parse_gain(int *out, struct rt_str s)
{
    bool minus = s.n > 0 && s.p[0] == '-';
    uint64_t whole = 0, tenths = 0;

    if (minus || (s.n > 0 && s.p[0] == '+'))
        s = (struct rt_str){s.p + 1, s.n - 1};
    if (s.n > 2 && rt_str_caseeq((struct rt_str){s.p + s.n - 2, 2}, "dB"))
        s.n -= 2;
    bool point = memchr(s.p, '.', s.n) != NULL;
    struct rt_str before = rt_str_cut(&s, '.');
    if (rt_str_u64(&whole, before, 99) != 0 ||
        (point && (s.n != 1 || rt_str_u64(&tenths, s, 9) != 0)))
        return EINVAL;
    *out = (int)(whole * 10 + tenths) * (minus ? -1 : 1);
    return 0;
}

int gw_plan_gain(struct gw_compile *c, const struct conf_node *n, const char *label, int most)
{
    const struct conf_token *t = n ? conf_labelled(n, label) : NULL;
    int tenths = 0;

    if (!t)
        return 0;
    if (parse_gain(&tenths, rt_str(t->text)) == 0 && tenths >= GAIN_LEAST * 10 &&
        tenths <= most * 10)
        return tenths;
    conf_error(c->diag, t->pos, "\"%s\" is no gain: %d to %d dB, such as -3 or 2.5", t->text,
               GAIN_LEAST, most);
    return 0;
}

static void read_gains(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *n)
{
    t->media.gain_in = gw_plan_gain(c, n, "in", GAIN_MOST);
    t->media.gain_out = gw_plan_gain(c, n, "out", GAIN_MOST);
    if (n && !conf_labelled(n, "in") && !conf_labelled(n, "out"))
        conf_error(c->diag, n->pos, "\"gain\" lacks \"in\" or \"out\"");
}

/* ---- trunks ---- */

/** Whoever asks for it wants a codec that a fax passes. */
static void check_fax(struct gw_compile *c, const struct gw_trunk_media *m,
                      const struct conf_node *n)
{
    if (n && m->passthrough && !has_codec(&m->codecs, CODEC_PCMA) &&
        !has_codec(&m->codecs, CODEC_PCMU))
        conf_error(c->diag, n->pos, "\"fax passthrough\" needs pcma or pcmu among the codecs");
}

static void read_ptime(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *n)
{
    rt_time ptime = n ? conf_duration(conf_arg(n, 0)) : PTIME * RT_MS;

    t->media.ptime = (unsigned)(ptime / RT_MS);
    t->media.insists = n != NULL;
    if (ptime < PTIME_LEAST * RT_MS || ptime > PTIME_MOST * RT_MS ||
        ptime % (PTIME_LEAST * RT_MS) != 0)
        conf_error(c->diag, n->pos, "\"ptime\" is 10ms, 20ms, 30ms, 40ms, 50ms or 60ms");
}

void gw_plan_compile_stream(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const choices[] = {"offer", "ours", "cheapest", NULL};
    static const char *const transcode[] = {"avoid", "allow", NULL};
    static const char *const off_on[] = {"off", "on", NULL};
    static const char *const fax[] = {"off", "passthrough", NULL};
    static const char *const buffer[] = {"adaptive", "fixed", NULL};
    struct gw_trunk_media *m = &t->media;

    read_codecs(c, &m->codecs, conf_child(trunk, "codecs"), &c->plan->media.codecs);
    m->choice = (enum gw_codec_choice)gw_plan_choice(conf_child(trunk, "codec-choice"), 0, choices,
                                                     GW_CODEC_OFFER);
    m->transcode = gw_plan_choice(conf_child(trunk, "transcode"), 0, transcode, 0) == 1;
    m->noise = gw_plan_choice(conf_child(trunk, "comfort-noise"), 0, off_on, 0) == 1;
    m->fixed = gw_plan_choice(conf_child(trunk, "jitter-buffer"), 0, buffer, 0) == 1;
    m->passthrough = gw_plan_choice(conf_child(trunk, "fax"), 0, fax, 1) == 1;
    check_fax(c, m, conf_child(trunk, "fax"));
    read_ptime(c, t, conf_child(trunk, "ptime"));
    read_gains(c, t, conf_child(trunk, "gain"));
}

void gw_plan_compile_line(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const off_on[] = {"off", "on", NULL};
    const struct conf_node *echo = conf_child(trunk, "echo-cancel"),
                           *gain = conf_child(trunk, "gain");
    const struct gw_span_plan *s = t->span;

    t->media.echo = gw_plan_choice(echo, 0, off_on, s->echo == 0) == 1;
    read_gains(c, t, gain);
    if (echo && t->media.echo && s->echo > 0)
        conf_error(c->diag, echo->pos, "span %u has an echo canceller of its own: two of them harm",
                   s->id);
    if (echo && t->media.echo && c->plan->media.echo_ms == 0)
        conf_error(c->diag, echo->pos, "\"echo-tail\" in \"media\" says that there is none");
    if (gain && s->kind == GW_SPAN_DAHDI)
        conf_error(c->diag, gain->pos, "the lines of dahdi spans have a \"gain\" of their own");
}
