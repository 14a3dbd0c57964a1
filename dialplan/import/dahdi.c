/* chan_dahdi.conf: settings hold for every `channel =>` below them, which belong to groups. Channel
 * numbers count through all lines, so which line a channel is on is worked out: the D channel is
 * the gap, 16 of 31 on an E1, 24 of 24 on a T1, 3 of 3 on a BRI.
 */
#include "dialplan/import/import_priv.h"

#include <stdio.h>

#define CHANNELS_MAX 2048
#define LINES_MAX    128

/** What the lines above say. */
struct settings {
    struct rt_str group, context, signalling, variant;
    bool switchtype; /**< the file says which */
    unsigned size;   /**< timeslots of a line, as the channels' gaps tell */
};

static const struct {
    const char *theirs, *ours;
} variants[] = {{"euroisdn", "euroisdn"}, {"national", "ni2"}, {"ni1", "ni1"},
                {"dms100", "dms100"},     {"4ess", "4ess"},    {"5ess", "5ess"},
                {"qsig", "qsig"}};

static const char *variant_of(struct rt_str theirs)
{
    for (size_t i = 0; i < RT_COUNT(variants); i++)
        if (rt_str_caseeq(theirs, variants[i].theirs))
            return variants[i].ours;
    return NULL;
}

/** Reads "1-15,17-31" into marks; false: it is no such list. */
static bool read_channels(bool mark[CHANNELS_MAX + 1], struct rt_str list)
{
    while (list.n > 0) {
        struct rt_str part = dp_im_field(&list, ','), from = rt_str_cut(&part, '-');
        unsigned low = dp_im_number(from, CHANNELS_MAX);
        unsigned high = part.n > 0 ? dp_im_number(part, CHANNELS_MAX) : low;
        if (low == 0 || high < low)
            return false;
        while (low <= high)
            mark[low++] = true;
    }
    return true;
}

/** How many timeslots a line has, when these are all channels of the file. */
static unsigned line_size(const bool used[CHANNELS_MAX + 1], bool bri)
{
    bool t1 = true, e1 = true;

    for (unsigned c = 1; c <= CHANNELS_MAX; c++) {
        t1 &= !used[c] || c % 24 != 0;
        e1 &= !used[c] || c % 31 != 16;
    }
    return bri ? 3 : e1 || !t1 ? 31 : 24;
}

/** The value of `key = value` or `key => value`; false: the line is none. */
static bool read_setting(struct rt_str line, struct rt_str *key, struct rt_str *value)
{
    *key = rt_str_trim(rt_str_cut(&line, '='));
    if (key->n == 0 || line.n == 0)
        return false;
    if (line.p[0] == '>') {
        line.p++;
        line.n--;
    }
    *value = rt_str_trim(line);
    return true;
}

/** The channels of the line that begins after `base`, as bits of its timeslots. */
static uint32_t slots_of(const bool *mark, unsigned base, unsigned size)
{
    uint32_t slots = 0;

    for (unsigned c = 1; c <= size && base + c <= CHANNELS_MAX; c++)
        slots |= (uint32_t)mark[base + c] << c;
    return slots;
}

/** The line that holds channels from `base` on. */
static struct dp_im_span *line_at(struct dp_im *im, const struct settings *s, unsigned base,
                                  struct dp_im_pos pos)
{
    const char *id = dp_im_print(im, "%u", base / s->size + 1);
    struct dp_im_span *span = dp_im_span_find(im, id);

    if (span)
        return span;
    if (base / s->size >= LINES_MAX) {
        dp_im_report(im, pos, "channel: there are more than %u lines", LINES_MAX);
        return NULL;
    }
    span = dp_im_span_add(im, id, pos);
    if (!span)
        return NULL;
    span->n = base / s->size + 1;
    span->card = true;
    span->kind = s->size == 31 ? "e1" : s->size == 24 ? "t1" : "bri";
    span->variant = s->switchtype ? variant_of(s->variant) : NULL;
    if (s->switchtype && !span->variant)
        dp_im_report(im, pos, "switchtype %.*s: is not known here", RT_STR(s->variant));
    span->network =
        s->signalling.n >= 4 && strncasecmp(s->signalling.p + s->signalling.n - 4, "_net", 4) == 0;
    return span;
}

