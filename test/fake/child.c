/* Processes that are only said to run. Their memory is in this process, where a test may play what
 * they would do. */
#include "fake_priv.h"

#include "gw/rt/child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct rt_child {
    rt_child_fn *ended;
    void *arg;
    struct fake_place owner;
    bool over;
    struct rt_child *prev, *next;
};

static struct rt_child *running, *children;
static unsigned starts, wakes;
static int refused;
static char program[256];
static char fed[4096];

void fake_child_reset(void)
{
    running = NULL;
    children = NULL;
    starts = wakes = 0;
    refused = 0;
    program[0] = '\0';
    fed[0] = '\0';
}

void fake_child_leaks(struct fake_leaks *out)
{
    struct rt_child *c;

    DL_FOREACH(children, c)
    out->children++;
}

void fake_child_kill(unsigned process)
{
    for (struct rt_child *c = children, *next; c; c = next) {
        next = c->next;
        if (c->owner.process == process)
            rt_child_stop(c);
    }
}

void fake_child_program(const char *path)
{
    snprintf(program, sizeof program, "%s", path);
}

void fake_child_refuse(int err)
{
    refused = err;
}

bool fake_child_end(int code, int signo)
{
    struct rt_child *c = running;

    if (!c)
        return false;
    running = NULL;
    c->over = true;
    struct fake_place before = fake_enter(c->owner.process, c->owner.loop);
    c->ended(c->arg, code, signo);
    fake_leave(before);
    return true;
}

unsigned fake_child_starts(void)
{
    return starts;
}

const char *fake_child_fed(void)
{
    return fed;
}

unsigned fake_child_wakes(void)
{
    return wakes;
}

int rt_shared_new(struct rt_shared *s, const char *name, size_t size)
{
    (void)name;
    *s =
        (struct rt_shared){.mem = aligned_alloc(64, (size + 63) / 64 * 64), .size = size, .fd = -1};
    if (!s->mem)
        return ENOMEM;
    memset(s->mem, 0, size);
    return 0;
}

void rt_shared_free(struct rt_shared *s)
{
    free(s->mem);
    memset(s, 0, sizeof *s);
}

void rt_shared_wake(_Atomic uint32_t *word)
{
    (void)word;
    wakes++;
}

static int start(struct rt_child **out, struct rt_loop *loop, const char *path, rt_child_fn *ended,
                 void *arg)
{
    if (refused != 0)
        return refused;
    if (!rt_program_there(path))
        return ENOENT;
    struct rt_child *c = fake_alloc(sizeof *c);
    c->owner = (struct fake_place){fake_process_now(), loop};
    c->ended = ended;
    c->arg = arg;
    running = *out = c;
    DL_APPEND(children, c);
    starts++;
    return 0;
}

int rt_child_start(struct rt_child **out, struct rt_loop *loop, const char *path, char *const *argv,
                   const struct rt_shared *shared, rt_child_fn *ended, void *arg)
{
    (void)argv, (void)shared;
    return start(out, loop, path, ended, arg);
}

int rt_child_feed(struct rt_child **out, struct rt_loop *loop, const char *path, char *const *argv,
                  struct rt_str input, rt_child_fn *ended, void *arg)
{
    (void)argv;
    rt_str_copy(fed, sizeof fed, input);
    return start(out, loop, path, ended, arg);
}

void rt_child_stop(struct rt_child *c)
{
    if (!c)
        return;
    if (running == c)
        running = NULL;
    DL_DELETE(children, c);
    free(c);
}

int rt_child_pid(const struct rt_child *c)
{
    return c->over ? 0 : 4711;
}

bool rt_program_there(const char *path)
{
    return program[0] != '\0' && strcmp(path, program) == 0;
}

int rt_program_beside(char *out, size_t room, const char *name)
{
    return snprintf(out, room, "/usr/bin/%s", name) < (int)room ? 0 : ENAMETOOLONG;
}
