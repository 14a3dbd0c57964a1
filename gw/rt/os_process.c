/* Users, capabilities, limits and the supervisor, of the Linux kernel.
 *
 * The user is changed first of all, with the few capabilities kept that starting needs: so every
 * file is made by whom it will be written later, and what that user may not write shows at once.
 * What root alone may raise, limits of priority and of locked memory, is raised before.
 */
#include "gw/rt/log.h"
#include "gw/rt/os_loop.h"
#include "gw/rt/os_process.h"
#include "gw/rt/realtime.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* of Linux 6.3, which Debian 12's headers are older than */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

/** core(5): the headers of mapped files alone, which name each build. */
#define CORE_HEADERS "0x10"

/** What starting needs, and nothing after it. */
static const cap_value_t starting[] = {CAP_NET_BIND_SERVICE, CAP_DAC_READ_SEARCH};

/* ---- who ---- */

struct identity {
    char name[64];
    uid_t uid;
    gid_t gid;
};

/** Who is wanted; ENOENT: there is no such user or group. */
static int look_up(struct identity *out, const struct rt_process *want, struct rt_buf *why)
{
    const struct passwd *user = want->user ? getpwnam(want->user) : getpwuid(geteuid());

    if (!user && want->user) {
        rt_buf_printf(why, "process: there is no user \"%s\"", want->user);
        return ENOENT;
    }
    snprintf(out->name, sizeof out->name, "%s", user ? user->pw_name : "");
    out->uid = user ? user->pw_uid : geteuid();
    out->gid = user && want->user ? user->pw_gid : getegid();
    if (!want->group)
        return 0;
    const struct group *group = getgrnam(want->group);
    if (!group) {
        rt_buf_printf(why, "process: there is no group \"%s\"", want->group);
        return ENOENT;
    }
    out->gid = group->gr_gid;
    return 0;
}

int rt_process_give(const struct rt_process *want, const char *path)
{
    struct identity id;
    struct rt_buf why = {0};
    int err = look_up(&id, want, &why);

    rt_buf_release(&why);
    if (err == 0 && geteuid() == 0 && lchown(path, id.uid, id.gid) != 0)
        err = errno;
    return err;
}

/* ---- capabilities ---- */

/** Has these `n` and no others; none of them passes to programs. */
static int set_capabilities(const cap_value_t *list, int n)
{
    cap_t caps = cap_init();
    int err = caps ? 0 : ENOMEM;

    if (err == 0 && n > 0 &&
        (cap_set_flag(caps, CAP_PERMITTED, n, list, CAP_SET) != 0 ||
         cap_set_flag(caps, CAP_EFFECTIVE, n, list, CAP_SET) != 0))
        err = errno;
    if (err == 0 && cap_set_proc(caps) != 0)
        err = errno;
    cap_free(caps);
    return err;
}

/** Those of `starting` that there are: a service may have been started with some, or with none. */
static int keep_for_start(void)
{
    cap_value_t kept[RT_COUNT(starting)];
    cap_flag_value_t has;
    int n = 0;
    cap_t now = cap_get_proc();

    if (!now)
        return errno;
    for (size_t i = 0; i < RT_COUNT(starting); i++)
        if (cap_get_flag(now, starting[i], CAP_PERMITTED, &has) == 0 && has == CAP_SET)
            kept[n++] = starting[i];
    cap_free(now);
    cap_reset_ambient();
    return set_capabilities(kept, n);
}

/** What a program could gain again by its file is taken from all that come after; without
 * CAP_SETPCAP that is left to no_new_privs. */
static void drop_bounds(void)
{
    for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++)
        if (cap_drop_bound(cap) != 0)
            return;
}

/** A thread needs nothing that root's would give. */
static void begin_thread(void)
{
    rt_crash_thread();
    if (geteuid() != 0)
        (void)set_capabilities(NULL, 0);
}

/* ---- becoming it ---- */

/** What the kernel grants by capability to root, as limits. Memory that is locked as it is asked
 * for has no bound, or what is asked for later would be refused. */
static void raise_limits(void)
{
    const struct rlimit priority = {RT_REALTIME_PRIORITY, RT_REALTIME_PRIORITY};
    const struct rlimit memory = {RLIM_INFINITY, RLIM_INFINITY};

    (void)setrlimit(RLIMIT_RTPRIO, &priority); /* a refusal is told where it matters */
    (void)setrlimit(RLIMIT_MEMLOCK, &memory);
}

