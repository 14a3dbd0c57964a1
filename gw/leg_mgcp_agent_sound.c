/* What an agent has played on channels of ours: tones by country, tones of tests, announcements of
 * the folder that the plan names; and how it writes numbers in parentheses.
 */
#include "gw/leg_mgcp_agent.h"
#include "gw/sound_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

/* ---- tones ---- */

static const struct {
    const char *package, *symbol;
    enum tone_kind tone;
} tones[] = {
    {"G", "rt", TONE_RINGBACK},  {"G", "rbk", TONE_RINGBACK},  {"G", "cg", TONE_CONGESTION},
    {"G", "it", TONE_SIT},       {"L", "dl", TONE_DIAL},       {"L", "sl", TONE_DIAL},
    {"L", "bz", TONE_BUSY},      {"L", "ro", TONE_CONGESTION}, {"L", "nbz", TONE_CONGESTION},
    {"L", "sit", TONE_SIT},      {"MS", "bz", TONE_BUSY},      {"MS", "ro", TONE_CONGESTION},
    {"MS", "rt", TONE_RINGBACK}, {"T", "ro", TONE_CONGESTION}, {"T", "bz", TONE_BUSY},
    {"T", "sit", TONE_SIT},      {"T", "zz", TONE_SIT},
};

/** Tones of tests (RFC 3660 2.3): a tone of a continuity test is at -12 dBm0 (Q.724 2.1), a
 * milliwatt at 0. */
static const struct {
    const char *symbol;
    struct tone_spec spec;
} test_tones[] = {
    {"co1", {.step = {{.hz = {2010, 0}}}, .nsteps = 1, .dbm0 = -12}},
    {"co2", {.step = {{.hz = {1780, 0}}}, .nsteps = 1, .dbm0 = -12}},
    {"nm", {.step = {{.hz = {1004, 0}}}, .nsteps = 1, .dbm0 = 0}},
    {"mm", {.step = {{.hz = {1013.8F, 0}}}, .nsteps = 1, .dbm0 = 0}},
    {"om", {.step = {{.hz = {1000, 0}}}, .nsteps = 1, .dbm0 = 0}},
    {"tl", {.step = {{.hz = {2225, 0}}}, .nsteps = 1, .dbm0 = -13}},
};

/** Whose tones: those of the plan's site when it has just one; else the ITU's. */
static const char *country_of(const struct leg_mgcp_channel *ch)
{
    const struct gw_plan *p = ch->role->mgcp->gw->plan;

    return p->nsites == 1 ? dp_country_code(p->sites[0].country) : NULL;
}

