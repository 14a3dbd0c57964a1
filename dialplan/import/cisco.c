/* Cisco IOS: dial-peers become one table of routes, since IOS routes by number whatever a call came
 * by. POTS peers take the digits away that their pattern names from the left; peers of one pattern
 * are tried by preference.
 */
#include "dialplan/import/cisco_priv.h"

#include <stdlib.h>

#define PEERS_MAX 10000

enum section { IN_NOTHING, IN_PEER, IN_RULE, IN_PROFILE, IN_LINE, IN_PORT, IN_TRUNK_GROUP };

struct peer {
    struct rt_str tag, pattern, target, port, group, prefix, forward, incoming, outgoing;
    struct rt_str called_in; /**< incoming called-number */
    unsigned preference, order;
    bool pots, sip, huntstop, keeps_digits, shut;
    struct dp_im_pos pos, in_pos;
    struct peer *next;
};

/** An incoming profile of a voice port, applied when all rules are known. */
struct port_profile {
    struct rt_str port, profile;
    struct dp_im_pos pos;
    struct port_profile *next;
};

struct reader {
    struct dp_im *im;
    struct ios_rules rules;
    struct peer *peers, *peer;
    struct port_profile *ports;
    struct ios_table *table;
    struct ios_profile *profile;
    struct dp_im_span *span;
    struct dp_im_way *group;
    struct rt_str port;
    const char *variant; /**< isdn switch-type for all */
    enum section in;
    unsigned npeers;
    struct dp_im_pos pos;
};

static const struct {
    const char *theirs, *ours;
} variants[] = {
    {"primary-net5", "euroisdn"}, {"primary-ni", "ni2"},    {"primary-dms100", "dms100"},
    {"primary-5ess", "5ess"},     {"primary-4ess", "4ess"}, {"primary-qsig", "qsig"},
    {"basic-net3", "euroisdn"},   {"basic-ni", "ni1"},      {"basic-5ess", "5ess"},
    {"basic-dms100", "dms100"},   {"basic-qsig", "qsig"},
};

static const char *variant_of(struct reader *r, struct rt_str word)
{
    for (size_t i = 0; i < RT_COUNT(variants); i++)
        if (rt_str_caseeq(word, variants[i].theirs))
            return variants[i].ours;
    dp_im_report(r->im, r->pos, "isdn switch-type %.*s: is not known here", RT_STR(word));
    return NULL;
}

/** Takes `words`, each followed by blanks, off the front when they are there. */
static bool take(struct rt_str *line, const char *words)
{
    struct rt_str rest = *line, want = rt_str(words);

    while (want.n > 0) {
        struct rt_str a = rt_str_cut(&want, ' '), b = dp_im_word(&rest);
        if (a.n != b.n || strncasecmp(a.p, b.p, a.n) != 0)
            return false;
    }
    *line = rest;
    return true;
}

/* ---- lines and their trunks ---- */

static struct dp_im_span *span_of(struct reader *r, struct rt_str port)
{
    struct rt_str id = rt_str_cut(&port, ':');
    const char *text = dp_im_keep(r->im, id);
    struct dp_im_span *s = dp_im_span_find(r->im, text);

    return s ? s : dp_im_span_add(r->im, text, r->pos);
}

/** The trunk of a port. */
static struct dp_im_way *way_of(struct reader *r, struct dp_im_span *s)
{
    if (!s)
        return NULL;
    struct rt_str source = rt_str(dp_im_print(r->im, "pri-%s", s->id));
    struct dp_im_way *w = dp_im_way(r->im, DP_IM_SPAN, source, s->pos);

    if (w && !w->span)
        w->span = s;
    return w;
}

static struct dp_im_way *group_named(struct reader *r, struct rt_str name)
{
    struct rt_str source = rt_str(dp_im_print(r->im, "group %.*s", RT_STR(name)));
    return dp_im_way(r->im, DP_IM_GROUP, source, r->pos);
}

