/* The tables between Q.850 and SIP: named profiles, each read in one direction at a time, and the
 * rows of the plan that go before them.
 *
 * rfc3398 is RFC 3398 7.2.4.1 and 8.2.6.1, with rows of our own for causes and statuses that it
 * leaves to its default and that the default would hide. rfc4497 is RFC 4497 tables 1 and 2 and
 * nothing else: its defaults are SHALL. q1912.5 is the interworking of ITU-T Q.1912.5 as it is
 * generally known; its rows have not been held against the Recommendation's text.
 */
#include "gw/cause.h"

#include <stdio.h>

struct to_sip {
    uint16_t status;
    uint16_t user;       /* when the location is "user"; 0: the same */
    uint16_t diagnostic; /* when a diagnostic came with it; 0: the same */
};

struct gw_cause_profile {
    const char *name;
    struct to_sip to_sip[128];         /* status 0: none of its own */
    uint8_t to_cause[GW_STATUS_COUNT]; /* 0: none of its own */
    uint16_t other_status;             /* for causes without a row */
    uint8_t other_cause, media_cause;  /* for statuses without one; of 488 and 606 about media */
    uint8_t network_location;          /* of statuses below 600 */
};

#define TO(cause, code) [cause] = {.status = (code)}
#define SIP(code)       [(code)-GW_STATUS_FIRST]

/* clang-format off */

/** RFC 3398 7.2.4.1 and RFC 4497 table 1 agree on these. */
#define COMMON_TO_SIP                                                                              \
    TO(1, 404), TO(2, 404), TO(3, 404), TO(17, 486), TO(18, 408), TO(19, 480), TO(20, 480),        \
    [21] = {.status = 403, .user = 603}, [22] = {.status = 410, .diagnostic = 301}, \
    [23] = {.status = 410, .diagnostic = 302}, \
    TO(27, 502), TO(28, 484), TO(29, 501), TO(31, 480), TO(34, 503), TO(38, 503), TO(41, 503),     \
    TO(42, 503), TO(47, 503), TO(55, 403), TO(57, 403), TO(58, 503), TO(65, 488), TO(70, 488),     \
    TO(79, 501), TO(87, 403), TO(88, 503), TO(102, 504)

/** RFC 3398 8.2.6.1 and RFC 4497 table 2 agree on these. */
#define COMMON_TO_CAUSE                                                                            \
    SIP(400) = 41, SIP(401) = 21, SIP(402) = 21, SIP(403) = 21, SIP(404) = 1, SIP(405) = 63,       \
    SIP(406) = 79, SIP(407) = 21, SIP(408) = 102, SIP(410) = 22, SIP(413) = 127, SIP(414) = 127,   \
    SIP(415) = 79, SIP(416) = 127, SIP(420) = 127, SIP(421) = 127, SIP(423) = 127, SIP(480) = 18,  \
    SIP(481) = 41, SIP(482) = 25, SIP(483) = 25, SIP(484) = 28, SIP(485) = 1, SIP(486) = 17,       \
    SIP(488) = 31, SIP(500) = 41, SIP(501) = 79, SIP(502) = 38, SIP(503) = 41, SIP(504) = 102,     \
    SIP(505) = 127, SIP(513) = 127, SIP(600) = 17, SIP(603) = 21, SIP(604) = 1, SIP(606) = 31

static const struct gw_cause_profile profiles[] = {
    {
        .name = "rfc3398",
        .to_sip = {
            COMMON_TO_SIP, TO(26, 404), TO(111, 500), TO(127, 500),
            /* 16: RFC 3398 has BYE or CANCEL in mind; before an answer neither fits */
            TO(16, 480),
            /* the default would hide what these say */
            TO(4, 404), TO(5, 404), TO(6, 503), TO(8, 480), TO(9, 480), TO(14, 404),
            TO(24, 403), TO(25, 483), TO(43, 503), TO(44, 503), TO(46, 503), TO(49, 503),
            TO(50, 403), TO(52, 403), TO(53, 403), TO(54, 403), TO(63, 503), TO(69, 501),
        },
        .to_cause = {
            COMMON_TO_CAUSE,
            SIP(428) = 21, SIP(429) = 21, SIP(433) = 24, SIP(436) = 21, SIP(437) = 21,
            SIP(438) = 21, SIP(580) = 47, SIP(607) = 21, SIP(608) = 21,
        },
        .other_status = 500, .other_cause = 31, .media_cause = 65,
        .network_location = GW_LOC_BEYOND,
    },
    {
        .name = "rfc4497",
        .to_sip = {
            COMMON_TO_SIP, TO(69, 501),
            /* 8.4.1, note 2: treated as congestion, 8.3.1 */
            TO(6, 503), TO(44, 503),
        },
        .to_cause = { COMMON_TO_CAUSE },
        .other_status = 500, .other_cause = 31, .media_cause = 65,
        .network_location = GW_LOC_PRIVATE_REMOTE,
    },
    {
        .name = "q1912.5",
        .to_sip = {
            TO(1, 404), TO(5, 404), TO(16, 480), TO(17, 486), TO(18, 480), TO(19, 480),
            TO(20, 480), TO(21, 480), TO(22, 410), TO(25, 480), TO(26, 404), TO(27, 502),
            TO(28, 484), TO(31, 480), TO(34, 480), TO(127, 480),
        },
        .to_cause = {
            SIP(404) = 1, SIP(410) = 22, SIP(480) = 20, SIP(484) = 28, SIP(486) = 17,
            SIP(600) = 17, SIP(603) = 21, SIP(604) = 1,
        },
        .other_status = 500, .other_cause = 127, .network_location = GW_LOC_BEYOND,
    },
};

