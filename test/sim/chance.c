/* Chance: what a run draws from its seed, the same whatever else there is (splitmix64). */
#include "test/sim/engine.h"

#include <math.h>

static uint64_t scramble(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t sim_roll(struct sim_dice *d)
{
    return scramble(d->state += 0x9e3779b97f4a7c15u);
}

uint64_t sim_mix(uint64_t a, uint64_t b)
{
    return scramble(a + 0x9e3779b97f4a7c15u * (b + 1));
}

unsigned sim_below(struct sim_dice *d, unsigned n)
{
    return (unsigned)((sim_roll(d) >> 32) * n >> 32);
}

unsigned sim_between(struct sim_dice *d, unsigned least, unsigned most)
{
    return least + sim_below(d, most - least + 1);
}

bool sim_often(struct sim_dice *d, unsigned permille)
{
    return sim_below(d, 1000) < permille;
}

rt_time sim_wait(struct sim_dice *d, rt_time mean)
{
    double u = (double)((sim_roll(d) >> 11) + 1) / (double)(UINT64_C(1) << 53);

    return (rt_time)(-log(u) * (double)mean) / RT_MS * RT_MS;
}

unsigned sim_chance(const struct sim_call *c, unsigned salt, unsigned n)
{
    /* the id is the same whatever else is left out, and the numbers carry the seed's chance */
    uint64_t v = sim_mix(sim_mix(c->chance, c->op->id), salt);

    return (unsigned)((v >> 32) * n >> 32);
}

uint64_t sim_hash(uint64_t sofar, const void *data, size_t len)
{
    const unsigned char *p = data;

    for (size_t i = 0; i < len; i++)
        sofar = (sofar ^ p[i]) * UINT64_C(0x100000001b3);
    return sofar;
}
