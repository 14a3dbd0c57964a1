/* Child processes of the real kernel: what they find, how their end is told, and that none is left.
 */
#include "gw/rt/child.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct rt_loop *loop;
static struct rt_timer guard;
static struct rt_shared shared;
static struct rt_child *child;
static int ended, end_code, end_signo;

static void give_up(void *arg)
{
    (void)arg;
    rt_loop_stop(loop);
}

static void on_ended(void *arg, int code, int signo)
{
    ck_assert_ptr_eq(arg, &child);
    ended++;
    end_code = code;
    end_signo = signo;
    rt_child_stop(child);
    child = NULL;
    rt_loop_stop(loop);
}

static void setup(void)
{
    ended = 0;
    ck_assert_int_eq(rt_loop_new(&loop, "real"), 0);
    rt_timer_init(&guard, loop, give_up, NULL);
    rt_timer_start(&guard, 10 * RT_S);
    ck_assert_int_eq(rt_shared_new(&shared, "real_child", 10000), 0);
}

static void teardown(void)
{
    rt_child_stop(child);
    child = NULL;
    rt_shared_free(&shared);
    rt_timer_stop(&guard);
    rt_loop_free(loop);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* nothing left to be waited for */
    ck_assert_int_eq(errno, ECHILD);
}

static int start(const char *script)
{
    char text[1024], sh[] = "sh", c[] = "-c";
    char *const argv[] = {sh, c, text, NULL};

    snprintf(text, sizeof text, "%s", script);
    return rt_child_start(&child, loop, "/bin/sh", argv, &shared, on_ended, &child);
}

START_TEST(an_exit_code_is_told)
{
    ck_assert_int_eq(start("exit 7"), 0);
    ck_assert_int_gt(rt_child_pid(child), 0);
    rt_loop_run(loop);
    ck_assert_int_eq(ended, 1);
    ck_assert_int_eq(end_code, 7);
    ck_assert_int_eq(end_signo, 0);
}
END_TEST

START_TEST(a_signal_is_told)
{
    ck_assert_int_eq(start("read x <&4"), 0);
    kill(rt_child_pid(child), SIGKILL);
    rt_loop_run(loop);
    ck_assert_int_eq(ended, 1);
    ck_assert_int_eq(end_signo, SIGKILL);
}
END_TEST

START_TEST(a_child_that_is_stopped_tells_nothing)
{
    ck_assert_int_eq(start("while :; do read x <&4; done"), 0);
    rt_child_stop(child);
    child = NULL;
    rt_timer_start(&guard, 20 * RT_MS);
    rt_loop_run(loop);
    ck_assert_int_eq(ended, 0);
}
END_TEST

START_TEST(it_finds_the_memory_and_nothing_of_ours)
{
    char *mem = shared.mem;
    int secret = open("/dev/null", O_RDONLY); /* without O_CLOEXEC, as a library's might be */

    ck_assert_int_eq(fcntl(secret, F_DUPFD, 20), 20);
    strcpy(mem, "ours\n");
    setenv("SECRET", "x", 1);
    /* 0 to 4, and the one that ls itself reads the folder by */
    ck_assert_int_eq(start("read a <&3; [ \"$a\" = ours ] || exit 1; [ -z \"$SECRET\" ] || exit 2;"
                           "[ $(ls /proc/self/fd | wc -l) -eq 6 ] || exit 3;"
                           "echo theirs >&3"),
                     0);
    rt_loop_run(loop);
    close(secret);
    close(20);
    ck_assert_int_eq(ended, 1);
    ck_assert_int_eq(end_code, 0);
    ck_assert_mem_eq(mem + 5, "theirs\n", 7);
}
END_TEST

