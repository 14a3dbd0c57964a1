/* The loop on epoll, an eventfd to wake it, threads to run it in, and signals as callbacks. */
#include "gw/rt/loop_priv.h"
#include "gw/rt/os_loop.h"
#include "gw/rt/os_process.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utlist.h>

#define BATCH   64
#define TO_WAKE 16
/** A loop that wakes by its own timer within this long is not woken for a message: a wake-up costs
 * more than most messages. */
#define SOON RT_MS

struct os_loop {
    struct rt_loop core;
    int epoll, event;
    atomic_bool sleeping, stop;
    _Atomic rt_time wakes_at;         /* while sleeping */
    struct os_loop *to_wake[TO_WAKE]; /* the loops that this round sent messages to */
    unsigned nto_wake;
    struct epoll_event batch[BATCH];
    int nbatch, at; /* events being dispatched */
    atomic_uint rounds;
};

/** The loop that this thread runs, if any. */
static _Thread_local struct os_loop *running;

static struct os_loop *os(struct rt_loop *l)
{
    return (struct os_loop *)l;
}

int rt_loop_new(struct rt_loop **out, const char *name)
{
    struct os_loop *l = calloc(1, sizeof *l);

    if (!l)
        return ENOMEM;
    rt_loop_core_init(&l->core, name, rt_now());
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
    if (l->epoll < 0 || l->event < 0 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->event, &ev) != 0) {
        int err = errno;
        rt_loop_free(&l->core);
        return err;
    }
    *out = &l->core;
    return 0;
}

/** A loop freed in the round that spoke to it is not woken any more. */
static void forget(struct os_loop *gone)
{
    for (unsigned i = 0; running && i < running->nto_wake; i++)
        if (running->to_wake[i] == gone)
            running->to_wake[i--] = running->to_wake[--running->nto_wake];
}

void rt_loop_free(struct rt_loop *loop)
{
    if (!loop)
        return;
    forget(os(loop));
    close(os(loop)->epoll);
    close(os(loop)->event);
    free(loop);
}

/* ---- descriptors ---- */