static bool is(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

const struct tone_spec *leg_mgcp_agent_tone(const struct leg_mgcp_channel *ch, const char *package,
                                            const char *symbol)
{
    for (size_t i = 0; i < RT_COUNT(tones); i++)
        if (is(package, tones[i].package) && is(symbol, tones[i].symbol))
            return tone_country(country_of(ch), tones[i].tone);
    /* R/co1 and R/co2 are those of T, on connections (RFC 3660 2.10) */
    for (size_t i = 0; (is(package, "T") || is(package, "R")) && i < RT_COUNT(test_tones); i++)
        if (is(symbol, test_tones[i].symbol))
            return &test_tones[i].spec;
    return NULL;
}

/* ---- announcements ---- */

/** As many are kept for an agent. */
#define SOUNDS_MAX   64
#define NAME_MAX_LEN 128

/** A file that was read; `clip` is its own reference. */
struct leg_mgcp_sound {
    UT_hash_handle hh;
    char name[NAME_MAX_LEN];
    struct clip *clip;
};

/** The file's name in the folder: of "busy.wav", "file:busy.wav", "file:///busy.wav", in quotes or
 * not. False: it is none that could be in a folder of ours. */
static bool file_name(char out[NAME_MAX_LEN], struct rt_str params)
{
    static const char scheme[] = "file:";
    size_t len = sizeof scheme - 1;
    struct rt_str s = rt_str_trim(rt_str_cut(&params, ','));

    if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
        s = (struct rt_str){s.p + 1, s.n - 2};
    if (s.n > len && strncasecmp(s.p, scheme, len) == 0) {
        s = (struct rt_str){s.p + len, s.n - len};
        if (s.n > 3 && memcmp(s.p, "///", 3) == 0)
            s = (struct rt_str){s.p + 3, s.n - 3};
    }
    if (s.n == 0 || s.p[0] == '/' || memchr(s.p, ':', s.n) || memchr(s.p, '\\', s.n) ||
        memmem(s.p, s.n, "..", 2))
        return false;
    return rt_str_copy(out, NAME_MAX_LEN, s);
}

static void drop(struct leg_mgcp_role *r, struct leg_mgcp_sound *s)
{
    HASH_DEL(r->sounds, s);
    clip_drop(s->clip);
    free(s);
}

static struct leg_mgcp_sound *load(struct leg_mgcp_role *r, const char *name)
{
    struct leg_mgcp_sound *s = calloc(1, sizeof *s);
    char path[4096];
    const char *why = NULL;

    if (!s)
        return NULL;
    rt_str_copy(s->name, sizeof s->name, rt_str(name));
    int n = snprintf(path, sizeof path, "%s/%s", r->plan->announcements, name);
    int err = n < (int)sizeof path ? gw_sound_load(&s->clip, path, &why) : ENAMETOOLONG;
    if (err != 0) {
        rt_log(RT_LOG_CALL, RT_NOTICE, "mgcp: announcement %s: %s", path,
               why ? why : strerror(err));
        free(s);
        return NULL;
    }
    if (HASH_COUNT(r->sounds) >= SOUNDS_MAX)
        drop(r, r->sounds); /* the oldest; who plays it holds it */
    HASH_ADD_STR(r->sounds, name, s);
    return s;
}

struct clip *leg_mgcp_agent_announcement(struct leg_mgcp_channel *ch, struct rt_str params)
{
    struct leg_mgcp_role *r = ch->role;
    struct leg_mgcp_sound *s;
    char name[NAME_MAX_LEN];

    if (!r->plan->announcements || !file_name(name, params))
        return NULL;
    HASH_FIND_STR(r->sounds, name, s);
    if (!s)
        s = load(r, name);
    return s ? s->clip : NULL;
}

void leg_mgcp_agent_forget_sounds(struct leg_mgcp_role *r)
{
    while (r->sounds)
        drop(r, r->sounds);
}

/* ---- lists in parentheses ---- */

static struct rt_str unquoted(struct rt_str s)
{
    s = rt_str_trim(s);
    return s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"' ? (struct rt_str){s.p + 1, s.n - 2} : s;
}

/** The next item; a comma in quotes is none. */
static struct rt_str item(struct rt_str *s)
{
    bool quoted = false;
    size_t i = 0;

    for (; i < s->n && (quoted || s->p[i] != ','); i++)
        quoted ^= s->p[i] == '"';
    struct rt_str one = {s->p, i};
    i += i < s->n;
    *s = (struct rt_str){s->p + i, s->n - i};
    return unquoted(one);
}

void leg_mgcp_agent_read_caller(char *number, size_t cap, char *name, size_t name_cap,
                                struct rt_str params)
{
    size_t n = 0;

    item(&params); /* when */
    struct rt_str digits = item(&params), who = item(&params);
    for (size_t i = 0; i < digits.n && n + 1 < cap; i++)
        if (strchr("0123456789", digits.p[i]))
            number[n++] = digits.p[i];
    number[n] = '\0';
    name[0] = '\0';
    if (!rt_str_caseeq(who, "P") && !rt_str_caseeq(who, "O")) /* private, not available */
        rt_str_copy(name, name_cap, who);
}
