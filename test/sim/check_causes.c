/* How a refusal has to reach the caller, by RFC 3398 7.2.4.1 and 8.2.6.1 and Q.850, written out
 * anew: the gateway's own tables are not asked.
 */
#include "test/sim/engine.h"

#include <stdio.h>

struct row {
    unsigned from, to;
};

/** RFC 3398 7.2.4.1: cause to status; any other is 500. */
static const struct row statuses[] = {
    {1, 404},  {2, 404},  {3, 404},  {17, 486}, {18, 408},  {19, 480},  {20, 480},  {21, 403},
    {22, 410}, {23, 410}, {26, 404}, {27, 502}, {28, 484},  {29, 501},  {31, 480},  {34, 503},
    {38, 503}, {41, 503}, {42, 503}, {47, 503}, {55, 403},  {57, 403},  {58, 503},  {65, 488},
    {70, 488}, {79, 501}, {87, 403}, {88, 503}, {102, 504}, {111, 500}, {127, 500},
};
/** RFC 3398 8.2.6.1: status to cause; any other is 31. */
static const struct row causes[] = {
    {400, 41},  {401, 21}, {402, 21},  {403, 21},  {404, 1},  {405, 63},  {406, 79},  {407, 21},
    {408, 102}, {410, 22}, {413, 127}, {414, 127}, {415, 79}, {416, 127}, {420, 127}, {421, 127},
    {423, 127}, {480, 18}, {481, 41},  {482, 25},  {483, 25}, {484, 28},  {485, 1},   {486, 17},
    {488, 31},  {500, 41}, {501, 79},  {502, 38},  {503, 41}, {504, 102}, {505, 127}, {513, 127},
    {600, 17},  {603, 21}, {604, 1},   {606, 31},
};

static unsigned look_up(const struct row *row, size_t n, unsigned from, unsigned otherwise)
{
    for (size_t i = 0; i < n; i++)
        if (row[i].from == from)
            return row[i].to;
    return otherwise;
}

/** Cause 21 of a user is 603, of a network 403. */
static bool is_status(unsigned cause, unsigned got)
{
    return got == look_up(statuses, RT_COUNT(statuses), cause, 500) || (cause == 21 && got == 603);
}

/** Its callers learn causes; others a status of SIP. */
static bool speaks_q850(enum sim_kind k)
{
    return k == SIM_SPAN || k == SIM_AGENT;
}

/** True when the caller was told as this cause wants it. */
static bool told(const struct sim *s, const struct sim_call *c, unsigned cause)
{
    return speaks_q850(s->far[c->op->from].kind) ? c->a.cause == cause
                                                 : is_status(cause, c->a.status);
}

bool sim_told(const struct sim *s, const struct sim_call *c, unsigned cause)
{
    return s->far[c->op->from].kind == SIM_LINES || told(s, c, cause);
}

const char *sim_check_cause(const struct sim *s, const struct sim_call *c)
{
    static char text[80];
    enum sim_kind from = s->far[c->op->from].kind, to = s->far[c->op->to].kind;

    if (sim_far_has_lines(&s->far[c->op->to]))
        return NULL; /* a hook has no causes */
    if (c->b.times != 1 || !c->b.by_us || c->a.by_us || from == SIM_LINES || to == SIM_LINES ||
        (c->op->call.overlap && c->op->call.refuse == 28)) /* more digits might have helped */
        return NULL;
    if (told(s, c, c->b.cause ? c->b.cause : c->op->call.refuse))
        return NULL;
    if (c->crowded && (speaks_q850(from) ? c->a.cause == 34 : c->a.status == 503))
        return NULL; /* another target was tried, which had no channel */
    /* a SIP peer may give a status without a Reason (RFC 6432) */
    if (to != SIM_SPAN && (c->a.status == c->b.status ||
                           told(s, c, look_up(causes, RT_COUNT(causes), c->b.status, 31))))
        return NULL;
    snprintf(text, sizeof text, "status %u, cause %u became status %u, cause %u", c->b.status,
             c->b.cause, c->a.status, c->a.cause);
    return text;
}
