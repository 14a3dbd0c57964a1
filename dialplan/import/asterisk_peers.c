/* sip.conf and pjsip.conf: which peers there are, where they live, and by which context their calls
 * are routed. What else they say is about SIP, not about the dial plan.
 */
#include "dialplan/import/import_priv.h"

/** A section of either file. */
struct section {
    struct rt_str name, type, host, port, context, aors, contact;
    struct dp_im_pos pos;
    struct section *next;
};

struct rt_str dp_im_asterisk_text(struct rt_str line, bool *block)
{
    for (size_t i = 0; i < line.n; i++) {
        if (*block) {
            const char *close = memmem(line.p + i, line.n - i, "--;", 3);
            if (!close)
                return (struct rt_str){line.p, 0};
            *block = false;
            line.n -= (size_t)(close + 3 - line.p);
            line.p = close + 3;
            return dp_im_asterisk_text(line, block);
        }
        if (line.p[i] == '\\') {
            i++;
        } else if (line.p[i] == ';') {
            *block = line.n - i >= 3 && memcmp(line.p + i, ";--", 3) == 0 &&
                     !(line.n - i > 3 && line.p[i + 3] == '-') &&
                     !memmem(line.p + i + 3, line.n - i - 3, "--;", 3);
            line.n = i;
        }
    }
    return rt_str_trim(line);
}

/** `[name](...)`: a new section at the end of `*at`. */
static struct section *open_section(struct dp_im *im, struct section ***at, struct rt_str line,
                                    struct dp_im_pos pos)
{
    struct section *s = dp_im_alloc(im, sizeof *s);

    if (!s)
        return NULL;
    line.p++;
    line.n--;
    s->name = rt_str_trim(rt_str_cut(&line, ']'));
    s->pos = pos;
    **at = s;
    *at = &s->next;
    return s;
}

static void take_value(struct section *s, struct rt_str key, struct rt_str value)
{
    const struct {
        const char *name;
        struct rt_str *at;
    } keys[] = {{"type", &s->type},       {"host", &s->host}, {"port", &s->port},
                {"context", &s->context}, {"aors", &s->aors}, {"contact", &s->contact}};

    if (value.n > 0 && value.p[0] == '>') {
        value.p++;
        value.n--;
    }
    for (size_t i = 0; i < RT_COUNT(keys); i++)
        if (rt_str_caseeq(key, keys[i].name))
            *keys[i].at = rt_str_trim(value);
}

static struct section *read_sections(struct dp_im *im, const struct dp_import_source *source)
{
    struct section *all = NULL, **at = &all, *s = NULL;
    struct dp_im_lines l = dp_im_lines(source);
    struct rt_str line;
    bool block = false;

    while (dp_im_line(&l, &line)) {
        line = dp_im_asterisk_text(line, &block);
        if (line.n > 0 && line.p[0] == '[')
            s = open_section(im, &at, line, l.pos);
        else if (dp_im_starts(line, "#include"))
            dp_im_report(im, l.pos, "#include: give that file as well");
        else if (s && line.n > 0) {
            struct rt_str key = rt_str_trim(rt_str_cut(&line, '='));
            take_value(s, key, line);
        }
    }
    return all;
}

/** A trunk for a peer, when calls can be sent there. */
static void add_peer(struct dp_im *im, const char *technology, const struct section *s,
                     struct rt_str host)
{
    struct rt_str key = rt_str(dp_im_print(im, "%s/%.*s", technology, RT_STR(s->name)));
    struct dp_im_way *w;

    if (dp_im_way_find(im, key))
        return;
    w = dp_im_way(im, DP_IM_SIP, key, s->pos);
    if (!w)
        return;
    if (!dp_im_host(im, w, host))
        dp_im_report(im, s->pos, "%.*s: has no address that this trunk can be given",
                     RT_STR(s->name));
    w->context = dp_im_keep(im, s->context);
    im->out->carried++;
}

void dp_im_sip_conf(struct dp_im *im, const struct dp_import_source *source)
{
    struct section *all = read_sections(im, source);

    for (const struct section *s = all; s; s = s->next) {
        struct rt_str host = s->host;
        if (host.n == 0 || rt_str_caseeq(s->name, "general"))
            continue;
        if (rt_str_caseeq(host, "dynamic")) {
            dp_im_report(im, s->pos, "%.*s: registers itself: make it a user of \"registrar\"",
                         RT_STR(s->name));
            continue;
        }
        if (s->port.n > 0)
            host = rt_str(dp_im_print(im, "%.*s:%.*s", RT_STR(s->host), RT_STR(s->port)));
        add_peer(im, "SIP", s, host);
    }
}

/** The host of `sip:user@host:port;params`. */
static struct rt_str host_of(struct rt_str uri)
{
    if (dp_im_starts(uri, "sip:") || dp_im_starts(uri, "sips:"))
        rt_str_cut(&uri, ':');
    if (memchr(uri.p ? uri.p : "", '@', uri.n))
        rt_str_cut(&uri, '@');
    return rt_str_trim(rt_str_cut(&uri, ';'));
}

static const struct section *find_aor(const struct section *all, struct rt_str name)
{
    for (; all; all = all->next)
        if (rt_str_caseeq(all->type, "aor") && all->name.n == name.n &&
            (name.n == 0 || memcmp(all->name.p, name.p, name.n) == 0))
            return all;
    return NULL;
}

void dp_im_pjsip_conf(struct dp_im *im, const struct dp_import_source *source)
{
    struct section *all = read_sections(im, source);
    unsigned endpoints = 0;

    for (const struct section *s = all; s; s = s->next) {
        if (!rt_str_caseeq(s->type, "endpoint") || endpoints++ > DP_IM_WAYS)
            continue;
        struct rt_str aors = s->aors;
        const struct section *aor = find_aor(all, dp_im_field(&aors, ','));
        if (aor && aor->contact.n > 0)
            add_peer(im, "PJSIP", s, host_of(aor->contact));
        else
            dp_im_report(im, s->pos, "%.*s: registers itself: make it a user of \"registrar\"",
                         RT_STR(s->name));
    }
}