static void open_controller(struct reader *r, struct rt_str line)
{
    struct rt_str kind = dp_im_word(&line);

    if (!rt_str_caseeq(kind, "e1") && !rt_str_caseeq(kind, "t1"))
        return;
    r->span = span_of(r, dp_im_word(&line));
    if (!r->span)
        return;
    r->span->kind = rt_str_caseeq(kind, "e1") ? "e1" : "t1";
    r->in = IN_LINE;
}

/** `interface Serial0/0/0:15`, `interface BRI0/1/0` */
static void open_interface(struct reader *r, struct rt_str name)
{
    bool bri = dp_im_starts(name, "bri");

    if (!bri && !dp_im_starts(name, "serial"))
        return;
    if (!bri && !memchr(name.p, ':', name.n))
        return;
    name.p += bri ? 3 : 6;
    name.n -= bri ? 3 : 6;
    r->span = span_of(r, rt_str_trim(name));
    if (r->span && bri)
        r->span->kind = "bri";
    r->in = r->span ? IN_LINE : IN_NOTHING;
}

/** `pri-group timeslots 1-10,16` */
static void set_timeslots(struct reader *r, struct rt_str list)
{
    uint32_t want = 0;

    while (list.n > 0) {
        struct rt_str part = dp_im_field(&list, ','), low = rt_str_cut(&part, '-');
        unsigned from = dp_im_number(low, 31), to = part.n ? dp_im_number(part, 31) : from;
        for (; from > 0 && from <= to; from++)
            want |= 1u << from;
    }
    struct dp_im_way *w = way_of(r, r->span);
    const char *channels = dp_im_channels(r->im, r->span, want, r->pos);
    if (w && channels[0])
        w->channels = w->channels ? dp_im_print(r->im, "%s,%s", w->channels, channels) : channels;
}

static void read_line(struct reader *r, struct rt_str line)
{
    if (take(&line, "isdn switch-type"))
        r->span->variant = variant_of(r, dp_im_word(&line));
    else if (take(&line, "isdn protocol-emulate"))
        r->span->network = rt_str_caseeq(dp_im_word(&line), "network");
    else if (take(&line, "pri-group timeslots"))
        set_timeslots(r, dp_im_word(&line));
    else if (take(&line, "trunk-group")) {
        struct dp_im_way *group = group_named(r, dp_im_word(&line));
        dp_im_member(r->im, group, way_of(r, r->span));
    }
}

/* ---- dial-peers ---- */

static void open_peer(struct reader *r, struct rt_str line)
{
    struct peer *p;

    if (r->npeers++ >= PEERS_MAX) {
        dp_im_report(r->im, r->pos, "dial-peer: there are too many");
        return;
    }
    p = dp_im_alloc(r->im, sizeof *p);
    if (!p)
        return;
    p->tag = dp_im_word(&line);
    struct rt_str kind = dp_im_word(&line);
    p->pos = r->pos;
    p->order = r->npeers;
    p->pots = rt_str_caseeq(kind, "pots");
    if (!p->pots && !rt_str_caseeq(kind, "voip")) {
        dp_im_report(r->im, r->pos, "dial-peer %.*s: %.*s is not carried over", RT_STR(p->tag),
                     RT_STR(kind));
        return;
    }
    p->next = r->peers; /* the last one first: sorted later */
    r->peers = p;
    r->peer = p;
    r->in = IN_PEER;
}

/** Settings of a peer that have nothing to do with the dial plan, or that need not be said here. */
static const char *const unimportant[] = {
    "description", "codec",
    "dtmf-relay",  "vad",
    "no vad",      "voice-class codec",
    "session",     "no shut",
    "fax",         "direct-inward-dial",
    "ip qos",      "no digit-strip",
    "no huntstop", "voice-class sip",
    "no fax",      "fax-relay",
    "fax rate",    NULL,
};

