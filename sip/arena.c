/* A bump arena per thread under osip_malloc(); what does not fit comes from malloc(). */
#include "sip/arena.h"

#include <osipparser2/osip_port.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE  (256 * 1024)
#define ARENA_ALIGN 16

/** Before each piece: what realloc has to know. */
struct header {
    size_t size;
    size_t pad;
};

static _Thread_local _Alignas(ARENA_ALIGN) uint8_t arena[ARENA_SIZE];
static _Thread_local size_t used;
static _Thread_local bool active, overflowed;

static bool inside(const void *p)
{
    return (const uint8_t *)p >= arena && (const uint8_t *)p < arena + ARENA_SIZE;
}

static void *arena_malloc(size_t size)
{
    size_t need = sizeof(struct header) + ((size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1));

    if (!active || need > ARENA_SIZE - used) {
        overflowed = true;
        return malloc(size);
    }
    struct header *h = (struct header *)(void *)(arena + used);
    h->size = size;
    used += need;
    return h + 1;
}

static void arena_free(void *p)
{
    if (!inside(p))
        free(p);
}

static void *arena_realloc(void *p, size_t size)
{
    if (!p || !inside(p))
        return p ? realloc(p, size) : arena_malloc(size);
    size_t old = ((struct header *)p - 1)->size;
    void *bigger = arena_malloc(size);
    if (bigger)
        memcpy(bigger, p, old < size ? old : size);
    return bigger;
}

void sip_arena_install(void)
{
    osip_set_allocators(arena_malloc, arena_realloc, arena_free);
}

void sip_arena_begin(void)
{
    used = 0;
    overflowed = false;
    active = true;
}

bool sip_arena_end(void)
{
    active = false;
    return !overflowed;
}
