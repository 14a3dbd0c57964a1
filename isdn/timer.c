/* The timers of Q.931 table 9-1 and the parameters of Q.921 5.9 as data: what each is by default on
 * either side, what it may be, and whether libpri runs it or we do.
 */
#include "isdn/isdn_priv.h"

#include <strings.h>

#define OURS (-1)
#define S(n) ((n)*RT_S)
#define M(n) ((n)*60 * RT_S)

static const struct row {
    struct isdn_timer_row shown;
    int libpri; /**< its number there, or OURS */
} rows[ISDN_NTIMERS] = {
    [ISDN_T301] = {{"t301", M(3), M(3), S(1), M(60), false, "alerting, until the answer"}, OURS},
    [ISDN_T302] = {{"t302", S(15), S(15), S(1), S(60), false, "overlap, until the next digit"},
                   OURS},
    [ISDN_T303] = {{"t303", S(4), S(4), S(1), S(60), false, "SETUP, until any response"},
                   PRI_TIMER_T303},
    [ISDN_T304] = {{"t304", S(20), S(30), S(1), S(60), false,
                    "digits sent, until the call proceeds"},
                   OURS},
    [ISDN_T305] = {{"t305", S(30), S(30), S(1), S(60), false, "DISCONNECT, until RELEASE"},
                   PRI_TIMER_T305},
    [ISDN_T306] = {{"t306", S(30), S(30), S(1), M(2), false, "tones after DISCONNECT"}, OURS},
    [ISDN_T308] = {{"t308", S(4), S(4), S(1), S(60), false, "RELEASE, until RELEASE COMPLETE"},
                   PRI_TIMER_T308},
    [ISDN_T309] = {{"t309", S(6), S(6), S(6), S(90), false,
                    "data link lost, until active calls are cleared"},
                   PRI_TIMER_T309},
    [ISDN_T310] = {{"t310", S(10), S(60), S(1), M(2), false,
                    "CALL PROCEEDING, until the call is somewhere"},
                   OURS},
    [ISDN_T312] = {{"t312", S(6), S(6), S(1), M(4), false,
                    "broadcast SETUP: how long responses are taken"},
                   PRI_TIMER_T312},
    [ISDN_T313] = {{"t313", S(4), S(4), S(1), S(60), false, "CONNECT, until it is acknowledged"},
                   OURS},
    [ISDN_T316] = {{"t316", M(2), M(2), S(1), M(10), false, "RESTART, until it is acknowledged"},
                   OURS},
    [ISDN_N316] = {{"n316", 2, 2, 1, 10, true, "RESTARTs without an answer"}, OURS},
    [ISDN_T322] = {{"t322", S(4), S(4), S(1), S(60), false, "STATUS ENQUIRY, until STATUS"}, OURS},
    [ISDN_T200] = {{"t200", S(1), S(1), 100 * RT_MS, S(10), false,
                    "Q.921: until a frame is repeated"},
                   PRI_TIMER_T200},
    [ISDN_T202] = {{"t202", S(2), S(2), 100 * RT_MS, S(10), false,
                    "Q.921: until a TEI is asked for again"},
                   PRI_TIMER_T202},
    [ISDN_T203] = {{"t203", S(10), S(10), S(1), M(1), false,
                    "Q.921: silence, until the link is tested"},
                   PRI_TIMER_T203},
    [ISDN_N200] = {{"n200", 3, 3, 1, 20, true, "Q.921: repetitions of a frame"}, PRI_TIMER_N200},
    [ISDN_N202] = {{"n202", 3, 3, 1, 20, true, "Q.921: requests for a TEI"}, PRI_TIMER_N202},
    [ISDN_K] = {{"k", 7, 7, 1, 127, true, "Q.921: frames not acknowledged"}, PRI_TIMER_K},
};

const struct isdn_timer_row *isdn_timer_row(enum isdn_timer t)
{
    return &rows[t].shown;
}

enum isdn_timer isdn_timer_by_name(const char *name)
{
    enum isdn_timer t = 0;

    while (t < ISDN_NTIMERS && strcasecmp(rows[t].shown.name, name) != 0)
        t++;
    return t;
}

rt_time isdn_span_timer(const struct isdn_span *s, enum isdn_timer t)
{
    return s->timers[t];
}

void isdn_timers_setup(struct isdn_span *s)
{
    for (enum isdn_timer t = 0; t < ISDN_NTIMERS; t++) {
        rt_time usual = s->cfg.network ? rows[t].shown.network : rows[t].shown.user;
        s->timers[t] = s->cfg.timer[t] ? s->cfg.timer[t] : usual;
    }
    if (s->cfg.rate == ISDN_BRI && !s->cfg.timer[ISDN_K])
        s->timers[ISDN_K] = 1; /* Q.921 5.9.5 */
}

void isdn_timers_hand_over(const struct isdn_span *s, struct pri *pri)
{
    for (enum isdn_timer t = 0; t < ISDN_NTIMERS; t++)
        if (rows[t].libpri != OURS)
            pri_set_timer(pri, rows[t].libpri,
                          (int)(rows[t].shown.count ? s->timers[t] : s->timers[t] / RT_MS));
    pri_set_timer(pri, PRI_TIMER_T201, (int)(s->timers[ISDN_T200] / RT_MS)); /* Q.921 5.9.2 */
    pri_set_timer(pri, PRI_TIMER_T313,
                  3600 * 1000); /* ours runs: its own says nothing when it ends */
}
