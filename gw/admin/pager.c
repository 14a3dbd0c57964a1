/* The pager: a child whose standard input is what we print. */
#include "gw/admin/pager.h"

#include "gw/rt/buf.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

static bool wanted(const char **command)
{
    const char *pager = getenv("PAGER");

    *command = pager ? pager : "less";
    return isatty(STDOUT_FILENO) && (*command)[0] != '\0' && strcmp(*command, "cat") != 0;
}

/** Only signal-safe calls between fork and exec, but for setenv() in a process of one thread. */
static void become_pager(const char *command, int in)
{
    dup2(in, STDIN_FILENO);
    close(in);
    setenv("LESS", "FRX", 0); /* quit when it fits, keep colours, leave it on the screen */
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

bool gw_pager_begin(void)
{
    const char *command;
    int ends[2];

    if (!wanted(&command) || pipe(ends) != 0)
        return false;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        close(ends[1]);
        become_pager(command, ends[0]);
    }
    close(ends[0]);
    if (child > 0) {
        dup2(ends[1], STDOUT_FILENO);
        signal(SIGPIPE, SIG_IGN); /* the reader may leave early */
    }
    close(ends[1]);
    return child > 0;
}

void gw_pager_end(void)
{
    fflush(stdout);
    close(STDOUT_FILENO);
    waitpid(child, NULL, 0);
}
