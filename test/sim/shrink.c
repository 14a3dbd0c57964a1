/* A run in a process of its own, so that a crash is one more thing that can go wrong; and a failing
 * run made as short as it still fails in the same way (ddmin over its operations: Zeller and
 * Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
 */
#include "test/sim/engine.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRIES_MAX   200
#define SECONDS_MAX 120
/** CPU time of one run. */
#define RUN_SECONDS 1800

static void report(const struct sim *s, int fd)
{
    struct sim_outcome o = {.digest = s->digest, .messages = s->messages};

    memcpy(o.failure, s->failure, sizeof o.failure);
    for (unsigned k = 0; k < SIM_OP_KINDS; k++)
        o.faults += s->injected[k];
    if (s->checks) {
        o.calls = s->checks->done;
        o.answered = s->checks->answered;
        o.disturbed = s->checks->disturbed;
        o.talked = s->checks->talked;
    }
    o.simulated = rt_now() - s->began;
    for (size_t at = 0; at < sizeof o;) {
        ssize_t n = write(fd, (const char *)&o + at, sizeof o - at);
        if (n <= 0)
            _exit(3);
        at += (size_t)n;
    }
    _exit(0); /* memory of killed processes stays lost: nothing is freed */
}

static void be_child(struct sim *s, int fd)
{
    struct rlimit cpu = {RUN_SECONDS, RUN_SECONDS + 1};

    setrlimit(RLIMIT_CPU, &cpu);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* who stops the parent stops the run */
    sim_run(s);
    report(s, fd);
}

static bool read_all(int fd, struct sim_outcome *out)
{
    for (size_t at = 0; at < sizeof *out;) {
        ssize_t n = read(fd, (char *)out + at, sizeof *out - at);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

void sim_run_apart(struct sim *s, struct sim_outcome *out)
{
    int fd[2], status = 0;

    *out = (struct sim_outcome){.digest = 0};
    fflush(NULL);
    if (pipe(fd) != 0) {
        snprintf(out->failure, sizeof out->failure, "alive: no pipe");
        return;
    }
    pid_t child = fork();
    if (child == 0)
        be_child(s, fd[1]);
    close(fd[1]);
    bool told = child > 0 && read_all(fd[0], out);
    close(fd[0]);
    if (child > 0)
        waitpid(child, &status, 0);
    if (!told)
        snprintf(out->failure, sizeof out->failure, "alive: the run ended by signal %d",
                 WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status));
}

/* ---- shrinking ---- */

struct shrinking {
    struct sim *s;
    char name[64]; /**< of what goes wrong */
    unsigned tries;
    time_t until;
};

static void name_of(char *out, size_t cap, const char *failure)
{
    struct rt_str rest = rt_str(failure);

    rt_str_copy(out, cap, rt_str_cut(&rest, ':'));
}

/** Whether it still goes wrong with these operations alone. */
static bool fails_with(struct shrinking *k, struct sim_op *op, unsigned n)
{
    struct sim copy = *k->s;
    struct sim_outcome o;
    char name[sizeof k->name];

    copy.op = op;
    copy.nops = n;
    k->tries++;
    sim_run_apart(&copy, &o);
    name_of(name, sizeof name, o.failure);
    return strcmp(name, k->name) == 0;
}

static bool worn_out(const struct shrinking *k)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return k->tries >= TRIES_MAX || now.tv_sec > k->until;
}

/** Leaves out one of `parts` pieces, if it goes wrong without it. */
static bool leave_out(struct shrinking *k, unsigned parts, struct sim_op *room)
{
    struct sim *s = k->s;

    for (unsigned i = 0; i < parts && !worn_out(k); i++) {
        unsigned from = (unsigned)((uint64_t)s->nops * i / parts);
        unsigned to = (unsigned)((uint64_t)s->nops * (i + 1) / parts), n = s->nops - (to - from);
        memcpy(room, s->op, from * sizeof *room);
        memcpy(room + from, s->op + to, (s->nops - to) * sizeof *room);
        if (to == from || !fails_with(k, room, n))
            continue;
        memcpy(s->op, room, n * sizeof *room);
        s->nops = n;
        return true;
    }
    return false;
}

/** What comes after the failure has nothing to do with it. */
static void cut_tail(struct shrinking *k, const char *failure)
{
    double at;
    const char *plus = strchr(failure, '+');
    unsigned n = k->s->nops;

    if (!plus || sscanf(plus + 1, "%lf", &at) != 1)
        return;
    while (n > 0 && (double)k->s->op[n - 1].at / (double)RT_S > at)
        n--;
    if (n < k->s->nops && fails_with(k, k->s->op, n))
        k->s->nops = n;
}

void sim_shrink(struct sim *s, const char *failure)
{
    struct shrinking k = {.s = s};
    struct sim_op *room = calloc(s->nops + 1, sizeof *room);
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    k.until = now.tv_sec + SECONDS_MAX;
    name_of(k.name, sizeof k.name, failure);
    cut_tail(&k, failure);
    for (unsigned parts = 2; room && s->nops > 1 && !worn_out(&k);) {
        if (leave_out(&k, parts, room))
            parts = parts > 2 ? parts - 1 : 2;
        else if (parts >= s->nops)
            break;
        else
            parts = parts * 2 < s->nops ? parts * 2 : s->nops;
    }
    free(room);
}