static void read_peer(struct reader *r, struct rt_str line)
{
    struct peer *p = r->peer;
    const struct {
        const char *words;
        struct rt_str *at;
    } values[] = {
        {"destination-pattern", &p->pattern},
        {"session target", &p->target},
        {"port", &p->port},
        {"trunkgroup", &p->group},
        {"prefix", &p->prefix},
        {"forward-digits", &p->forward},
        {"translation-profile incoming", &p->incoming},
        {"translation-profile outgoing", &p->outgoing},
        {"incoming called-number", &p->called_in},
    };

    for (size_t i = 0; i < RT_COUNT(values); i++)
        if (take(&line, values[i].words)) {
            if (values[i].at == &p->incoming)
                p->in_pos = r->pos;
            *values[i].at = dp_im_word(&line);
            return;
        }
    if (take(&line, "preference")) {
        p->preference = dp_im_number(dp_im_word(&line), 10);
        return;
    }
    p->huntstop |= rt_str_caseeq(line, "huntstop");
    p->shut |= rt_str_caseeq(line, "shutdown");
    p->keeps_digits |= rt_str_caseeq(line, "no digit-strip");
    p->sip |= rt_str_caseeq(line, "session protocol sipv2");
    if (rt_str_caseeq(line, "huntstop") || rt_str_caseeq(line, "shutdown"))
        return;
    for (size_t i = 0; unimportant[i]; i++)
        if (dp_im_starts(line, unimportant[i]))
            return;
    dp_im_report(r->im, r->pos, "dial-peer %.*s: %.*s: is not carried over", RT_STR(p->tag),
                 (int)(line.n < 60 ? line.n : 60), line.p);
}

/** The pattern of ours; empty: it cannot be said. */
static struct rt_str pattern_of(struct dp_im *im, struct rt_str s)
{
    struct rt_buf b = {0};
    bool in_class = false;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool last = i + 1 == s.n;
        if (c == '[' || c == ']')
            in_class = c == '[';
        if (c == '.' && !in_class)
            rt_buf_puts(&b, "x");
        else if ((c == 'T' || c == 't') && last)
            rt_buf_puts(&b, "*");
        else if (c == '*' && last)
            rt_buf_puts(&b, "\\*");
        else if ((c == '$' && last) || (c == ',' && in_class))
            continue;
        else if (c == '\\' && !last)
            continue; /* "\+" */
        else
            rt_buf_put(&b, &c, 1);
    }
    im->failed |= b.failed;
    struct rt_str text = rt_str(dp_im_keep(im, rt_buf_str(&b)));
    rt_buf_release(&b);
    return text;
}

/** What a POTS peer does to the digits on its own. */
static void strip_digits(struct dp_im *im, const struct peer *p, struct dp_im_row *row)
{
    const struct dp_pattern *pattern = row->pattern;
    unsigned keep = dp_im_number(p->forward, DP_DIGITS_MAX);

    row->strip = p->keeps_digits || rt_str_caseeq(p->forward, "all") ? 0 : dp_im_leading(pattern);
    if (dp_im_digits(p->forward) && !pattern->shape.prefix && keep <= pattern->shape.n)
        row->strip = pattern->shape.n - keep;
    else if (p->forward.n > 0 && !rt_str_caseeq(p->forward, "all"))
        dp_im_report(im, p->pos, "dial-peer %.*s: forward-digits %.*s: is not carried over",
                     RT_STR(p->tag), RT_STR(p->forward));
    if (dp_im_dialable(p->prefix))
        row->prepend = dp_im_keep(im, p->prefix);
    else if (p->prefix.n > 0)
        dp_im_report(im, p->pos, "dial-peer %.*s: prefix %.*s: is not carried over", RT_STR(p->tag),
                     RT_STR(p->prefix));
    if (!pattern->shape.prefix && row->strip >= pattern->shape.n && !row->prepend) {
        dp_im_report(im, p->pos, "dial-peer %.*s: strips all digits: here the number is kept",
                     RT_STR(p->tag));
        row->strip = 0;
    }
    if (p->outgoing.n > 0)
        dp_im_report(im, p->pos,
                     "dial-peer %.*s: translation-profile outgoing besides the digits that a POTS "
                     "peer strips: is not carried over",
                     RT_STR(p->tag));
}

