/* The delay to play at. Each packet's relative delay goes into a histogram in steps of one block,
 * in which older ones count less and less. For each step the E-model (ITU-T G.107) says what that
 * delay costs and what the packets cost that would still be late then; the cheapest is chosen. So a
 * rare spike is let go, a frequent one is waited for, and on a path that is long already less is
 * added.
 *
 * Steps are counted from a delay that occurred, so the choice is one that occurred: where packets
 * start with a block, they still do after being delayed.
 */
#include "codec/playout_priv.h"

#include <string.h>

#define STEP PLAYOUT_BLOCK

/** A packet's weight falls to 1/e of a new one's in this time, ms. */
#define MEMORY_MS 30000

/** What is expected before anything is known: a packet or so in the first seconds comes this much
 * later than the first. */
#define PRIOR_STEP   4
#define PRIOR_WEIGHT 1.0f

/** Below this share of all, the lowest steps are taken as left behind. */
#define STALE 0.002f

/** This share of the packets is at or below what counts as the lowest delay. Not the least of all,
 * or the margin over it would be gone by the time that a slow clock has moved the delay by a step.
 */
#define LOW 0.2f

/** A lower delay is only worth a move when it gains this much of R. */
#define WORTH 0.15f

static void rescale(struct playout_target *g)
{
    g->total = 0;
    for (unsigned k = 0; k < PLAYOUT_BINS; k++) {
        g->bins[k] /= g->weight;
        g->total += g->bins[k];
    }
    g->weight = 1;
}

/** The steps' numbers change by `by`: the lowest ones join, or what is above the last one does. */
static void renumber(struct playout_target *g, int by)
{
    float old[PLAYOUT_BINS];

    memcpy(old, g->bins, sizeof old);
    memset(g->bins, 0, sizeof g->bins);
    for (int k = 0; k < PLAYOUT_BINS; k++) {
        int to = k + by < 0 ? 0 : k + by >= PLAYOUT_BINS ? PLAYOUT_BINS - 1 : k + by;
        g->bins[to] += old[k];
    }
    g->base -= by * STEP;
}

void playout_target_start(struct playout *p, int32_t delay)
{
    struct playout_target *g = &p->target;

    memset(g, 0, sizeof *g);
    g->weight = 1;
    g->base = delay;
    g->slack = STEP;
    if (p->mode != PLAYOUT_VOICE) {
        g->want = delay + p->fixed;
        return;
    }
    g->bins[PRIOR_STEP] = g->total = PRIOR_WEIGHT;
    g->bins[0] += 1;
    g->total += 1;
    playout_target_choose(p);
}

void playout_target_add(struct playout *p, int32_t delay, unsigned samples)
{
    struct playout_target *g = &p->target;

    if (delay < g->base) {
        int by = (g->base - delay + STEP - 1) / STEP;
        renumber(g, by);
    }
    int k = (delay - g->base + STEP - 1) / STEP, slack = g->base + k * STEP - delay;

    g->slack = slack < g->slack ? slack : g->slack;
    float w = g->weight * (float)samples * (1.0f / 160);

    g->bins[k < PLAYOUT_BINS ? k : PLAYOUT_BINS - 1] += w;
    g->total += w;
    g->weight *= 1 + (float)samples * (1.0f / (8 * MEMORY_MS));
    if (g->weight > 1e6f)
        rescale(g);
}

/** When all packets since the last look came earlier within their step, the steps are moved: then
 * delays are steps again, and packets start with blocks. */
static void follow_phase(struct playout_target *g)
{
    if (g->slack < STEP)
        g->base -= g->slack;
    g->slack = STEP;
}

/** What a delay of `ms` from mouth to ear costs (G.107's Id, as fitted by Cole and Rosenbluth). */
static float delay_cost(float ms)
{
    return 0.024f * ms + (ms > 177.3f ? 0.11f * (ms - 177.3f) : 0);
}

/** What losing `share` of the packets costs (G.107's Ie-eff, random loss). */
static float loss_cost(const struct playout *p, float share)
{
    float percent = 100 * share;

    return 95 * percent / (percent + (float)p->bpl);
}

/** What the network lost lately: late packets are lost on top of that. */
static void follow_loss(struct playout *p)
{
    uint32_t expected = p->burst.expected - p->burst_expected;

    if (expected < 50)
        return;
    float share = (float)(p->burst.lost - p->burst_lost) / (float)expected;
    p->lost_share += (share - p->lost_share) / 8;
    p->burst_expected = p->burst.expected;
    p->burst_lost = p->burst.lost;
}

/** The lowest step that counts: what the bounds and the path's delay are over. The steps below
 * those in use are given up. */
static int lowest(struct playout_target *g)
{
    float sum = g->bins[0];
    int k = 0;

    while (k < PLAYOUT_BINS - 1 && sum < STALE * g->total)
        sum += g->bins[++k];
    if (k > 0)
        renumber(g, -k);
    sum = g->bins[0];
    for (k = 0; k < PLAYOUT_BINS - 1 && sum < LOW * g->total;)
        sum += g->bins[++k];
    return k;
}

void playout_target_choose(struct playout *p)
{
    struct playout_target *g = &p->target;
    int low = lowest(g), last = PLAYOUT_BINS - 1;
    int from = low + (p->min + STEP - 1) / STEP, to = low + p->max / STEP;
    float late = g->total, least = 1e9f, now = 1e9f;
    int best = from;

    follow_loss(p);
    to = to < last ? to : last;
    for (int k = 0; k <= to; k++) {
        late -= g->bins[k];
        if (k < from)
            continue;
        float share = late > 0 ? late / g->total : 0;
        float cost =
            delay_cost(p->path_ms + 10.0f * (float)(k - low)) + loss_cost(p, share + p->lost_share);
        if (cost < least) {
            least = cost;
            best = k;
        }
        if (g->base + k * STEP == g->want)
            now = cost;
    }
    if (now - least > WORTH || g->want < g->base + best * STEP)
        g->want = g->base + best * STEP;
}

void playout_target_look(struct playout *p)
{
    follow_phase(&p->target);
    playout_target_choose(p);
}
