/* Digit maps that were made once, by routes and site. A plan is known by its generation: its parts
 * may lie where those of an earlier one lay.
 */
#include "gw/dial_maps.h"

#include <errno.h>
#include <stdlib.h>
#include <uthash.h>

struct origin {
    const struct gw_routes *routes;
    const struct dp_site *site;
};

struct map {
    UT_hash_handle hh;
    struct origin of;
    struct rt_buf text;
};

struct gw_dial_maps {
    struct map *maps;
    uint64_t generation;
};

static void forget(struct gw_dial_maps *m)
{
    struct map *map, *next;

    HASH_ITER(hh, m->maps, map, next)
    {
        HASH_DEL(m->maps, map);
        rt_buf_release(&map->text);
        free(map);
    }
}

/** NULL: out of memory. */
static struct map *make(const struct gw_trunk *t)
{
    struct map *map = calloc(1, sizeof *map);

    if (map && gw_dial_map(&map->text, t) != 0) {
        rt_buf_release(&map->text);
        free(map);
        return NULL;
    }
    return map;
}

int gw_dial_maps_put(struct gw_dial_maps **maps, const struct gw_trunk *t, struct rt_buf *out)
{
    struct origin of = {t->routes, t->site};
    struct gw_dial_maps *m = *maps ? *maps : calloc(1, sizeof *m);
    struct map *map = NULL;

    if (!m)
        return ENOMEM;
    *maps = m;
    if (m->generation != t->plan->generation)
        forget(m);
    m->generation = t->plan->generation;
    HASH_FIND(hh, m->maps, &of, sizeof of, map);
    if (!map) {
        map = make(t);
        if (!map)
            return ENOMEM;
        map->of = of;
        HASH_ADD(hh, m->maps, of, sizeof map->of, map);
    }
    rt_buf_put(out, map->text.p, map->text.n);
    return out->failed ? ENOMEM : 0;
}

void gw_dial_maps_free(struct gw_dial_maps *m)
{
    if (m)
        forget(m);
    free(m);
}
