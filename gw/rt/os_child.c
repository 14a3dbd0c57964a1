/* Child processes: posix_spawn, and a descriptor of the process that says when it ends. */
#include "gw/rt/child.h"
#include "gw/rt/os_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/** What the child knows them by. */
#define CHILD_MEMORY 3
#define CHILD_ALIVE  4
#define CHILD_ABOVE  5

struct rt_child {
    pid_t pid; /* 0: it has ended */
    int pidfd, alive;
    struct rt_watch watch;
    rt_child_fn *ended;
    void *arg;
};

/* ---- memory ---- */

int rt_shared_new(struct rt_shared *s, const char *name, size_t size)
{
    int low = memfd_create(name, MFD_CLOEXEC);
    int err = 0;

    *s = (struct rt_shared){.fd = -1, .size = size};
    if (low < 0)
        return errno;
    if (ftruncate(low, (off_t)size) != 0)
        err = errno;
    else if ((s->mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, low, 0)) == MAP_FAILED)
        err = errno;
    if (err != 0) {
        close(low);
        s->mem = NULL;
        return err;
    }
    s->fd = low;
    return 0;
}

void rt_shared_free(struct rt_shared *s)
{
    if (!s->mem)
        return;
    munmap(s->mem, s->size);
    close(s->fd);
    memset(s, 0, sizeof *s);
}

void rt_shared_wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* ---- processes ---- */

/** Where its end cannot be in the way of the numbers that the child has: those are put in place one
 * after the other. */
static int out_of_the_way(int fd)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, CHILD_ABOVE);

    close(fd);
    return high;
}

static int make_pipe(int *theirs, int *ours)
{
    int fd[2];

    if (pipe2(fd, O_CLOEXEC) != 0)
        return errno;
    *theirs = out_of_the_way(fd[0]);
    *ours = fd[1];
    if (*theirs >= 0)
        return 0;
    close(*ours);
    return EMFILE;
}

/** What a child has open; -1: not. */
struct files {
    int input, memory, alive;
};

static int set_files(posix_spawn_file_actions_t *a, const struct files *f)
{
    bool feeds = f->input >= 0;
    int err = posix_spawn_file_actions_addopen(a, 1, "/dev/null", O_RDWR, 0);

    if (err == 0)
        err = posix_spawn_file_actions_adddup2(a, feeds ? f->input : 1, 0);
    if (err == 0 && !feeds)
        err = posix_spawn_file_actions_adddup2(a, f->memory >= 0 ? f->memory : 1, CHILD_MEMORY);
    if (err == 0 && !feeds)
        err = posix_spawn_file_actions_adddup2(a, f->alive, CHILD_ALIVE);
    return err != 0
               ? err
               : posix_spawn_file_actions_addclosefrom_np(a, feeds ? CHILD_MEMORY : CHILD_ABOVE);
}

/** No signals of ours, an ordinary priority. */
static int set_attributes(posix_spawnattr_t *a)
{
    const struct sched_param ordinary = {.sched_priority = 0};
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(a, &none);
    posix_spawnattr_setsigdefault(a, &all);
    posix_spawnattr_setschedpolicy(a, SCHED_OTHER);
    posix_spawnattr_setschedparam(a, &ordinary);
    return posix_spawnattr_setflags(a, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                           POSIX_SPAWN_SETSCHEDULER);
}

/** What a child has of our environment, and nothing else: where secrets are (gw/rt/os_file.c), and
 * whether the journal reads standard error (os_log.c). */
static const char *const kept[] = {"CREDENTIALS_DIRECTORY", "JOURNAL_STREAM"};

struct environment {
    char room[RT_COUNT(kept)][PATH_MAX];
    char *list[RT_COUNT(kept) + 1];
};

static char *const *environment_of(struct environment *e)
{
    size_t n = 0;

    for (size_t i = 0; i < RT_COUNT(kept); i++) {
        const char *value = getenv(kept[i]);
        if (value && snprintf(e->room[n], PATH_MAX, "%s=%s", kept[i], value) < PATH_MAX) {
            e->list[n] = e->room[n];
            n++;
        }
    }
    e->list[n] = NULL;
    return e->list;
}