static struct dp_im_way *pots_way(struct reader *r, const struct peer *p)
{
    if (p->group.n > 0) {
        struct rt_str name = rt_str(dp_im_print(r->im, "group %.*s", RT_STR(p->group)));
        struct dp_im_way *g = dp_im_way_find(r->im, name);
        if (!g || g->nmembers == 0)
            dp_im_report(r->im, p->pos, "dial-peer %.*s: trunkgroup %.*s has no lines",
                         RT_STR(p->tag), RT_STR(p->group));
        return g && g->nmembers > 0 ? g : NULL;
    }
    struct rt_str port = p->port, id = rt_str_cut(&port, ':');
    struct dp_im_span *s = dp_im_span_find(r->im, dp_im_keep(r->im, id));
    r->pos = p->pos;
    if (!s && port.n > 0) {
        s = dp_im_span_add(r->im, dp_im_keep(r->im, id), p->pos);
        if (s)
            s->kind = rt_str_eq(port, "23") ? "t1" : "e1";
    }
    if (!s)
        dp_im_report(r->im, p->pos, "dial-peer %.*s: port %.*s is no ISDN line", RT_STR(p->tag),
                     RT_STR(p->port));
    return way_of(r, s);
}

static struct dp_im_way *voip_way(struct reader *r, const struct peer *p)
{
    struct rt_str host = p->target, kind = rt_str_cut(&host, ':');
    struct rt_str source = rt_str(dp_im_print(r->im, "sip-%.*s", RT_STR(host.n ? host : kind)));
    struct dp_im_way *w;

    if (!rt_str_caseeq(kind, "ipv4") && !rt_str_caseeq(kind, "dns") &&
        !rt_str_caseeq(kind, "sip-server") && !rt_str_caseeq(kind, "ipv6")) {
        dp_im_report(r->im, p->pos, "dial-peer %.*s: session target %.*s: is not carried over",
                     RT_STR(p->tag), RT_STR(p->target));
        return NULL;
    }
    w = dp_im_way(r->im, DP_IM_SIP, source, p->pos);
    if (!w)
        return NULL;
    if (!w->host && host.n > 0 && !dp_im_host(r->im, w, host))
        dp_im_report(r->im, p->pos, "dial-peer %.*s: this is no address", RT_STR(p->tag));
    if (!p->sip)
        dp_im_report(r->im, p->pos,
                     "dial-peer %.*s: no \"session protocol sipv2\": it may have been H.323",
                     RT_STR(p->tag));
    return w;
}

/** A peer's row; NULL: it has none. */
static struct dp_im_row *row_of(struct reader *r, const struct peer *p)
{
    if (p->pattern.n == 0)
        return NULL;
    if (p->shut) {
        dp_im_report(r->im, p->pos, "dial-peer %.*s: is shut down", RT_STR(p->tag));
        return NULL;
    }
    struct dp_im_way *w = p->pots ? pots_way(r, p) : voip_way(r, p);
    struct dp_im_row *row = w ? dp_im_row(r->im, pattern_of(r->im, p->pattern), p->pos) : NULL;
    if (!row)
        return NULL;
    row->rank = (int)p->preference;
    if (p->pots)
        strip_digits(r->im, p, row);
    else
        dp_im_ios_apply(r->im, &r->rules, row, p->outgoing);
    dp_im_target(r->im, row, w->name);
    return row;
}

/* ---- reading ---- */

