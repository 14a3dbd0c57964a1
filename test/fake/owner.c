/* Who owns what: the fake kernel's processes, who stands still, how one dies. All of them are in
 * this one program; what keeps them apart is the owner that each thing carries. */
#include "fake_priv.h"

#include "gw/rt/buf.h"

#include <stdlib.h>
#include <string.h>

static struct fake_place here;
static rt_time stalled[FAKE_PROCESSES]; /* until when */

static void check_id(unsigned id)
{
    if (id >= FAKE_PROCESSES)
        abort();
}

unsigned fake_process(unsigned id)
{
    unsigned before = here.process;

    check_id(id);
    here.process = id;
    return before;
}

unsigned fake_process_now(void)
{
    return here.process;
}

struct rt_loop *fake_loop_now(void)
{
    return here.loop;
}

struct fake_place fake_enter(unsigned process, struct rt_loop *loop)
{
    struct fake_place before = here;

    here = (struct fake_place){process, loop};
    return before;
}

void fake_leave(struct fake_place before)
{
    here = before;
}

void fake_place_forget(const struct rt_loop *loop)
{
    if (here.loop == loop)
        here.loop = NULL;
}

rt_time fake_stalled_until(unsigned process, const struct rt_loop *loop)
{
    if (loop && fake_hangs(loop))
        return INT64_MAX;
    rt_time alone = loop ? fake_loop_stalled_until(loop) : 0;
    rt_time until = stalled[process] > alone ? stalled[process] : alone;

    return until > rt_now() ? until : 0;
}

void fake_process_stall(unsigned id, rt_time d)
{
    check_id(id);
    if (stalled[id] < rt_now() + d)
        stalled[id] = rt_now() + d;
}

void fake_process_kill(unsigned id)
{
    check_id(id);
    if (here.loop && here.process == id)
        abort();         /* it would return into what is gone */
    fake_dahdi_kill(id); /* before the loops that they are watched from */
    fake_net_kill(id);
    fake_files_kill(id);
    fake_child_kill(id);
    fake_http_kill(id);
    fake_loops_kill(id);
    stalled[id] = 0;
}

void fake_owner_reset(void)
{
    here = (struct fake_place){0};
    memset(stalled, 0, sizeof stalled);
}

/* ---- the kernel's own memory: nobody's, and never refused ---- */

void *fake_alloc(size_t size)
{
    unsigned before = fake_process(0);
    void *p = malloc(size); /* calloc() would not take what was freed last, and the heap grows */

    if (!p)
        abort();
    here.process = before;
    return memset(p, 0, size);
}

char *fake_dup(const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(fake_alloc(n), text, n);
}

void fake_put(struct rt_buf *out, const void *p, size_t len)
{
    unsigned before = fake_process(0);

    rt_buf_put(out, p, len);
    here.process = before;
}
