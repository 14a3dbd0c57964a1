/* A disk that hangs. A callback that hangs stands still in the midst of itself: while a prefix is
 * set, the rounds of threads' loops run in real threads, of which one alone runs at any time; the
 * one that hangs hands over, and gets its turn when the disk answers.
 */
#include "fake_priv.h"

#include "gw/rt/file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct fake_turn {
    pthread_t id;
    void (*fn)(void *arg);
    void *arg;
    enum { RUNS, HANGS, OVER } state;
    struct fake_place place;
    struct rt_file_wait wait;
    struct fake_turn *prev, *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static struct fake_turn *hanging;
static char prefix[64];
static _Thread_local struct fake_turn *mine;

static void hand_over(struct fake_turn *t, int state)
{
    t->state = state;
    pthread_cond_broadcast(&turned);
}

static void *run_turn(void *arg)
{
    mine = arg;
    mine->fn(mine->arg);
    pthread_mutex_lock(&lock);
    hand_over(mine, OVER);
    pthread_mutex_unlock(&lock);
    return NULL;
}

/** Until it hangs or is over. */
static bool await(struct fake_turn *t)
{
    pthread_mutex_lock(&lock);
    while (t->state == RUNS)
        pthread_cond_wait(&turned, &lock);
    pthread_mutex_unlock(&lock);
    if (t->state == HANGS)
        return false;
    pthread_join(t->id, NULL);
    free(t);
    return true;
}

bool fake_hang_armed(void)
{
    return prefix[0] != '\0';
}

bool fake_hang_run(void (*fn)(void *arg), void *arg)
{
    struct fake_turn *t = fake_alloc(sizeof *t);

    t->fn = fn;
    t->arg = arg;
    if (pthread_create(&t->id, NULL, run_turn, t) != 0)
        abort();
    return await(t);
}

bool fake_hangs(const struct rt_loop *loop)
{
    const struct fake_turn *t;

    DL_FOREACH(hanging, t)
    if (t->place.loop == loop)
        return true;
    return false;
}

void fake_hang_here(const char *path)
{
    if (!fake_hang_armed() || strncmp(path, prefix, strlen(prefix)) != 0)
        return;
    if (!mine) {
        fprintf(stderr, "the disk of %s hangs, and who asks is no thread of its own\n", path);
        abort();
    }
    mine->place = fake_enter(0, NULL);
    rt_str_copy(mine->wait.path, sizeof mine->wait.path, rt_str(path));
    mine->wait.since = rt_now();
    pthread_mutex_lock(&lock);
    DL_APPEND(hanging, mine);
    hand_over(mine, HANGS);
    while (mine->state == HANGS)
        pthread_cond_wait(&turned, &lock);
    pthread_mutex_unlock(&lock);
}

/** It goes on where it stood, until it is over. */
static void go_on(struct fake_turn *t)
{
    struct fake_place before = fake_enter(t->place.process, t->place.loop);

    DL_DELETE(hanging, t);
    pthread_mutex_lock(&lock);
    hand_over(t, RUNS);
    pthread_mutex_unlock(&lock);
    (void)await(t);
    fake_leave(before);
}

void fake_disk_hang(const char *path)
{
    rt_str_copy(prefix, sizeof prefix, rt_str(path ? path : ""));
    while (!path && hanging)
        go_on(hanging);
}

unsigned rt_file_waits(struct rt_file_wait *out, unsigned max, rt_time patience)
{
    const struct fake_turn *t;
    unsigned n = 0;

    DL_FOREACH(hanging, t)
    if (n < max && rt_now() - t->wait.since >= patience)
        out[n++] = t->wait;
    return n;
}