/* clang-format on */

const struct gw_cause_profile *gw_cause_profile(struct rt_str name)
{
    for (size_t i = 0; i < RT_COUNT(profiles); i++)
        if (rt_str_eq(name, profiles[i].name))
            return &profiles[i];
    return NULL;
}

static const struct gw_cause_profile *profile_of(const struct gw_causes *t)
{
    return t->profile ? t->profile : &profiles[0];
}

const char *gw_causes_profile_name(const struct gw_causes *t)
{
    return profile_of(t)->name;
}

uint8_t *gw_causes_slot(struct gw_causes *t, bool from_sip, unsigned from)
{
    if (!from_sip)
        return from < RT_COUNT(t->by_cause) ? &t->by_cause[from] : NULL;
    if (from < GW_STATUS_FIRST || from - GW_STATUS_FIRST >= GW_STATUS_COUNT)
        return NULL;
    return &t->by_status[from - GW_STATUS_FIRST];
}

/** Notes one more row in `c`. */
static void note(struct gw_cause *c, const char *row)
{
    size_t n = strlen(c->rule);

    snprintf(c->rule + n, sizeof c->rule - n, "%s%s", n > 0 ? "; " : "", row);
}

/* ---- Q.850 to SIP ---- */

static const struct gw_cause_rule *rule_for_cause(const struct gw_causes *t,
                                                  const struct gw_cause *c)
{
    const struct gw_cause_rule *any = NULL;
    uint8_t i = c->q850 < RT_COUNT(t->by_cause) ? t->by_cause[c->q850] : 0;

    for (; i > 0; i = t->rules[i - 1].next) {
        const struct gw_cause_rule *r = &t->rules[i - 1];
        if (r->location == c->location)
            return r;
        if (r->location == GW_LOC_ANY)
            any = r;
    }
    return any;
}

static int profile_status(const struct gw_cause_profile *p, const struct gw_cause *c, char *row)
{
    static const struct to_sip none;
    const struct to_sip *s = c->q850 < RT_COUNT(p->to_sip) ? &p->to_sip[c->q850] : &none;
    const char *because = "", *which = "";
    int status = s->status;

    if (status == 0) {
        which = "default ";
        status = p->other_status;
    } else if (s->diagnostic && c->diagnostic[0]) {
        because = " diagnostic";
        status = s->diagnostic;
    } else if (s->user && c->location == GW_LOC_USER) {
        because = " user";
        status = s->user;
    }
    if (row)
        snprintf(row, GW_CAUSE_ROW_LEN, "%s %s%u%s -> %d", p->name, which, c->q850, because,
                 status);
    return status;
}

int gw_cause_to_sip(const struct gw_causes *t, const struct gw_cause *c, char row[GW_CAUSE_ROW_LEN])
{
    const struct gw_cause_rule *r = rule_for_cause(t, c);

    if (!r)
        return profile_status(profile_of(t), c, row);
    if (row)
        rt_str_copy(row, GW_CAUSE_ROW_LEN, rt_str(r->text));
    return r->to;
}

void gw_cause_answer(struct gw_cause *c, const struct gw_causes *t)
{
    char row[GW_CAUSE_ROW_LEN];

    c->sip_status = gw_cause_to_sip(t, c, row);
    note(c, row);
}

/* ---- SIP to Q.850 ---- */

static const struct gw_cause_rule *rule_for_status(const struct gw_causes *t, int status)
{
    int i = status - GW_STATUS_FIRST;

    if (i < 0 || i >= GW_STATUS_COUNT || t->by_status[i] == 0)
        return NULL;
    return &t->rules[t->by_status[i] - 1];
}

static unsigned profile_cause(const struct gw_cause_profile *p, const struct gw_sip_failure *f,
                              char *row)
{
    int i = f->status - GW_STATUS_FIRST;
    bool known = i >= 0 && i < GW_STATUS_COUNT && p->to_cause[i] != 0;
    bool media = f->media && p->media_cause && (f->status == 488 || f->status == 606);
    unsigned q850 = media ? p->media_cause : known ? p->to_cause[i] : p->other_cause;

    snprintf(row, GW_CAUSE_ROW_LEN, "%s %s%d%s -> %u", p->name, known ? "" : "default ", f->status,
             media ? " media" : "", q850);
    return q850;
}

void gw_cause_from_sip(struct gw_cause *out, const struct gw_causes *t,
                       const struct gw_sip_failure *f)
{
    const struct gw_cause_profile *p = profile_of(t);
    const struct gw_cause_rule *r = rule_for_status(t, f->status);
    bool reason = f->reason_q850 > 0 && f->reason_q850 < 128;
    char row[GW_CAUSE_ROW_LEN];

    *out = (struct gw_cause){
        .location = f->status >= 600 ? GW_LOC_USER : p->network_location,
        .sip_status = f->status,
        .advance = r ? r->advance : GW_ADVANCE_BY_TABLE,
    };
    if (reason) {
        out->q850 = (uint8_t)f->reason_q850;
        snprintf(row, sizeof row, "Reason header %d", f->reason_q850);
        note(out, row);
        if (r && r->advance != GW_ADVANCE_BY_TABLE)
            note(out, r->text);
    } else if (r) {
        out->q850 = (uint8_t)r->to;
        note(out, r->text);
    } else {
        out->q850 = (uint8_t)profile_cause(p, f, row);
        note(out, row);
    }
    if (reason && f->reason_location >= 0 && f->reason_location < 16)
        out->location = (uint8_t)f->reason_location;
}
