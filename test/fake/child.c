/* Processes that are only said to run. Their memory is in this process, where a test may play what
 * they would do. */
#include "fake_priv.h"

#include "gw/rt/child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rt_child {
    rt_child_fn *ended;
    void *arg;
    bool over;
};

static struct rt_child *running;
static unsigned handles, starts, wakes;
static int refused;
static char program[256];
static char fed[4096];

void fake_child_reset(void)
{
    running = NULL;
    handles = starts = wakes = 0;
    refused = 0;
    program[0] = '\0';
    fed[0] = '\0';
}

void fake_child_leaks(struct fake_leaks *out)
{
    out->children = handles;
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
    c->ended(c->arg, code, signo);
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

static int start(struct rt_child **out, const char *path, rt_child_fn *ended, void *arg)
{
    if (refused != 0)
        return refused;
    if (!rt_program_there(path))
        return ENOENT;
    struct rt_child *c = calloc(1, sizeof *c);
    if (!c)
        return ENOMEM;
    c->ended = ended;
    c->arg = arg;
    running = *out = c;
    handles++;
    starts++;
    return 0;
}

int rt_child_start(struct rt_child **out, struct rt_loop *loop, const char *path, char *const *argv,
                   const struct rt_shared *shared, rt_child_fn *ended, void *arg)
{
    (void)loop, (void)argv, (void)shared;
    return start(out, path, ended, arg);
}

int rt_child_feed(struct rt_child **out, struct rt_loop *loop, const char *path, char *const *argv,
                  struct rt_str input, rt_child_fn *ended, void *arg)
{
    (void)loop, (void)argv;
    rt_str_copy(fed, sizeof fed, input);
    return start(out, path, ended, arg);
}

void rt_child_stop(struct rt_child *c)
{
    if (!c)
        return;
    if (running == c)
        running = NULL;
    handles--;
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