START_TEST(descriptors_3_and_4_may_be_ours)
{
    int low[8];

    for (unsigned i = 0; i < 8; i++)
        low[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    rt_shared_free(&shared);
    for (unsigned i = 0; i < 8; i++)
        close(low[i]);
    ck_assert_int_eq(rt_shared_new(&shared, "real_child", 10000), 0);
    strcpy(shared.mem, "ours\n");
    ck_assert_int_eq(start("read a <&3; [ \"$a\" = ours ]"), 0);
    rt_loop_run(loop);
    ck_assert_int_eq(end_code, 0);
}
END_TEST

START_TEST(its_pipe_ends_with_us)
{
    int note[2];
    char said[8] = {0};

    ck_assert_int_eq(pipe(note), 0);
    pid_t gateway = fork();
    if (gateway == 0) { /* a gateway that dies at once, and leaves a child */
        struct rt_loop *own;
        char sh[] = "sh", c[] = "-c", text[64];
        char *const argv[] = {sh, c, text, NULL};
        dup2(note[1], 2); /* the one descriptor that a child keeps */
        snprintf(text, sizeof text, "read x <&4; echo ended >&2");
        if (rt_loop_new(&own, "gateway") != 0 ||
            rt_child_start(&child, own, "/bin/sh", argv, &shared, on_ended, NULL) != 0)
            _exit(1);
        _exit(0);
    }
    close(note[1]);
    ck_assert_int_eq(read(note[0], said, sizeof said), 6);
    ck_assert_str_eq(said, "ended\n");
    close(note[0]);
    ck_assert_int_eq(waitpid(gateway, NULL, 0), gateway);
}
END_TEST

/* More than a pipe holds, from its first octet to its end, and nothing else of ours beside it. */
START_TEST(a_text_is_its_standard_input)
{
    char sh[] = "sh", c[] = "-c",
         script[] =
             "n=$(wc -c) && test $n = 300000 && test ! -e /proc/$$/fd/3 && test ! -e /proc/$$/fd/4";
    char *const argv[] = {sh, c, script, NULL};
    char *text = malloc(300000);

    memset(text, 'x', 300000);
    ck_assert_int_eq(rt_child_feed(&child, loop, "/bin/sh", argv, (struct rt_str){text, 300000},
                                   on_ended, &child),
                     0);
    free(text);
    rt_loop_run(loop);
    ck_assert_int_eq(ended, 1);
    ck_assert_int_eq(end_code, 0);
    ck_assert_int_eq(rt_child_feed(&child, loop, "/nowhere/x", argv, rt_str("a"), on_ended, &child),
                     ENOENT);
    ck_assert_ptr_null(child);
}
END_TEST

START_TEST(what_cannot_be_started_says_so)
{
    char name[] = "x";
    char *const argv[] = {name, NULL};

    ck_assert_int_eq(rt_child_start(&child, loop, "/nowhere/x", argv, &shared, on_ended, &child),
                     ENOENT);
    ck_assert_int_eq(rt_child_start(&child, loop, "/etc/passwd", argv, &shared, on_ended, &child),
                     EACCES);
    ck_assert_ptr_null(child);
    ck_assert(!rt_program_there("/etc/passwd"));
    ck_assert(rt_program_there("/bin/sh"));
}
END_TEST

START_TEST(programs_beside_ours_are_found)
{
    char path[4096], tiny[4];

    ck_assert_int_eq(rt_program_beside(path, sizeof path, "real_child"), 0);
    ck_assert(rt_program_there(path));
    ck_assert_int_eq(rt_program_beside(tiny, sizeof tiny, "real_child"), ENAMETOOLONG);
}
END_TEST

START_TEST(memory_is_zeroed_and_freed_once)
{
    static const char zero[10000];
    struct rt_shared none = {0};

    ck_assert_mem_eq(shared.mem, zero, sizeof zero);
    rt_shared_free(&shared);
    rt_shared_free(&shared);
    rt_shared_free(&none);
    ck_assert_int_ne(rt_shared_new(&shared, "real_child", (size_t)1 << 62), 0);
    ck_assert_ptr_null(shared.mem);
    ck_assert_int_eq(rt_shared_new(&shared, "real_child", 100), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("child");
    TCase *tc = tcase_create("real kernel");
    SRunner *sr = srunner_create(s);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_exit_code_is_told);
    tcase_add_test(tc, a_text_is_its_standard_input);
    tcase_add_test(tc, a_signal_is_told);
    tcase_add_test(tc, a_child_that_is_stopped_tells_nothing);
    tcase_add_test(tc, it_finds_the_memory_and_nothing_of_ours);
    tcase_add_test(tc, descriptors_3_and_4_may_be_ours);
    tcase_add_test(tc, its_pipe_ends_with_us);
    tcase_add_test(tc, what_cannot_be_started_says_so);
    tcase_add_test(tc, programs_beside_ours_are_found);
    tcase_add_test(tc, memory_is_zeroed_and_freed_once);
    suite_add_tcase(s, tc);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}
