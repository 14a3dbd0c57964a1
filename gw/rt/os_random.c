/* The kernel's random numbers, fetched in blocks: a call needs a handful. One pool per thread. */
#include "gw/rt/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static _Thread_local unsigned char pool[256];
static _Thread_local size_t left;

static void refill(void)
{
    while (getrandom(pool, sizeof pool, 0) != (ssize_t)sizeof pool)
        if (errno != EINTR)
            abort(); /* a kernel without random numbers cannot make unguessable tags */
    left = sizeof pool;
}

void rt_random_bytes(void *out, size_t len)
{
    unsigned char *p = out;

    while (len > 0) {
        if (left == 0)
            refill();
        size_t n = len < left ? len : left;
        memcpy(p, pool + sizeof pool - left, n);
        left -= n;
        p += n;
        len -= n;
    }
}
