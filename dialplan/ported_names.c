/* Routing numbers while a table is built: each is stored once. A hundred million rows ask for them,
 * so the hash table holds places only, and the text that came last is compared first.
 */
#include "dialplan/ported_priv.h"

#include <errno.h>
#include <stdlib.h>

/** FNV-1a. */
static uint32_t hash(struct rt_str s)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (uint8_t)s.p[i]) * 16777619u;
    return h;
}

static const char *text_of(const struct ported_names *names, uint32_t i)
{
    uint32_t place;

    memcpy(&place, names->place.p + 4 * (size_t)i, sizeof place);
    return names->text.p + place;
}

static bool is(const struct ported_names *names, uint32_t i, struct rt_str text)
{
    const char *t = text_of(names, i);

    return memcmp(t, text.p, text.n) == 0 && t[text.n] == '\0';
}

/** The slot that has the text, or the free one where it goes. */
static uint32_t *slot_of(const struct ported_names *names, struct rt_str text)
{
    size_t i = hash(text) & (names->nslots - 1);

    while (names->slot[i] != 0 && !is(names, names->slot[i] - 1, text))
        i = (i + 1) & (names->nslots - 1);
    return &names->slot[i];
}

/** At most half of the slots are in use. */
static int grow(struct ported_names *names)
{
    size_t more = names->nslots > 0 ? 2 * names->nslots : 1024;
    uint32_t *slot = calloc(more, sizeof *slot);

    if (!slot)
        return ENOMEM;
    free(names->slot);
    names->slot = slot;
    names->nslots = more;
    for (uint32_t i = 0; i < names->n; i++)
        *slot_of(names, rt_str(text_of(names, i))) = i + 1;
    return 0;
}

int dp_ported_name(uint32_t *out, struct ported_names *names, struct rt_str text)
{
    if (names->n > 0 && text.n < DP_TEXT_LEN && is(names, names->last, text)) {
        *out = names->last;
        return 0;
    }
    if (2 * names->n >= names->nslots) {
        int err = grow(names);
        if (err != 0)
            return err;
    }
    uint32_t *slot = slot_of(names, text), place = (uint32_t)names->text.n;
    if (*slot == 0) {
        if (names->text.n > UINT32_MAX - 2 * DP_TEXT_LEN)
            return EFBIG;
        rt_buf_put(&names->place, &place, sizeof place);
        rt_buf_put(&names->text, text.p, text.n);
        rt_buf_put(&names->text, "", 1);
        if (names->place.failed || names->text.failed)
            return ENOMEM;
        *slot = (uint32_t)++names->n;
    }
    *out = names->last = *slot - 1;
    return 0;
}

void dp_ported_names_release(struct ported_names *names)
{
    rt_buf_release(&names->text);
    rt_buf_release(&names->place);
    free(names->slot);
}
