/* Chunks of memory handed out in order and freed together. */
#include "conf/arena.h"

#include <stdlib.h>

#define CHUNK_SIZE 8192

struct conf_chunk {
    struct conf_chunk *next;
    size_t used, size;
    max_align_t data[];
};

static struct conf_chunk *add_chunk(struct conf_arena *a, size_t size)
{
    size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    struct conf_chunk *c = calloc(1, sizeof *c + room);

    if (!c) {
        a->failed = true;
        return NULL;
    }
    c->size = room;
    c->next = a->chunks;
    a->chunks = c;
    return c;
}

void *conf_alloc(struct conf_arena *a, size_t size)
{
    size_t align = sizeof(max_align_t);
    struct conf_chunk *c = a->chunks;

    size = (size + align - 1) / align * align;
    if (!c || c->size - c->used < size)
        c = add_chunk(a, size);
    if (!c)
        return NULL;
    void *p = (char *)c->data + c->used;
    c->used += size;
    return p;
}

char *conf_text(struct conf_arena *a, struct rt_str s)
{
    char *p = conf_alloc(a, s.n + 1);

    if (p && s.n > 0)
        memcpy(p, s.p, s.n);
    return p;
}

void conf_arena_release(struct conf_arena *a)
{
    while (a->chunks) {
        struct conf_chunk *next = a->chunks->next;
        free(a->chunks);
        a->chunks = next;
    }
}