static int spawn(pid_t *pid, const char *path, char *const *argv, const struct files *f)
{
    struct environment kept_of_ours;
    char *const *environment = environment_of(&kept_of_ours);
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;

    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    int err = set_files(&files, f);
    if (err == 0)
        err = set_attributes(&attributes);
    if (err == 0)
        err = posix_spawn(pid, path, &files, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return err;
}

static void forget(struct rt_child *c)
{
    c->pid = 0;
    rt_watch_stop(&c->watch);
    close(c->pidfd);
    if (c->alive >= 0)
        close(c->alive);
}

/** Waits for a process that has ended, or is about to. */
static int reap(struct rt_child *c)
{
    int status = 0;

    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    forget(c);
    return status;
}

static void on_end(void *arg, uint32_t events)
{
    struct rt_child *c = arg;
    int status = reap(c);

    (void)events;
    c->ended(c->arg, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
             WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static int watch(struct rt_child *c, struct rt_loop *loop)
{
    c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
    if (c->pidfd < 0)
        return errno;
    return rt_watch_start(&c->watch, loop, c->pidfd, EPOLLIN, on_end, c);
}

/** Starts it with these files, which stay the caller's. */
static int start(struct rt_child **out, struct rt_loop *loop, const char *path, char *const *argv,
                 const struct files *f, struct rt_child *c)
{
    int err = spawn(&c->pid, path, argv, f);

    if (err != 0) {
        if (c->alive >= 0)
            close(c->alive);
        free(c);
        return err;
    }
    err = watch(c, loop);
    if (err != 0)
        rt_child_stop(c);
    else
        *out = c;
    return err;
}

int rt_child_start(struct rt_child **out, struct rt_loop *loop, const char *path, char *const *argv,
                   const struct rt_shared *shared, rt_child_fn *ended, void *arg)
{
    struct rt_child *c = calloc(1, sizeof *c);
    struct files f = {.input = -1, .memory = -1};

    if (!c)
        return ENOMEM;
    c->ended = ended;
    c->arg = arg;
    int err = make_pipe(&f.alive, &c->alive);
    if (err != 0) {
        free(c);
        return err;
    }
    if (shared)
        f.memory = fcntl(shared->fd, F_DUPFD_CLOEXEC, CHILD_ABOVE);
    if (shared && f.memory < 0) {
        err = errno;
        close(c->alive);
        free(c);
    } else {
        err = start(out, loop, path, argv, &f, c);
        if (shared)
            close(f.memory);
    }
    close(f.alive);
    return err;
}

/** A file in memory with the text, to be read from its start; negative: an errno. */
static int text_file(struct rt_str text)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    size_t done = 0;

    if (fd < 0 || (fd = out_of_the_way(fd)) < 0)
        return -errno;
    while (done < text.n) {
        ssize_t n = pwrite(fd, text.p + done, text.n - done, (off_t)done);
        if (n <= 0) {
            int err = n < 0 ? errno : ENOSPC;
            close(fd);
            return -err;
        }
        done += (size_t)n;
    }
    return fd;
}

int rt_child_feed(struct rt_child **out, struct rt_loop *loop, const char *path, char *const *argv,
                  struct rt_str input, rt_child_fn *ended, void *arg)
{
    struct rt_child *c = calloc(1, sizeof *c);
    struct files f = {.memory = -1, .alive = -1};

    if (!c)
        return ENOMEM;
    c->ended = ended;
    c->arg = arg;
    c->alive = -1;
    f.input = text_file(input);
    if (f.input < 0) {
        free(c);
        return -f.input;
    }
    int err = start(out, loop, path, argv, &f, c);
    close(f.input);
    return err;
}

/** One that was killed ends at once, unless a disk holds it that does not answer: then it is not
 * waited for, and the kernel keeps its number until we end. */
#define KILLED_MS 1000

static void await_killed(const struct rt_child *c)
{
    struct pollfd ended = {.fd = c->pidfd, .events = POLLIN};

    while (poll(&ended, 1, KILLED_MS) < 0 && errno == EINTR)
        continue;
    (void)waitpid(c->pid, NULL, WNOHANG);
}

void rt_child_stop(struct rt_child *c)
{
    if (!c)
        return;
    if (c->pid > 0) {
        kill(c->pid, SIGKILL);
        await_killed(c);
        forget(c);
    }
    free(c);
}

int rt_child_pid(const struct rt_child *c)
{
    return c->pid;
}

/* ---- programs ---- */

bool rt_program_there(const char *path)
{
    return access(path, X_OK) == 0;
}

int rt_program_beside(char *out, size_t room, const char *name)
{
    char own[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);

    if (n < 0)
        return errno;
    own[n] = '\0';
    char *slash = strrchr(own, '/');
    *slash = '\0';
    return snprintf(out, room, "%s/%s", own, name) < (int)room ? 0 : ENAMETOOLONG;
}
