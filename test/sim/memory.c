/* Refused memory: the linker sends the gateway's malloc() and its kin here first (the Makefile's
 * --wrap), and libosip2 asks here too. Only the gateway's process is refused any; the fake kernel
 * asks in nobody's name (fake_alloc()).
 */
#include "test/fake/fake.h"
#include "test/fake/refused_memory.h"
#include "test/sim/sim.h"

#include <errno.h>
#include <osipparser2/osip_port.h>

char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t n);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);

static unsigned permille;
static uint64_t seed, asked, refused;
/* What libosip2 had before: the gateway's arena. */
static osip_malloc_func_t *osip_malloc_before;
static osip_realloc_func_t *osip_realloc_before;

/** Whether this one is refused: splitmix64 of the seed and how many were asked for. */
static bool refuse(void)
{
    if (permille == 0 || fake_process_now() != SIM_PROCESS)
        return false;
    uint64_t z = seed + ++asked * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    if ((z ^ z >> 31) % 1000 >= permille)
        return false;
    refused++;
    errno = ENOMEM;
    return true;
}

char *__wrap_strdup(const char *text)
{
    return refuse() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t n)
{
    return refuse() ? NULL : __real_strndup(text, n);
}

static void *osip_asks(size_t size)
{
    return refuse() ? NULL : osip_malloc_before(size);
}

static void *osip_asks_again(void *p, size_t size)
{
    return refuse() ? NULL : osip_realloc_before(p, size);
}

/** Stands before the gateway's own allocator for libosip2. A gateway that is started again puts
 * its own back: so this is done each time that memory begins to be refused. */
static void stand_before_osip(void)
{
    if (osip_malloc_func == osip_asks)
        return;
    osip_malloc_before = osip_malloc_func ? osip_malloc_func : __real_malloc;
    osip_realloc_before = osip_realloc_func ? osip_realloc_func : __real_realloc;
    osip_set_allocators(osip_asks, osip_asks_again, osip_free_func);
}

void sim_memory_fail(unsigned of_a_thousand, uint64_t from)
{
    if (of_a_thousand > 0)
        stand_before_osip();
    permille = of_a_thousand;
    seed = from;
    asked = 0;
}

uint64_t sim_memory_refused(void)
{
    return refused;
}
