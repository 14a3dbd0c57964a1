/* The client on the real kernel: a daemon that answers and is gone before the client looks. */
#include "gw/admin/control.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/tandem-client-XXXXXX";
static struct sockaddr_un place = {.sun_family = AF_UNIX};

static int daemon_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(place.sun_path, sizeof place.sun_path, "%s/sock", folder);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&place, sizeof place), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    return fd;
}

/** A process of its own: what `tandem stop` does. */
static pid_t client(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        char verb[] = "stop", *argv[] = {verb, NULL};
        _exit(gw_client(place.sun_path, 1, argv, false, false));
    }
    return pid;
}

/** Answers while the client is stopped, which then finds the answer and the end of the connection
 * together. Its exit status. */
static int answered_and_gone(const char *answer)
{
    char request[256];
    int status, fd = daemon_socket();
    pid_t pid = client();
    int c = accept(fd, NULL, NULL);

    ck_assert(recv(c, request, sizeof request, 0) > 0);
    ck_assert_int_eq(kill(pid, SIGSTOP), 0);
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    ck_assert_int_eq(send(c, answer, strlen(answer), 0), (int)strlen(answer));
    close(c);
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    close(fd);
    unlink(place.sun_path);
    rmdir(folder);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(an_answer_stands_when_the_daemon_ends)
{
    ck_assert_int_eq(answered_and_gone("{\"exit\":0,\"note\":\"stopping\"}\n"), 0);
}
END_TEST

START_TEST(a_refusal_stands_when_the_daemon_ends)
{
    ck_assert_int_eq(answered_and_gone("{\"exit\":1,\"error\":\"no\"}\n"), 1);
}
END_TEST

START_TEST(half_an_answer_is_none)
{
    ck_assert_int_eq(answered_and_gone("{\"exit\":0,"), 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client");
    TCase *tc = tcase_create("client");

    tcase_add_test(tc, an_answer_stands_when_the_daemon_ends);
    tcase_add_test(tc, a_refusal_stands_when_the_daemon_ends);
    tcase_add_test(tc, half_an_answer_is_none);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