int rt_watch_start(struct rt_watch *w, struct rt_loop *loop, int fd, uint32_t events,
                   rt_watch_fn *fn, void *arg)
{
    struct epoll_event ev = {.events = events, .data.ptr = w};

    if (epoll_ctl(os(loop)->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
        return errno;
    *w = (struct rt_watch){.fd = fd, .fn = fn, .arg = arg, .loop = loop};
    return 0;
}

int rt_watch_events(struct rt_watch *w, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.ptr = w};
    return epoll_ctl(os(w->loop)->epoll, EPOLL_CTL_MOD, w->fd, &ev) == 0 ? 0 : errno;
}

void rt_watch_stop(struct rt_watch *w)
{
    if (!w->loop)
        return;
    struct os_loop *l = os(w->loop);
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    for (int i = l->at + 1; i < l->nbatch; i++)
        if (l->batch[i].data.ptr == w)
            l->batch[i].data.ptr = NULL;
    w->loop = NULL;
}

/* ---- running ---- */

static void wake_now(struct os_loop *l)
{
    uint64_t one = 1;

    /* pairs with the fence in sleep_until(): either we see it asleep, or it sees our message */
    atomic_thread_fence(memory_order_seq_cst);
    if (!atomic_load_explicit(&l->sleeping, memory_order_acquire) ||
        atomic_load_explicit(&l->wakes_at, memory_order_relaxed) - rt_now() <= SOON)
        return;
    if (atomic_exchange(&l->sleeping, false) && write(l->event, &one, sizeof one) < 0)
        return; /* EAGAIN: it is being woken already */
}

/** What one round says to another loop needs one wake-up, when the round is over. */
void rt_loop_wake(struct rt_loop *loop)
{
    struct os_loop *l = os(loop), *me = running;

    if (!me || me->nto_wake == TO_WAKE) {
        wake_now(l);
        return;
    }
    for (unsigned i = 0; i < me->nto_wake; i++)
        if (me->to_wake[i] == l)
            return;
    me->to_wake[me->nto_wake++] = l;
}

static void wake_others(struct os_loop *l)
{
    for (unsigned i = 0; i < l->nto_wake; i++)
        wake_now(l->to_wake[i]);
    l->nto_wake = 0;
}

void rt_loop_stop(struct rt_loop *loop)
{
    uint64_t one = 1;

    atomic_store(&os(loop)->stop, true);
    if (write(os(loop)->event, &one, sizeof one) < 0)
        return; /* EAGAIN: it is being woken already */
}

static struct timespec to_timespec(rt_time t)
{
    return (struct timespec){.tv_sec = t / RT_S, .tv_nsec = t % RT_S * 1000};
}

/** Waits for descriptors until `due`; what came is in the batch. */
static int sleep_until(struct os_loop *l, rt_time due)
{
    rt_time left = due == INT64_MAX ? 3600 * RT_S : due - rt_now();

    wake_others(l);
    atomic_store_explicit(&l->wakes_at, due, memory_order_relaxed);
    atomic_store_explicit(&l->sleeping, true, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    if (left < 0 || rt_chans_pending(&l->core))
        left = 0;
    struct timespec ts = to_timespec(left);
    int n = epoll_pwait2(l->epoll, l->batch, BATCH, &ts, NULL);
    atomic_store_explicit(&l->sleeping, false, memory_order_relaxed);
    l->nbatch = n > 0 ? n : 0;
    return n < 0 && errno != EINTR ? errno : 0;
}

static void dispatch(struct os_loop *l)
{
    for (l->at = 0; l->at < l->nbatch; l->at++) {
        struct epoll_event *ev = &l->batch[l->at];
        struct rt_watch *w = ev->data.ptr;
        uint64_t drained;
        if (w)
            w->fn(w->arg, ev->events);
        else if (read(l->event, &drained, sizeof drained) < 0)
            continue; /* a watch stopped in this batch, or the wake-up was taken already */
    }
    l->nbatch = 0;
}

int rt_loop_run(struct rt_loop *loop)
{
    struct os_loop *l = os(loop);
    int err = 0;

    running = l;
    while (err == 0 && !atomic_load(&l->stop)) {
        unsigned rounds = atomic_load_explicit(&l->rounds, memory_order_relaxed);
        atomic_store_explicit(&l->rounds, rounds + 1, memory_order_relaxed);
        rt_loop_core_round(loop, rt_now());
        if (atomic_load(&l->stop))
            break;
        err = sleep_until(l, rt_loop_core_next(loop));
        loop->now = rt_now();
        dispatch(l);
    }
    rt_loop_core_deferred(loop); /* what the last callback has closed is freed */
    wake_others(l);
    running = NULL;
    atomic_store(&l->stop, false);
    return err;
}

/* ---- threads ---- */

struct rt_thread {
    pthread_t id;
    struct rt_loop *loop;
    rt_timer_fn *last; /* when the loop has ended; set before it is told to */
    void *arg;
    enum rt_thread_for what;
    bool asked;
    unsigned rounds; /* when it was asked to come round */
    rt_time since;   /* and when that was */
    bool over;       /* it has done all; under the lock */
    struct rt_thread *prev, *next;
};

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t one_is_over = PTHREAD_COND_INITIALIZER;
static struct rt_thread *list;
static void (*begins)(void);

void rt_thread_begins(void (*fn)(void))
{
    begins = fn;
}

static void *run_thread(void *arg)
{
    struct rt_thread *t = arg;

    prctl(PR_SET_NAME, t->loop->name);
    prctl(PR_SET_TIMERSLACK, 1000UL); /* ns: a span ticks each millisecond */
    if (begins)
        begins();
    rt_loop_run(t->loop);
    if (t->last)
        t->last(t->arg);
    pthread_mutex_lock(&list_lock);
    t->over = true;
    pthread_cond_broadcast(&one_is_over);
    pthread_mutex_unlock(&list_lock);
    return NULL;
}

int rt_thread_start(struct rt_thread **out, struct rt_loop *loop)
{
    struct rt_thread *t = calloc(1, sizeof *t);
    static const int own[] = {SIGXCPU, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    sigset_t all, old;

    if (!t)
        return ENOMEM;
    t->loop = loop;
    /* signals are the main loop's; these are the thread's that causes them (os_realtime.c,
     * os_crash.c) */
    sigfillset(&all);
    for (size_t i = 0; i < RT_COUNT(own); i++)
        sigdelset(&all, own[i]);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int err = pthread_create(&t->id, NULL, run_thread, t);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (err != 0) {
        free(t);
        return err;
    }
    pthread_mutex_lock(&list_lock);
    DL_APPEND(list, t);
    pthread_mutex_unlock(&list_lock);
    *out = t;
    return 0;
}

pthread_t rt_thread_id(const struct rt_thread *t)
{
    return t->id;
}

/** Nobody looks at it any more, and it ends. */
static void tell_to_end(struct rt_thread *t)
{
    pthread_mutex_lock(&list_lock);
    DL_DELETE(list, t);
    pthread_mutex_unlock(&list_lock);
    rt_loop_stop(t->loop);
}

void rt_thread_stop(struct rt_thread *t)
{
    if (!t)
        return;
    tell_to_end(t);
    pthread_join(t->id, NULL);
    free(t);
}

/* ---- threads that may wait for a disk ---- */

/** A thread is given so long when the time for all is over: the one before may have used it up. */
#define AT_LEAST RT_S

static _Atomic rt_time end_by = INT64_MAX;
static atomic_uint left;

void rt_threads_end_by(rt_time at)
{
    atomic_store(&end_by, at);
}

unsigned rt_threads_left(void)
{
    return atomic_load(&left);
}

/** As pthread_clockjoin_np() does, of which the thread sanitizer knows nothing. */
static int join_until(struct rt_thread *t, rt_time at)
{
    struct timespec ts = to_timespec(at);
    int err = 0;

    pthread_mutex_lock(&list_lock);
    while (at != INT64_MAX && !t->over && err == 0)
        err = pthread_cond_clockwait(&one_is_over, &list_lock, CLOCK_MONOTONIC, &ts);
    if (t->over)
        err = 0;
    pthread_mutex_unlock(&list_lock);
    return err != 0 ? err : pthread_join(t->id, NULL);
}

int rt_thread_finish(struct rt_thread *t, rt_timer_fn *last, void *arg)
{
    rt_time until = atomic_load(&end_by);

    if (!t)
        return 0;
    t->last = last;
    t->arg = arg;
    tell_to_end(t);
    if (until < rt_now() + AT_LEAST)
        until = rt_now() + AT_LEAST;
    if (join_until(t, until) != 0) {
        atomic_fetch_add(&left, 1);
        return ETIMEDOUT;
    }
    free(t);
    return 0;
}

void rt_thread_for(struct rt_thread *t, enum rt_thread_for what)
{
    t->what = what;
}

bool rt_thread_stuck(struct rt_thread *t, rt_time patience)
{
    struct os_loop *l = os(t->loop);
    unsigned rounds = atomic_load_explicit(&l->rounds, memory_order_relaxed);
    rt_time now = rt_now();
    uint64_t one = 1;

    if (t->asked && rounds == t->rounds)
        return now - t->since >= patience;
    t->asked = true;
    t->rounds = rounds;
    t->since = now;
    if (write(l->event, &one, sizeof one) < 0)
        return false; /* EAGAIN: it is being woken already */
    return false;
}

const char *rt_threads_stuck(enum rt_thread_for what, rt_time patience)
{
    const char *stuck = NULL;

    pthread_mutex_lock(&list_lock);
    for (struct rt_thread *t = list; t; t = t->next)
        if (t->what == what && rt_thread_stuck(t, patience))
            stuck = t->loop->name;
    pthread_mutex_unlock(&list_lock);
    return stuck;
}

/* ---- signals ---- */

struct signal_watch {
    struct rt_watch watch;
    rt_signal_fn *fn;
    void *arg;
};

static void on_signal(void *arg, uint32_t events)
{
    struct signal_watch *s = arg;
    struct signalfd_siginfo info;

    (void)events;
    if (read(s->watch.fd, &info, sizeof info) == (ssize_t)sizeof info)
        s->fn(s->arg, (int)info.ssi_signo);
}

int rt_signal_watch(struct rt_loop *loop, int signo, rt_signal_fn *fn, void *arg)
{
    struct signal_watch *s = calloc(1, sizeof *s); /* lives as long as the process */
    sigset_t set;

    if (!s)
        return ENOMEM;
    sigemptyset(&set);
    sigaddset(&set, signo);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    s->fn = fn;
    s->arg = arg;
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    int err = fd < 0 ? errno : rt_watch_start(&s->watch, loop, fd, EPOLLIN, on_signal, s);
    if (err != 0) {
        if (fd >= 0)
            close(fd);
        free(s);
    }
    return err;
}