static void open_section(struct reader *r, struct rt_str line)
{
    r->in = IN_NOTHING;
    if (take(&line, "dial-peer voice")) {
        open_peer(r, line);
    } else if (take(&line, "voice translation-rule")) {
        r->table = dp_im_ios_table(r->im, &r->rules, dp_im_word(&line));
        r->in = r->table ? IN_RULE : IN_NOTHING;
    } else if (take(&line, "voice translation-profile")) {
        r->profile = dp_im_ios_profile(r->im, &r->rules, dp_im_word(&line));
        r->in = r->profile ? IN_PROFILE : IN_NOTHING;
    } else if (take(&line, "controller")) {
        open_controller(r, line);
    } else if (take(&line, "interface")) {
        open_interface(r, line);
    } else if (take(&line, "voice-port")) {
        r->port = dp_im_word(&line);
        r->in = IN_PORT;
    } else if (take(&line, "trunk group")) {
        r->group = group_named(r, dp_im_word(&line));
        r->in = r->group ? IN_TRUNK_GROUP : IN_NOTHING;
    } else if (take(&line, "isdn switch-type")) {
        r->variant = variant_of(r, dp_im_word(&line));
    } else if (take(&line, "num-exp") || take(&line, "dial-peer hunt")) {
        dp_im_report(r->im, r->pos, "num-exp, dial-peer hunt: are not carried over");
    }
}

static void read_profile(struct reader *r, struct rt_str line)
{
    if (take(&line, "translate called"))
        r->profile->called = dp_im_word(&line);
    else
        dp_im_report(r->im, r->pos, "%.*s: is not carried over", (int)(line.n < 60 ? line.n : 60),
                     line.p);
    r->profile->pos = r->pos;
}

static void read_port(struct reader *r, struct rt_str line)
{
    struct port_profile *p;

    if (!take(&line, "translation-profile incoming"))
        return;
    p = dp_im_alloc(r->im, sizeof *p);
    if (!p)
        return;
    *p = (struct port_profile){r->port, dp_im_word(&line), r->pos, r->ports};
    r->ports = p;
}

static void read_trunk_group(struct reader *r, struct rt_str line)
{
    if (take(&line, "hunt-scheme round-robin"))
        r->group->hunt = "round-robin trunk";
    else if (take(&line, "hunt-scheme least-used"))
        r->group->hunt = "least-busy trunk";
    else if (take(&line, "hunt-scheme random"))
        r->group->hunt = "random trunk";
    else if (dp_im_starts(line, "hunt-scheme") || dp_im_starts(line, "translation"))
        dp_im_report(r->im, r->pos, "trunk group: %.*s: is not carried over",
                     (int)(line.n < 60 ? line.n : 60), line.p);
}

static void read_inside(struct reader *r, struct rt_str line)
{
    if (r->in == IN_PEER)
        read_peer(r, line);
    else if (r->in == IN_RULE && take(&line, "rule"))
        dp_im_ios_rule(r->im, r->table, line, r->pos);
    else if (r->in == IN_PROFILE)
        read_profile(r, line);
    else if (r->in == IN_LINE)
        read_line(r, line);
    else if (r->in == IN_PORT)
        read_port(r, line);
    else if (r->in == IN_TRUNK_GROUP)
        read_trunk_group(r, line);
}

static void read_source(struct reader *r, const struct dp_import_source *s)
{
    struct dp_im_lines l = dp_im_lines(s);
    struct rt_str line;

    r->in = IN_NOTHING;
    while (dp_im_line(&l, &line)) {
        bool inside = line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
        line = rt_str_trim(line);
        r->pos = l.pos;
        if (line.n == 0)
            continue;
        if (line.p[0] == '!')
            r->in = IN_NOTHING;
        else if (inside)
            read_inside(r, line);
        else
            open_section(r, line);
    }
}

/* ---- routes ---- */

/** By preference, then as they stand. */
static int by_preference(const void *a, const void *b)
{
    const struct peer *p = *(struct peer *const *)a, *q = *(struct peer *const *)b;

    if (p->preference != q->preference)
        return p->preference < q->preference ? -1 : 1;
    return (p->order > q->order) - (p->order < q->order);
}

/** IOS takes the pattern that names most digits, then what is preferred. */
static int first(const struct dp_im_row *a, const struct dp_im_row *b)
{
    if (a->pattern->fixed != b->pattern->fixed)
        return a->pattern->fixed > b->pattern->fixed ? -1 : 1;
    return a->rank - b->rank;
}

