/* Which system calls the daemon may make once it runs, and the programs that it starts after it:
 * those inherit the list, so it has what databases, mail and shells need too.
 *
 * What is not on it is answered ENOSYS, as by a kernel that does not know it: a C library newer
 * than this list takes its older way. What only an intruder asks for ends the process. Memory that
 * is both written and executed is refused here too, for kernels older than 6.3 (os_process.c).
 */
#include "gw/rt/os_process.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/** Namespaces: nobody makes any. */
#define NAMESPACES                                                                                 \
    (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |     \
     CLONE_NEWCGROUP)

/** Whatever the arguments. */
static const char *const allowed[] = {
    /* files */
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
    "pwritev2", "open", "openat", "creat", "close", "close_range", "lseek", "_llseek", "stat",
    "fstat", "lstat", "stat64", "fstat64", "lstat64", "newfstatat", "fstatat64", "statx", "statfs",
    "fstatfs", "statfs64", "fstatfs64", "access", "faccessat", "faccessat2", "readlink",
    "readlinkat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat",
    "symlink", "symlinkat", "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "chown",
    "fchown", "lchown", "fchownat", "utime", "utimes", "utimensat", "futimesat", "truncate",
    "ftruncate", "ftruncate64", "fallocate", "fadvise64", "fsync", "fdatasync", "sync_file_range",
    "flock", "fcntl", "fcntl64", "dup", "dup2", "dup3", "pipe", "pipe2", "getdents", "getdents64",
    "getcwd", "chdir", "fchdir", "umask", "copy_file_range", "sendfile", "splice", "tee",
    "readahead", "memfd_create", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
    /* memory */
    "brk", "munmap", "mremap", "madvise", "msync", "mincore", "mlock", "mlock2", "munlock",
    "mlockall", "munlockall", "membarrier", "shmget", "shmat", "shmctl", "shmdt",
    /* waiting */
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
    "poll", "ppoll", "select", "_newselect", "pselect6", "eventfd", "eventfd2", "signalfd",
    "signalfd4", "timerfd_create", "timerfd_settime", "timerfd_gettime", "nanosleep",
    "clock_nanosleep", "pause", "alarm", "setitimer", "getitimer", "timer_create", "timer_settime",
    "timer_delete", "restart_syscall", "futex", "futex_waitv", "set_robust_list", "get_robust_list",
    /* time and chance */
    "time", "gettimeofday", "clock_gettime", "clock_getres", "times", "getrandom",
    /* sockets */
    "socketpair", "bind", "listen", "connect", "accept", "accept4", "getsockname", "getpeername",
    "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "shutdown", "setsockopt",
    "getsockopt", "socketcall",
    /* signals */
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "rt_sigsuspend", "rt_sigpending",
    "rt_sigtimedwait", "rt_sigqueueinfo", "sigaltstack", "kill", "tkill", "tgkill", "pidfd_open",
    "pidfd_send_signal",
    /* threads and programs */
    "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "waitpid",
    "set_tid_address", "gettid", "getpid", "getppid", "getpgid", "getpgrp", "getsid", "setpgid",
    "setsid", "arch_prctl", "rseq", "sched_yield", "sched_getscheduler", "sched_setscheduler",
    "sched_getparam", "sched_setparam", "sched_getattr", "sched_setattr", "sched_getaffinity",
    "sched_setaffinity", "sched_get_priority_max", "sched_get_priority_min", "getpriority",
    "setpriority", "getcpu",
    /* who, and how much */
    "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "setuid",
    "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid",
    "capget", "capset", "uname", "sysinfo", "getrusage", "getrlimit", "ugetrlimit", "setrlimit",
    "prlimit64"};

/** Nobody asks for these here but who wants to get out. What a library tries by itself, keyrings
 * (of Kerberos, for PostgreSQL) and io_uring, is not among them: it is told that there is none. */
static const char *const fatal[] = {"ptrace",
                                    "process_vm_readv",
                                    "process_vm_writev",
                                    "kexec_load",
                                    "kexec_file_load",
                                    "init_module",
                                    "finit_module",
                                    "delete_module",
                                    "bpf",
                                    "perf_event_open",
                                    "userfaultfd",
                                    "mount",
                                    "umount2",
                                    "move_mount",
                                    "open_tree",
                                    "fsopen",
                                    "pivot_root",
                                    "chroot",
                                    "setns",
                                    "unshare",
                                    "swapon",
                                    "swapoff",
                                    "reboot",
                                    "iopl",
                                    "ioperm",
                                    "open_by_handle_at",
                                    "personality",
                                    "settimeofday",
                                    "clock_settime",
                                    "adjtimex",
                                    "clock_adjtime",
                                    "sethostname",
                                    "setdomainname",
                                    "acct",
                                    "quotactl"};

