/* Clips: samples with a count of who uses them. */
#include "codec/clip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int clip_new(struct clip **out, const int16_t *pcm, size_t n)
{
    if (n == 0 || n > (SIZE_MAX - sizeof(struct clip)) / sizeof *pcm)
        return EINVAL;
    struct clip *c = malloc(sizeof *c + n * sizeof *pcm);
    if (!c)
        return ENOMEM;
    c->users = 1;
    c->n = n;
    memcpy(c->pcm, pcm, n * sizeof *pcm);
    *out = c;
    return 0;
}

struct clip *clip_hold(struct clip *c)
{
    c->users++;
    return c;
}

void clip_drop(struct clip *c)
{
    if (c && --c->users == 0)
        free(c);
}
