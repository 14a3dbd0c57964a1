/* The set of what is held: pointers that are never followed, only compared, since what they point
 * to may be gone. Open addressing; it is thrown away after each pass.
 */
#include "gw/auditor_priv.h"

#include <stdlib.h>

#define FIRST 256 /* a power of two */

static size_t place_of(const struct gw_claims *c, enum gw_claim_kind kind, const void *what)
{
    uint64_t h = ((uint64_t)(uintptr_t)what >> 4) * 0x9e3779b97f4a7c15u + kind;
    size_t i = (size_t)(h ^ h >> 29) & (c->size - 1);

    while (c->row[i].what && (c->row[i].what != what || c->row[i].kind != kind))
        i = (i + 1) & (c->size - 1);
    return i;
}

/** Twice the room. */
static bool grow(struct gw_claims *c)
{
    struct gw_claims bigger = {.size = c->size ? 2 * c->size : FIRST, .used = c->used};

    bigger.row = calloc(bigger.size, sizeof *bigger.row);
    if (!bigger.row)
        return false;
    for (size_t i = 0; i < c->size; i++)
        if (c->row[i].what)
            bigger.row[place_of(&bigger, c->row[i].kind, c->row[i].what)] = c->row[i];
    free(c->row);
    *c = bigger;
    return true;
}

void gw_claims_add(struct gw_claims *c, enum gw_claim_kind kind, const void *what, uint64_t serial)
{
    if (!what || c->failed)
        return;
    if (2 * c->used >= c->size && !grow(c)) {
        c->failed = true;
        return;
    }
    struct gw_claim *row = &c->row[place_of(c, kind, what)];
    c->used += !row->what;
    row->what = what;
    row->kind = (uint8_t)kind;
    row->serial = serial;
    row->n++;
}

struct gw_claim *gw_claims_find(const struct gw_claims *c, enum gw_claim_kind kind,
                                const void *what)
{
    if (!what || c->size == 0)
        return NULL;
    struct gw_claim *row = &c->row[place_of(c, kind, what)];
    return row->what ? row : NULL;
}

void gw_claims_release(struct gw_claims *c)
{
    free(c->row);
    *c = (struct gw_claims){.size = 0};
}
