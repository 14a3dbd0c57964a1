/* Counts of windows and blocks, kept over a restart: one JSON object a line. Calls at once are not
 * kept, for they do not survive either. Who owns the file writes it; here is only its text.
 */
#include "gw/limits_priv.h"

#include <jansson.h>
#include <stdlib.h>

/** Bounds of what a line may say: a block ends within ten years, a window within one and a half
 * months, which is the longest (limits.h). */
#define USED_MAX   INT64_C(90000000000000000)
#define BLOCK_MAX  (3653 * INT64_C(86400))
#define WINDOW_MAX (47 * INT64_C(86400))

static const char *const kind_words[GW_LIMIT_KINDS] = {
    [GW_LIMIT_CALLS] = "calls",     [GW_LIMIT_SAME] = "same",   [GW_LIMIT_CPS] = "cps",
    [GW_LIMIT_MINUTES] = "minutes", [GW_LIMIT_MONEY] = "money",
};
static const char *const window_words[GW_WINDOWS + 1] = {
    [GW_WINDOW_HOUR] = "hour",
    [GW_WINDOW_DAY] = "day",
    [GW_WINDOW_MONTH] = "month",
    [GW_WINDOW_NONE] = "none",
};

static bool worth(const struct gw_limit_meter *m, rt_time now)
{
    return m->blocked > now || (m->window != GW_WINDOW_NONE && m->used > 0);
}

/** An instant to come by the wall clock; 0: it is past. */
static int64_t wall_of(rt_time until, const struct gw_limit_clock *clock)
{
    return until > clock->now ? clock->wall + (until - clock->now + RT_S - 1) / RT_S : 0;
}

static void save_one(struct rt_buf *out, const struct gw_limit_meter *m,
                     const struct gw_limit_clock *clock)
{
    bool windowed = m->window != GW_WINDOW_NONE;
    json_t *o = json_pack("{ss ss ss ss ss* ss* sb ss* sI sI sI sI}", "scope",
                          gw_scope_names[m->party->kind], "name", gw_limit_party_name(m->party),
                          "kind", kind_words[m->kind], "window", window_words[m->window], "set",
                          m->set, "unit", m->unit, "fraud", (int)m->fraud, "block", m->block_set,
                          "ends", (json_int_t)(windowed ? wall_of(m->ends, clock) : 0), "used",
                          (json_int_t)(windowed ? m->used : 0), "base", (json_int_t)m->base,
                          "until", (json_int_t)wall_of(m->blocked, clock));
    char *line = o ? json_dumps(o, JSON_COMPACT) : NULL;

    if (line) {
        rt_buf_puts(out, line);
        rt_buf_puts(out, "\n");
    }
    free(line);
    json_decref(o);
}

void gw_limits_save(struct gw_limits *s, struct rt_buf *out, const struct gw_limit_clock *clock)
{
    for (const struct gw_limit_party *p = s->parties; p; p = p->hh.next) {
        struct gw_limit_meter *m;
        DL_FOREACH(p->meters, m)
        {
            gw_limit_settle(m, clock);
            if (worth(m, clock->now))
                save_one(out, m, clock);
        }
    }
}

/* ---- back again ---- */

/** A line as read; texts are borrowed from its JSON. */
struct line {
    const char *scope, *name, *kind, *window;
    const char *set, *unit, *block;
    int fraud;
    json_int_t ends, used, base, until;
};

static bool word_index(unsigned *out, const char *const *words, unsigned n, const char *z)
{
    for (unsigned i = 0; i < n; i++) {
        if (strcmp(words[i], z) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool take_line(struct gw_limits *s, const struct line *l, const struct gw_limit_clock *clock)
{
    unsigned scope, kind, window;

    if (!word_index(&scope, gw_scope_names, GW_SCOPE_KINDS, l->scope) ||
        !word_index(&kind, kind_words, GW_LIMIT_KINDS, l->kind) ||
        !word_index(&window, window_words, GW_WINDOWS + 1, l->window) || !*l->name || l->used < 0 ||
        l->used > USED_MAX || l->base < 0 || l->base > l->used || l->until < 0 ||
        l->until - clock->wall > BLOCK_MAX || l->ends < 0 || l->ends - clock->wall > WINDOW_MAX)
        return false;
    struct gw_limit rule = {.kind = (enum gw_limit_kind)kind,
                            .window = (enum gw_limit_window)window,
                            .set = l->set,
                            .unit = l->unit,
                            .block = {.period = l->fraud ? 1 : 0, .set = l->block}};
    struct gw_limit_party *p = gw_limit_party_get(s, (enum gw_scope_kind)scope, rt_str(l->name));
    struct gw_limit_meter *m = p ? gw_limit_meter_get(p, &rule) : NULL;
    if (!m)
        return false;
    if (m->window != GW_WINDOW_NONE && l->ends > clock->wall) {
        m->began = clock->now;
        m->ends = clock->now + (l->ends - clock->wall) * RT_S;
        m->used = l->used;
        m->base = l->base;
        m->at = clock->now;
    }
    if (m->fraud && l->until > clock->wall)
        m->blocked = clock->now + (l->until - clock->wall) * RT_S;
    return true;
}

static bool load_one(struct gw_limits *s, struct rt_str text, const struct gw_limit_clock *clock)
{
    json_t *o = json_loadb(text.p, text.n, 0, NULL);
    struct line l = {0};
    bool good = o &&
                json_unpack(o, "{ss ss ss ss s?s s?s sb s?s s?I sI sI sI}", "scope", &l.scope,
                            "name", &l.name, "kind", &l.kind, "window", &l.window, "set", &l.set,
                            "unit", &l.unit, "fraud", &l.fraud, "block", &l.block, "ends", &l.ends,
                            "used", &l.used, "base", &l.base, "until", &l.until) == 0 &&
                take_line(s, &l, clock);

    json_decref(o);
    return good;
}

unsigned gw_limits_load(struct gw_limits *s, struct rt_str text, const struct gw_limit_clock *clock)
{
    unsigned bad = 0;

    while (text.n > 0) {
        struct rt_str line = rt_str_trim(rt_str_cut(&text, '\n'));
        if (line.n > 0 && !load_one(s, line, clock))
            bad++;
    }
    return bad;
}
