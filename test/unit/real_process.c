/* The process on the real kernel: what its supervisor hears, which thread hangs, what the list of
 * system calls does, and what a crash writes. Each test is a process of its own. */
#include "gw/rt/log.h"
#include "gw/rt/process.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the supervisor ---- */

/** The sanitizer looks for leaks by ptrace, which the list of system calls ends. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

START_TEST(notify_reaches_an_abstract_socket)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char name[64], got[64] = "";
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    snprintf(name, sizeof name, "@tandem-test-%d", (int)getpid());
    memcpy(a.sun_path, name, strlen(name));
    a.sun_path[0] = '\0';
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
    ck_assert_int_eq(rt_notify("READY=1\n"), 0);
    ck_assert_int_eq(recv(fd, got, sizeof got - 1, 0), 8);
    ck_assert_str_eq(got, "READY=1\n");
    close(fd);
}
END_TEST

START_TEST(notify_without_a_supervisor)
{
    unsetenv("NOTIFY_SOCKET");
    ck_assert_int_eq(rt_notify("READY=1\n"), ENOENT);
    setenv("NOTIFY_SOCKET", "relative", 1);
    ck_assert_int_eq(rt_notify("READY=1\n"), EINVAL);
}
END_TEST

/* sd_watchdog_enabled(3): microseconds, and for whom they are meant */
START_TEST(watchdog_interval)
{
    char pid[16];

    unsetenv("WATCHDOG_USEC");
    ck_assert_int_eq(rt_watchdog_interval(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    ck_assert_int_eq(rt_watchdog_interval(), 30 * RT_S);
    setenv("WATCHDOG_PID", "1", 1);
    ck_assert_int_eq(rt_watchdog_interval(), 0);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    ck_assert_int_eq(rt_watchdog_interval(), 30 * RT_S);
}
END_TEST

/** A file in place of standard error, whose name in JOURNAL_STREAM this is. */
static int catch_stderr(char name[64])
{
    struct stat st;
    int fd = memfd_create("log", 0);

    ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    ck_assert_int_eq(fstat(fd, &st), 0);
    snprintf(name, 64, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return fd;
}

START_TEST(the_journal_is_known_by_its_file)
{
    char name[64];

    catch_stderr(name);
    unsetenv("JOURNAL_STREAM");
    ck_assert(!rt_stderr_is_journal());
    setenv("JOURNAL_STREAM", name, 1);
    ck_assert(rt_stderr_is_journal());
    setenv("JOURNAL_STREAM", "1:1", 1);
    ck_assert(!rt_stderr_is_journal());
}
END_TEST

/* sd-daemon(3): SD_ERR "<3>" to SD_DEBUG "<7>" */
START_TEST(lines_for_the_journal_have_priorities)
{
    char name[64], got[256] = "";
    int fd = catch_stderr(name);

    rt_log_set_all(RT_DEBUG);
    rt_log_journal(true);
    for (int level = RT_ERROR; level <= RT_DEBUG; level++)
        rt_log(RT_LOG_SIP, (enum rt_level)level, "said");
    ck_assert_int_gt(pread(fd, got, sizeof got - 1, 0), 0);
    ck_assert_str_eq(got, "<3>error  sip   said\n<4>warn   sip   said\n<5>notice sip   said\n"
                          "<6>info   sip   said\n<7>debug  sip   said\n");
}
END_TEST

/* ---- threads ---- */

static atomic_bool hang;

static void on_hang(void *arg)
{
    (void)arg;
    while (atomic_load(&hang))
        usleep(1000);
}

static const char *stuck_now(enum rt_thread_for what)
{
    return rt_threads_stuck(what, 50 * RT_MS);
}

/** Polls until what is said of the threads is `want`, or for 5 s. */
static bool becomes(const char *want)
{
    for (int i = 0; i < 50; i++) {
        const char *stuck = stuck_now(RT_FOR_CALLS);
        if (stuck ? want && strcmp(stuck, want) == 0 : !want)
            return true;
        usleep(100000);
    }
    return false;
}

START_TEST(a_thread_that_hangs_is_named)
{
    struct rt_loop *asleep, *busy;
    struct rt_thread *a, *b;
    struct rt_timer t;

    ck_assert_int_eq(rt_loop_new(&asleep, "asleep"), 0);
    ck_assert_int_eq(rt_loop_new(&busy, "busy"), 0);
    rt_timer_init(&t, busy, on_hang, NULL);
    rt_timer_start(&t, 100 * RT_MS);
    atomic_store(&hang, true);
    ck_assert_int_eq(rt_thread_start(&a, asleep), 0);
    ck_assert_int_eq(rt_thread_start(&b, busy), 0);
    rt_thread_for(a, RT_FOR_CALLS);
    rt_thread_for(b, RT_FOR_CALLS);
    ck_assert(becomes("busy"));
    ck_assert_str_eq(stuck_now(RT_FOR_CALLS), "busy");
    ck_assert(rt_thread_stuck(b, 50 * RT_MS));
    ck_assert(!rt_thread_stuck(b, 100 * RT_S)); /* not for so long */
    ck_assert_ptr_null(stuck_now(RT_FOR_FILES));
    atomic_store(&hang, false);
    ck_assert(becomes(NULL));
    usleep(100000);
    ck_assert_ptr_null(stuck_now(RT_FOR_CALLS)); /* one with nothing to do goes on too */
    rt_thread_stop(a);
    rt_thread_stop(b);
    rt_loop_free(asleep);
    rt_loop_free(busy);
}
END_TEST

START_TEST(a_thread_that_may_take_long)
{
    struct rt_loop *loop;
    struct rt_thread *thread;
    struct rt_timer t;

    ck_assert_int_eq(rt_loop_new(&loop, "long"), 0);
    rt_timer_init(&t, loop, on_hang, NULL);
    rt_timer_start(&t, 0);
    atomic_store(&hang, true);
    ck_assert_int_eq(rt_thread_start(&thread, loop), 0);
    rt_thread_for(thread, RT_FOR_NONE);
    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_null(stuck_now(RT_FOR_FILES));
        ck_assert_ptr_null(stuck_now(RT_FOR_CALLS));
        usleep(50000);
    }
    atomic_store(&hang, false);
    rt_thread_stop(thread);
    rt_loop_free(loop);
}
END_TEST

/* ---- the list ---- */

static const struct rt_process plain = {.version = "test", .core = RT_CORE_REGISTERS};

static void confined(void)
{
    struct rt_buf why = {0};

    ck_assert_int_eq(rt_process_enter(&plain, &why), 0);
    ck_assert_int_eq(rt_process_confine(&plain, &why), 0);
}

START_TEST(what_is_not_on_the_list)
{
    confined();
    ck_assert_int_eq(syscall(SYS_getpriority, 0, 0) >= 0, 1);
    errno = 0;
    ck_assert_int_eq(syscall(SYS_vhangup), -1);
    ck_assert_int_eq(errno, ENOSYS);
    errno = 0;
    ck_assert_int_eq(syscall(SYS_io_uring_setup, 1, NULL), -1);
    ck_assert_int_eq(errno, ENOSYS);
    errno = 0;
    ck_assert_int_eq(syscall(SYS_keyctl, 0, 0, 0, 0, 0), -1);
    ck_assert_int_eq(errno, ENOSYS);
    errno = 0;
    ck_assert_int_eq(socket(AF_PACKET, SOCK_RAW, 0), -1);
    ck_assert_int_eq(errno, ENOSYS);
}
END_TEST

START_TEST(what_only_an_intruder_asks)
{
    confined();
    (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}
END_TEST

START_TEST(no_memory_is_written_and_executed)
{
    confined();
    ck_assert_ptr_eq(
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        MAP_FAILED);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(page, MAP_FAILED);
    ck_assert_int_eq(mprotect(page, 4096, PROT_READ | PROT_EXEC), -1);
}
END_TEST

/** A program that was started afterwards is under the list too, and works. */
START_TEST(programs_start)
{
    confined();
    ck_assert_int_eq(system("exit 3") >> 8, 3);
}
END_TEST

/* ---- users ---- */

START_TEST(unknown_users)
{
    struct rt_process want = plain;
    struct rt_buf why = {0};

    want.user = "no-such-user";
    ck_assert_int_eq(rt_process_enter(&want, &why), ENOENT);
    ck_assert_str_eq(why.p, "process: there is no user \"no-such-user\"");
    rt_buf_release(&why);
    want.user = NULL;
    want.group = "no-such-group";
    ck_assert_int_eq(rt_process_enter(&want, &why), ENOENT);
    ck_assert_str_eq(why.p, "process: there is no group \"no-such-group\"");
    rt_buf_release(&why);
}
END_TEST

START_TEST(another_user)
{
    struct rt_process want = plain;
    struct rt_buf why = {0};

    if (geteuid() != 0)
        return; /* nobody else can become one */
    want.user = "nobody";
    ck_assert_int_eq(rt_process_enter(&want, &why), 0);
    ck_assert_int_eq(getuid(), 65534);
    ck_assert_int_eq(rt_process_reads("/etc/shadow"), 0); /* while it starts */
    ck_assert_int_eq(rt_process_writes("/etc/shadow"), EACCES);
    ck_assert_int_eq(rt_process_writes("/etc/tandem-no/such/file"), EACCES);
    ck_assert_int_eq(rt_process_writes("/tmp/tandem-no/such/file"), 0);
    ck_assert_int_eq(rt_process_confine(&want, &why), 0);
    ck_assert_int_eq(rt_process_reads("/etc/shadow"), EACCES);
    ck_assert_int_eq(setuid(0), -1);
}
END_TEST

/* ---- crashes ---- */

START_TEST(a_crash_is_reported)
{
    char path[64], text[4096] = "";
    struct rt_process want = plain;
    struct rt_buf why = {0};
    int status;

    snprintf(path, sizeof path, "/tmp/real_process-%d", (int)getpid());
    want.crash = path;
    pid_t child = fork();
    if (child == 0) {
        if (rt_process_enter(&want, &why) == 0)
            *(volatile int *)16 = 1;
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGSEGV);
    int fd = open(path, O_RDONLY);
    unlink(path);
    ck_assert_int_gt(read(fd, text, sizeof text - 1), 0);
    close(fd);
    ck_assert_ptr_nonnull(strstr(text, "crash: tandem test build "));
    ck_assert_ptr_nonnull(strstr(text, "SIGSEGV in thread real_process address 0x10\n"));
    ck_assert_ptr_nonnull(strstr(text, "\ncrash: at tandem+0x"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("process");
    TCase *tc = tcase_create("supervisor");

    tcase_add_test(tc, notify_reaches_an_abstract_socket);
    tcase_add_test(tc, notify_without_a_supervisor);
    tcase_add_test(tc, watchdog_interval);
    tcase_add_test(tc, the_journal_is_known_by_its_file);
    tcase_add_test(tc, lines_for_the_journal_have_priorities);
    tcase_add_test(tc, a_thread_that_hangs_is_named);
    tcase_add_test(tc, a_thread_that_may_take_long);
    suite_add_tcase(suite, tc);
    tc = tcase_create("kernel");
    tcase_add_test(tc, what_is_not_on_the_list);
    tcase_add_test_raise_signal(tc, what_only_an_intruder_asks, SIGSYS);
    tcase_add_test(tc, no_memory_is_written_and_executed);
    tcase_add_test(tc, programs_start);
    tcase_add_test(tc, unknown_users);
    tcase_add_test(tc, another_user);
    tcase_add_test(tc, a_crash_is_reported);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
