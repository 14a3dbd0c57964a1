/* The E-model. Numbers in parentheses are G.107's equations. */
#include "codec/emodel.h"

#include <math.h>
#include <stddef.h>

const struct emodel emodel_defaults = {
    .slr = 8,
    .rlr = 2,
    .stmr = 15,
    .ds = 3,
    .dr = 3,
    .telr = 65,
    .wepl = 110,
    .qdu = 1,
    .bpl = 4.3,
    .burst_r = 1,
    .nc = -70,
    .nfor = -64,
    .ps = 35,
    .pr = 35,
};

/** Table 2: what the model was made for; wider for sidetone, of which (7-23) and (7-24) speak
 * beyond the table, and for delay, of which there is more than the table's half a second. */
static const struct {
    size_t at;
    double low, high;
} ranges[] = {
    {offsetof(struct emodel, slr), 0, 18},     {offsetof(struct emodel, rlr), -5, 14},
    {offsetof(struct emodel, stmr), 3, 40},    {offsetof(struct emodel, ds), -3, 3},
    {offsetof(struct emodel, dr), -3, 3},      {offsetof(struct emodel, telr), 5, 65},
    {offsetof(struct emodel, wepl), 5, 110},   {offsetof(struct emodel, t), 0, 10000},
    {offsetof(struct emodel, tr), 0, 20000},   {offsetof(struct emodel, ta), 0, 10000},
    {offsetof(struct emodel, qdu), 1, 14},     {offsetof(struct emodel, ie), 0, 40},
    {offsetof(struct emodel, bpl), 1, 255},    {offsetof(struct emodel, ppl), 0, 100},
    {offsetof(struct emodel, burst_r), 1, 8},  {offsetof(struct emodel, nc), -80, -40},
    {offsetof(struct emodel, nfor), -80, -40}, {offsetof(struct emodel, ps), 35, 85},
    {offsetof(struct emodel, pr), 35, 85},     {offsetof(struct emodel, a), 0, 20},
};

static double within(double v, double low, double high)
{
    return !(v > low) ? low : v > high ? high : v; /* not a number: low */
}

static struct emodel in_range(const struct emodel *in)
{
    struct emodel m = *in;

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        double *v = (double *)(void *)((char *)&m + ranges[i].at);
        *v = within(*v, ranges[i].low, ranges[i].high);
    }
    return m;
}

void emodel_set_delay(struct emodel *m, double ms)
{
    m->t = m->ta = ms;
    m->tr = 2 * ms;
}

void emodel_set_echo(struct emodel *m, double erl)
{
    m->telr = m->slr + erl + m->rlr;
    /* the listener's own side reflects as little as by default */
    m->wepl = erl + emodel_defaults.wepl / 2;
}

static double power(double db)
{
    return pow(10, db / 10);
}

/** (1 + x^n)^(1/n), which for large x is x. */
static double knee(double x, double n)
{
    return pow(1 + pow(x, n), 1 / n);
}

/** The sum of the noises at the 0 dBr point (7-3), dBm0p. */
static double noise(const struct emodel *m)
{
    double olr = m->slr + m->rlr;
    double lstr = m->stmr + m->dr;
    double send = m->ps - olr - m->ds - 14;
    double nos = m->ps - m->slr - m->ds - 100 + 0.004 * send * send;   /* (7-4) */
    double pre = m->pr + 10 * log10(1 + power(10 - lstr));             /* (7-6) */
    double nor = m->rlr - 121 + pre + 0.008 * (pre - 35) * (pre - 35); /* (7-5) */
    double nfo = m->nfor + m->rlr;                                     /* (7-7) */

    return 10 * log10(power(m->nc) + power(nos) + power(nor) + power(nfo));
}

/** Sidetone that is not what it should be (7-11), (7-12). */
static double sidetone(const struct emodel *m)
{
    double stmro = -10 * log10(power(-m->stmr) + exp(-m->t / 4) * power(-m->telr));

    /* even powers: a negative base is as good as its positive */
    return 12 * knee(fabs((stmro - 13) / 6), 8) - 28 * knee((stmro + 1) / 19.4, 35) -
           13 * knee((stmro - 3) / 33, 13) + 29;
}

/** What comes with the voice: too loud, sidetone, quantizing (7-8) to (7-17). */
static double simultaneous(const struct emodel *m, double no, double ro, double ist)
{
    double xolr = m->slr + m->rlr + 0.2 * (64 + no - m->rlr);
    double iolr = 20 * (knee(fabs(xolr / 8), 8) - xolr / 8);
    double q = 37 - 15 * log10(m->qdu);
    double g = 1.07 + 0.258 * q + 0.0602 * q * q;
    double y = (ro - 100) / 15 + 46 / 8.4 - g / 9;
    double z = 46.0 / 30 - g / 40;
    double iq = 15 * log10(1 + pow(10, y) + pow(10, z));

    return iolr + ist + iq;
}

/** (7-19) to (7-24). */
static double talker_echo(const struct emodel *m, double no, double ist)
{
    double terv =
        m->telr - 40 * log10((1 + m->t / 10) / (1 + m->t / 150)) + 6 * exp(-0.3 * m->t * m->t);
    double re = 80 + 2.5 * (terv - 14);
    double roe = -1.5 * (no - m->rlr);

    if (m->t < 1)
        return 0; /* it is sidetone then, not echo */
    if (m->stmr < 9)
        re += 2.5 * ist / 2; /* loud sidetone masks echo */
    double half = (roe - re) / 2;
    double idte = (half + sqrt(half * half + 100) - 1) * (1 - exp(-m->t));
    return m->stmr > 20 ? sqrt(idte * idte + ist * ist) : idte;
}

/** (7-25), (7-26). */
static double listener_echo(const struct emodel *m, double ro)
{
    double rle = 10.5 * (m->wepl + 7) * pow(m->tr + 1, -0.25);
    double half = (ro - rle) / 2;

    return half + sqrt(half * half + 169);
}

/** (7-27), (7-28), for users of default sensitivity: sT 1, mT 100 ms. */
static double delay(const struct emodel *m)
{
    if (m->ta <= 100)
        return 0;
    double x = log2(m->ta / 100);
    return 25 * (knee(x, 6) - 3 * knee(x / 3, 6) + 2);
}

void emodel_rate(struct emodel_rating *out, const struct emodel *in)
{
    struct emodel m = in_range(in);
    double no = noise(&m);
    double ist = sidetone(&m);
    double ro = 15 - 1.5 * (m.slr + no); /* (7-2) */

    *out = (struct emodel_rating){
        .ro = ro,
        .is = simultaneous(&m, no, ro, ist),
        .idte = talker_echo(&m, no, ist),
        .idle = listener_echo(&m, ro),
        .idd = delay(&m),
        .ie_eff = m.ie + (95 - m.ie) * m.ppl / (m.ppl / m.burst_r + m.bpl), /* (7-29) */
    };
    double heard = out->ro - out->is - out->ie_eff + m.a; /* (7-1) */
    out->r = within(heard - out->idte - out->idle - out->idd, 0, 100);
    out->r_lq = within(heard, 0, 100);
}

double emodel_mos(double r)
{
    if (!(r > 0))
        return 1;
    if (r >= 100)
        return 4.5;
    double mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6; /* (B-4) */
    return mos > 1 ? mos : 1; /* the polynomial dips below for R under 6.5 */
}
