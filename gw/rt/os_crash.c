/* What a crash leaves: a report of a few lines that a signal handler can write, without a word of
 * what the process was at. Addresses are told as module+offset, for addr2line.
 *
 * The handler asks for no memory and takes no lock of ours. What it needs to know is gathered when
 * it is installed; the unwinder is loaded by a first use there.
 */
#include "gw/rt/os_process.h"

#include <elf.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define MODULES_MAX 128
#define FRAMES_MAX  48
#define STACK_SIZE  65536
/** A handler that hangs, in an unwinder that was itself interrupted, is ended after so many
 * seconds. */
#define PATIENCE 5

struct module {
    uintptr_t base, low, high;
    const char *name;
};

static struct module modules[MODULES_MAX];
static unsigned nmodules;
static char build[65];
static const char *version;
static int file = -1;
static atomic_flag crashing = ATOMIC_FLAG_INIT;
static _Thread_local unsigned char stack[STACK_SIZE];

/* ---- text, without stdio ---- */

struct line {
    char text[512];
    size_t n;
};

static void put(struct line *l, const char *s)
{
    while (*s && l->n < sizeof l->text - 1)
        l->text[l->n++] = *s++;
}

static void put_number(struct line *l, uintmax_t value, unsigned base)
{
    char digits[24];
    size_t i = sizeof digits - 1;

    digits[i] = '\0';
    do
        digits[--i] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    put(l, digits + i);
}

static void end_line(struct line *l)
{
    const int to[] = {STDERR_FILENO, file};

    l->text[l->n++] = '\n';
    for (size_t i = 0; i < RT_COUNT(to); i++)
        if (to[i] >= 0 && write(to[i], l->text, l->n) < 0)
            continue; /* nowhere to say so */
    l->n = 0;
    put(l, "crash: ");
}

static const char *file_name(const char *path)
{
    const char *name = path;

    for (const char *p = path; *p; p++)
        if (*p == '/')
            name = p + 1;
    return name;
}

static void put_address(struct line *l, uintptr_t at)
{
    for (unsigned i = 0; i < nmodules; i++)
        if (at >= modules[i].low && at < modules[i].high) {
            put(l, modules[i].name);
            put(l, "+0x");
            put_number(l, at - modules[i].base, 16);
            return;
        }
    put(l, "?");
}

/* ---- the report ---- */

static const char *signal_name(int signo)
{
    switch (signo) {
    case SIGSEGV:
        return "SIGSEGV";
    case SIGBUS:
        return "SIGBUS";
    case SIGILL:
        return "SIGILL";
    case SIGFPE:
        return "SIGFPE";
    default:
        return "SIGABRT";
    }
}

static uintptr_t counter_of(const void *context)
{
    const ucontext_t *u = context;

#if defined(__x86_64__)
    return (uintptr_t)u->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)u->uc_mcontext.pc;
#else
    (void)u;
    return 0;
#endif
}

static void tell_where(struct line *l, const void *context)
{
    void *frames[FRAMES_MAX];

    put(l, "at ");
    put_address(l, counter_of(context));
    end_line(l);
    int n = backtrace(frames, FRAMES_MAX);
    for (int i = 0; i < n; i++) {
        put(l, "#");
        put_number(l, (uintmax_t)i, 10);
        put(l, " ");
        put_address(l, (uintptr_t)frames[i]);
        end_line(l);
    }
}

static void tell(int signo, const siginfo_t *info, const void *context)
{
    struct line l = {.n = 0};
    struct timespec now = {0};
    char thread[17] = "";

    prctl(PR_GET_NAME, thread);
    clock_gettime(CLOCK_REALTIME, &now);
    put(&l, "crash: tandem ");
    put(&l, version);
    put(&l, " build ");
    put(&l, build[0] ? build : "?");
    put(&l, " time ");
    put_number(&l, (uintmax_t)now.tv_sec, 10);
    end_line(&l);
    put(&l, signal_name(signo));
    put(&l, " in thread ");
    put(&l, thread);
    if (info->si_code > 0) {
        put(&l, " address 0x");
        put_number(&l, (uintptr_t)info->si_addr, 16);
    } else {
        put(&l, " sent by process ");
        put_number(&l, (uintmax_t)info->si_pid, 10);
    }
    end_line(&l);
    tell_where(&l, context);
}

/** Afterwards the signal has its ordinary end: what caused it is done again, or it is sent again.
 */
static void on_crash(int signo, siginfo_t *info, void *context)
{
    const struct sigaction ordinary = {.sa_handler = SIG_DFL};

    while (atomic_flag_test_and_set(&crashing))
        pause(); /* the thread that was first ends us all */
    alarm(PATIENCE);
    tell(signo, info, context);
    sigaction(signo, &ordinary, NULL);
    if (info->si_code <= 0 || signo == SIGABRT)
        syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), signo);
}

/* ---- what it has to know ---- */

static void read_build(const struct dl_phdr_info *info, const ElfW(Phdr) * segment)
{
    uintptr_t at = info->dlpi_addr + segment->p_vaddr, end = at + segment->p_memsz;

    while (at + sizeof(ElfW(Nhdr)) <= end) {
        const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
        const unsigned char *desc =
            (const unsigned char *)at + sizeof *note + ((note->n_namesz + 3) & ~3u);
        for (unsigned i = 0;
             note->n_type == NT_GNU_BUILD_ID && i < note->n_descsz && 2 * i + 2 < sizeof build;
             i++) {
            build[2 * i] = "0123456789abcdef"[desc[i] >> 4];
            build[2 * i + 1] = "0123456789abcdef"[desc[i] & 15];
        }
        at = (uintptr_t)desc + ((note->n_descsz + 3) & ~3u);
    }
}

static int add_module(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct module m = {.base = info->dlpi_addr, .low = UINTPTR_MAX};

    (void)size;
    (void)arg;
    if (nmodules == MODULES_MAX)
        return 1;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t at = info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_NOTE && nmodules == 0)
            read_build(info, p);
        if (p->p_type != PT_LOAD)
            continue;
        m.low = at < m.low ? at : m.low;
        m.high = at + p->p_memsz > m.high ? at + p->p_memsz : m.high;
    }
    m.name = nmodules == 0 ? "tandem" : info->dlpi_name[0] ? file_name(info->dlpi_name) : "vdso";
    modules[nmodules++] = m;
    return 0;
}

void rt_crash_thread(void)
{
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};

    (void)sigaltstack(&own, NULL); /* without it the report is written on the thread's stack */
}

int rt_crash_install(const char *own_version, int fd)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    struct sigaction act = {.sa_sigaction = on_crash,
                            .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    void *frame;

    version = own_version;
    file = fd;
    nmodules = 0;
    dl_iterate_phdr(add_module, NULL);
    (void)backtrace(&frame, 1);
    rt_crash_thread();
    for (size_t i = 0; i < RT_COUNT(signals); i++)
        if (sigaction(signals[i], &act, NULL) != 0)
            return errno;
    return 0;
}