static int become(const struct identity *id, struct rt_buf *why)
{
    int err = 0;

    if (id->uid == geteuid() && id->gid == getegid())
        return 0;
    raise_limits();
    drop_bounds();
    if (prctl(PR_SET_KEEPCAPS, 1L) != 0 || initgroups(id->name, id->gid) != 0 ||
        setresgid(id->gid, id->gid, id->gid) != 0 || setresuid(id->uid, id->uid, id->uid) != 0)
        err = errno;
    if (err != 0)
        rt_buf_printf(why, "process: cannot become user \"%s\": %s", id->name, strerror(err));
    return err;
}

/* ---- memory, cores ---- */

static int set_core(enum rt_core core)
{
    const struct rlimit none = {0, 0};
    int fd, err = 0;

    if (core == RT_CORE_OFF)
        return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0L) == 0 ? 0 : errno;
    if (prctl(PR_SET_DUMPABLE, 1L) != 0) /* a change of user took it */
        return errno;
    if (core == RT_CORE_FULL)
        return 0;
    fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, CORE_HEADERS, strlen(CORE_HEADERS)) < 0)
        err = errno;
    if (fd >= 0)
        close(fd);
    return err;
}

/** Where the kernel is too old for it, the list of system calls does the same. */
static void refuse_code(void)
{
    (void)prctl(PR_SET_MDWE, (long)PR_MDWE_REFUSE_EXEC_GAIN, 0L, 0L, 0L);
}

static int open_crash(const char *path, int *fd, struct rt_buf *why)
{
    *fd = -1;
    if (!path)
        return 0;
    *fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return 0;
    int err = errno;
    rt_buf_printf(why, "process: crash %s: %s", path, strerror(err));
    return err;
}

static int harden(const struct rt_process *want, struct rt_buf *why)
{
    int crash, err = prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0 ? 0 : errno;

    refuse_code();
    if (err == 0)
        err = set_core(want->core);
    if (err != 0) {
        rt_buf_printf(why, "process: %s", strerror(err));
        return err;
    }
    err = open_crash(want->crash, &crash, why);
    return err != 0 ? err : rt_crash_install(want->version, crash);
}

int rt_process_enter(const struct rt_process *want, struct rt_buf *why)
{
    struct identity id;
    int err = look_up(&id, want, why);

    if (err == 0)
        err = become(&id, why);
    if (err == 0 && geteuid() != 0 && (err = keep_for_start()) != 0)
        rt_buf_printf(why, "process: capabilities: %s", strerror(err));
    if (err == 0)
        err = harden(want, why);
    if (err == 0)
        rt_thread_begins(begin_thread);
    return err;
}

int rt_process_confine(const struct rt_process *want, struct rt_buf *why)
{
    int err = geteuid() != 0 ? set_capabilities(NULL, 0) : 0;

    if (err == 0)
        err = rt_seccomp_load(want->seccomp);
    if (err != 0)
        rt_buf_printf(why, "process: seccomp: %s", strerror(err));
    else if (want->seccomp == RT_SECCOMP_OFF)
        rt_log(RT_LOG_RT, RT_INFO, "process: user %u, any system call", (unsigned)geteuid());
    else
        rt_log(RT_LOG_RT, RT_INFO, "process: user %u, %u system calls %s", (unsigned)geteuid(),
               rt_seccomp_size(),
               want->seccomp == RT_SECCOMP_LOG ? "allowed, others logged" : "allowed");
    return err;
}

/* ---- files ---- */

int rt_process_reads(const char *path)
{
    return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 ? 0 : errno;
}

int rt_process_writes(const char *path)
{
    char *folder = rt_str_dup(rt_str(path));
    int err = !folder ? ENOMEM : faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 ? 0 : errno;

    while (err == ENOENT) { /* it is made, in the nearest folder that there is */
        char *slash = strrchr(folder, '/');
        if (slash)
            slash[slash == folder] = '\0';
        err = faccessat(AT_FDCWD, slash ? folder : ".", W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
        if (!slash || slash == folder)
            break;
    }
    free(folder);
    return err;
}

/* ---- the supervisor ---- */

int rt_notify(const char *lines)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = path ? strlen(path) : 0;
    int err = 0;

    if (n == 0)
        return ENOENT;
    if ((path[0] != '/' && path[0] != '@') || n >= sizeof to.sun_path)
        return EINVAL;
    memcpy(to.sun_path, path, n);
    if (path[0] == '@')
        to.sun_path[0] = '\0'; /* a name without a file (unix(7), abstract) */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    if (sendto(fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&to,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
        err = errno;
    close(fd);
    return err;
}

rt_time rt_watchdog_interval(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

    if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    long long n = strtoll(usec, NULL, 10);
    return n > 0 && n < (long long)(24 * 3600 * RT_S) ? n * RT_US : 0;
}