/** Reports the peers after whose failure IOS would have gone on with a less specific pattern. */
static void check_hunting(struct dp_im *im, const struct dp_im_routes *r, const bool *stop)
{
    for (size_t i = 0; i < r->nrows; i++)
        for (size_t j = 0; j < r->nrows && !stop[i]; j++) {
            const struct dp_im_row *a = r->row[i], *b = r->row[j];
            if (i == j || dp_pattern_equal(a->pattern, b->pattern) ||
                !dp_im_covers(b->pattern, a->pattern))
                continue;
            dp_im_report(im, a->pos,
                         "huntstop: is not set: when %s fails IOS goes on with %s (line %u), here "
                         "the call ends",
                         dp_pattern_text(a->pattern), dp_pattern_text(b->pattern), b->pos.line);
            break;
        }
}

/** A row of the same pattern came before it and said huntstop. */
static bool stopped(const struct dp_im_routes *r, const bool *stop, const struct dp_im_row *row)
{
    for (size_t i = 0; i < r->nrows; i++)
        if (stop[i] && dp_pattern_equal(r->row[i]->pattern, row->pattern))
            return true;
    return false;
}

static void add_peers(struct reader *r, struct dp_im_routes *routes, struct peer **peer, size_t n)
{
    bool *stop = dp_im_alloc(r->im, n + 1);

    for (size_t i = 0; stop && i < n; i++) {
        struct dp_im_row *row = row_of(r, peer[i]);
        if (!row)
            continue;
        if (stopped(routes, stop, row)) {
            dp_im_report(r->im, row->pos, "dial-peer %.*s: huntstop of another comes before it",
                         RT_STR(peer[i]->tag));
            dp_pattern_free(row->pattern);
        } else if (dp_im_row_add(r->im, routes, row)) {
            stop[routes->nrows - 1] = peer[i]->huntstop;
        }
    }
    if (stop)
        check_hunting(r->im, routes, stop);
}

/** Profiles for calls that come in by a line: those of voice ports, then of peers with a port. */
static void add_incoming(struct reader *r)
{
    for (const struct port_profile *p = r->ports; p; p = p->next) {
        struct rt_str port = p->port;
        struct dp_im_span *s = dp_im_span_find(r->im, dp_im_keep(r->im, rt_str_cut(&port, ':')));
        struct dp_im_way *w = way_of(r, s);
        if (w)
            dp_im_ios_incoming(r->im, &r->rules, w, p->profile, p->pos);
    }
    for (const struct peer *p = r->peers; p; p = p->next) {
        if (p->incoming.n == 0)
            continue;
        struct rt_str port = p->port;
        struct dp_im_span *s = dp_im_span_find(r->im, dp_im_keep(r->im, rt_str_cut(&port, ':')));
        if (p->pots && s && p->port.n > 0)
            dp_im_ios_incoming(r->im, &r->rules, way_of(r, s), p->incoming, p->in_pos);
        else
            dp_im_report(r->im, p->in_pos,
                         "dial-peer %.*s: translation-profile incoming: is not carried over: give "
                         "its trunk a \"normalise\" block",
                         RT_STR(p->tag));
    }
}

void dp_im_cisco(struct dp_im *im)
{
    struct reader r = {.im = im};
    struct dp_im_routes *routes = dp_im_routes_add(im, "dial-peers");
    struct peer **sorted;
    size_t n = 0;

    for (size_t i = 0; i < im->nsources; i++)
        read_source(&r, &im->source[i]);
    for (struct dp_im_span *s = im->spans; s; s = s->next)
        s->variant = s->variant ? s->variant : r.variant;
    sorted = dp_im_alloc(im, (r.npeers + 1) * sizeof(struct peer *));
    for (struct peer *p = r.peers; p && sorted; p = p->next)
        sorted[n++] = p;
    if (sorted && routes) {
        qsort(sorted, n, sizeof(struct peer *), by_preference);
        add_peers(&r, routes, sorted, n);
        add_incoming(&r);
        for (struct dp_im_way *w = im->ways; w; w = w->next)
            if (w->kind != DP_IM_GROUP)
                dp_im_from(im, routes, w);
        dp_im_check_order(im, routes, first);
    }
    dp_im_ios_release(&r.rules);
}