/** Allowed where one argument, masked, has a value. */
static const struct {
    const char *name;
    unsigned argument;
    uint64_t mask, value;
} masked[] = {
    {"socket", 0, UINT32_MAX, AF_UNIX},
    {"socket", 0, UINT32_MAX, AF_INET},
    {"socket", 0, UINT32_MAX, AF_INET6},
    {"socket", 0, UINT32_MAX, AF_NETLINK}, /* the C library asks for interfaces by it */
    {"mmap", 2, PROT_WRITE | PROT_EXEC, 0},
    {"mmap", 2, PROT_WRITE | PROT_EXEC, PROT_WRITE},
    {"mmap", 2, PROT_WRITE | PROT_EXEC, PROT_EXEC},
    {"mmap2", 2, PROT_WRITE | PROT_EXEC, 0},
    {"mmap2", 2, PROT_WRITE | PROT_EXEC, PROT_WRITE},
    {"mmap2", 2, PROT_WRITE | PROT_EXEC, PROT_EXEC},
    {"mprotect", 2, PROT_EXEC, 0},
    {"clone", 0, NAMESPACES, 0},
    {"ioctl", 1, 0xff00, 0xda00}, /* DAHDI's */
    {"ioctl", 1, 0xff00, 0x8900}, /* sockets' */
    {"ioctl", 1, UINT32_MAX, TCGETS},
    {"ioctl", 1, UINT32_MAX, TIOCGWINSZ},
    {"ioctl", 1, UINT32_MAX, TIOCOUTQ},
    {"ioctl", 1, UINT32_MAX, FIONREAD},
    {"ioctl", 1, UINT32_MAX, FIONBIO},
    {"ioctl", 1, UINT32_MAX, FIOCLEX},
    {"prctl", 0, UINT32_MAX, PR_SET_NAME},
    {"prctl", 0, UINT32_MAX, PR_GET_NAME},
    {"prctl", 0, UINT32_MAX, PR_SET_TIMERSLACK},
    {"prctl", 0, UINT32_MAX, PR_CAPBSET_READ},
    {"prctl", 0, UINT32_MAX, PR_SET_PDEATHSIG},
    {"prctl", 0, UINT32_MAX, PR_SET_VMA},
    /* of programs that give up rights of their own, tandem-g729 first of all */
    {"prctl", 0, UINT32_MAX, PR_SET_NO_NEW_PRIVS},
    {"prctl", 0, UINT32_MAX, PR_GET_NO_NEW_PRIVS},
    {"prctl", 0, UINT32_MAX, PR_SET_DUMPABLE},
    {"prctl", 0, UINT32_MAX, PR_GET_DUMPABLE},
    {"prctl", 0, UINT32_MAX, PR_SET_KEEPCAPS},
};

/** A call that this machine's kernel never had is no matter. */
static int add_all(scmp_filter_ctx ctx, uint32_t action, const char *const *names, size_t n)
{
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++) {
        int call = seccomp_syscall_resolve_name(names[i]);
        if (call != __NR_SCMP_ERROR)
            rc = seccomp_rule_add(ctx, action, call, 0);
        if (rc == -EDOM || rc == -EINVAL)
            rc = 0; /* it has no number here */
    }
    return -rc;
}

static int add_masked(scmp_filter_ctx ctx)
{
    int rc = 0;

    for (size_t i = 0; i < RT_COUNT(masked) && rc == 0; i++) {
        int call = seccomp_syscall_resolve_name(masked[i].name);
        if (call != __NR_SCMP_ERROR)
            rc = seccomp_rule_add(
                ctx, SCMP_ACT_ALLOW, call, 1,
                SCMP_CMP(masked[i].argument, SCMP_CMP_MASKED_EQ, masked[i].mask, masked[i].value));
        if (rc == -EDOM || rc == -EINVAL)
            rc = 0;
    }
    return -rc;
}

/** In every thread, and with what it costs a call in the kernel kept small. */
static int set_attributes(scmp_filter_ctx ctx)
{
    int rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);

    (void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree, where libseccomp can */
    return -rc;
}

int rt_seccomp_load(enum rt_seccomp mode)
{
    bool log = mode == RT_SECCOMP_LOG;

    if (mode == RT_SECCOMP_OFF)
        return 0;
    scmp_filter_ctx ctx = seccomp_init(log ? SCMP_ACT_LOG : SCMP_ACT_ERRNO(ENOSYS));
    if (!ctx)
        return ENOMEM;
    int err = set_attributes(ctx);
    if (err == 0)
        err = add_all(ctx, SCMP_ACT_ALLOW, allowed, RT_COUNT(allowed));
    if (err == 0)
        err = add_masked(ctx);
    if (err == 0 && !log)
        err = add_all(ctx, SCMP_ACT_KILL_PROCESS, fatal, RT_COUNT(fatal));
    if (err == 0)
        err = -seccomp_load(ctx);
    seccomp_release(ctx);
    return err;
}

unsigned rt_seccomp_size(void)
{
    unsigned n = RT_COUNT(allowed);

    for (size_t i = 0; i < RT_COUNT(masked); i++)
        n += i == 0 || strcmp(masked[i].name, masked[i - 1].name) != 0;
    return n;
}
