/* Memory that is freed all at once: a tree and its texts live and die together. */
#ifndef CONF_ARENA_H
#define CONF_ARENA_H

#include "gw/rt/buf.h"

struct conf_chunk;

/** Start zeroed. */
struct conf_arena {
    struct conf_chunk *chunks;
    bool failed; /**< memory ran out once: what was built is not whole */
};
/** Zeroed memory for any type, or NULL with `failed` set. */
void *conf_alloc(struct conf_arena *a, size_t size);
/** A NUL-terminated copy, or NULL with `failed` set. */
char *conf_text(struct conf_arena *a, struct rt_str s);
void conf_arena_release(struct conf_arena *a);

#endif