/** Sorts `channel => LIST` to its lines: a trunk on each, in the group of the settings. */
static void add_channels(struct dp_im *im, const struct settings *s, struct rt_str list,
                         struct dp_im_pos pos)
{
    bool mark[CHANNELS_MAX + 1] = {false};
    struct dp_im_way *group = NULL;

    if (!dp_im_starts(s->signalling, "pri_") && !dp_im_starts(s->signalling, "bri_")) {
        dp_im_report(im, pos, "channel: signalling %.*s is not ISDN", RT_STR(s->signalling));
        return;
    }
    if (!read_channels(mark, list)) {
        dp_im_report(im, pos, "channel: this is no list of channels");
        return;
    }
    if (s->group.n > 0)
        group = dp_im_way(im, DP_IM_GROUP, rt_str(dp_im_print(im, "DAHDI/g%.*s", RT_STR(s->group))),
                          pos);
    for (unsigned base = 0; base < CHANNELS_MAX; base += s->size) {
        uint32_t slots = slots_of(mark, base, s->size);
        struct dp_im_span *span = slots ? line_at(im, s, base, pos) : NULL;
        if (slots && !span)
            return;
        const char *channels = slots ? dp_im_channels(im, span, slots, pos) : "";
        if (channels[0] == '\0')
            continue;
        const char *name = dp_im_print(im, "span%u-%.*s", span->n, RT_STR(s->group));
        struct dp_im_way *w = dp_im_way(im, DP_IM_SPAN, rt_str(name), pos);
        if (!w)
            return;
        w->span = span;
        w->channels = w->channels ? dp_im_print(im, "%s,%s", w->channels, channels) : channels;
        w->context = dp_im_keep(im, s->context);
        im->out->carried++;
        dp_im_member(im, group, w);
    }
}

/** Notes a setting; true: it is one that matters here. */
static bool take_setting(struct settings *s, struct rt_str key, struct rt_str value)
{
    if (rt_str_caseeq(key, "group"))
        s->group = rt_str_cut(&value, ',');
    else if (rt_str_caseeq(key, "context"))
        s->context = value;
    else if (rt_str_caseeq(key, "signalling") || rt_str_caseeq(key, "signaling"))
        s->signalling = value;
    else if (rt_str_caseeq(key, "switchtype"))
        s->variant = value;
    else
        return false;
    s->switchtype |= rt_str_caseeq(key, "switchtype");
    return true;
}

static const char *const changing[] = {"overlapdial",
                                       "internationalprefix",
                                       "nationalprefix",
                                       "localprefix",
                                       "pridialplan",
                                       "prilocaldialplan",
                                       "immediate",
                                       "callerid",
                                       "usecallerid",
                                       "hidecallerid",
                                       NULL};

static void report_setting(struct dp_im *im, struct rt_str key, struct dp_im_pos pos)
{
    for (size_t i = 0; changing[i]; i++)
        if (rt_str_caseeq(key, changing[i]))
            dp_im_report(im, pos, "%s: is not carried over", changing[i]);
}

/** The channels of the whole file, and whether they are BRI: which decide where lines begin. */
static void survey(struct settings *s, const struct dp_import_source *source)
{
    struct dp_im_lines l = dp_im_lines(source);
    bool used[CHANNELS_MAX + 1] = {false}, block = false, bri = false;
    struct rt_str line, key, value;

    while (dp_im_line(&l, &line)) {
        line = dp_im_asterisk_text(line, &block);
        if (!read_setting(line, &key, &value))
            continue;
        if (rt_str_caseeq(key, "channel"))
            read_channels(used, value);
        else if (dp_im_starts(key, "signal"))
            bri |= dp_im_starts(value, "bri_");
    }
    s->size = line_size(used, bri);
}

void dp_im_dahdi(struct dp_im *im, const struct dp_import_source *source)
{
    struct dp_im_lines l = dp_im_lines(source);
    struct settings s = {.size = 31, .context = rt_str("default")};
    struct rt_str line, key, value;
    bool block = false;

    survey(&s, source);
    while (dp_im_line(&l, &line)) {
        line = dp_im_asterisk_text(line, &block);
        if (dp_im_starts(line, "#include"))
            dp_im_report(im, l.pos, "#include: give that file as well");
        if (!read_setting(line, &key, &value))
            continue;
        if (rt_str_caseeq(key, "channel"))
            add_channels(im, &s, value, l.pos);
        else if (!take_setting(&s, key, value))
            report_setting(im, key, l.pos);
    }
}
