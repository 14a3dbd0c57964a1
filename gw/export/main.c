/* tandem-export: delivers call records to databases and servers, in a process of its own, so that
 * none of them touches a call (docs/records.md).
 *
 * usage: tandem-export -c PLAN [--child]                     what the plan's `cdr` says
 *        tandem-export --post URL [--token FILE] [--ca FILE] posts JSON from the standard input
 *
 * With --child descriptor 4 is a pipe that ends when the gateway does: so do we then.
 *
 * libpq brings OpenSSL with it, whose license the GNU General Public License version 2 does not
 * allow beside itself: so nothing of libpri or the like is linked here, and of the gateway only
 * what the Makefile lists.
 */
#include "gw/export/run.h"
#include "gw/plan_cdr.h"
#include "gw/rt/log.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ALIVE 4

struct options {
    const char *plan, *post, *token, *ca;
    bool child;
};

static int usage(void)
{
    fputs("usage: tandem-export -c PLAN\n"
          "       tandem-export --post URL [--token FILE] [--ca FILE] < JSON\n",
          stderr);
    return 2;
}

static bool read_options(struct options *o, int argc, char **argv)
{
    const struct {
        const char *name;
        const char **value;
    } valued[] = {{"-c", &o->plan}, {"--post", &o->post}, {"--token", &o->token}, {"--ca", &o->ca}};

    for (int i = 1; i < argc; i++) {
        bool known = strcmp(argv[i], "--child") == 0;
        o->child = o->child || known;
        for (size_t k = 0; !known && k < RT_COUNT(valued); k++) {
            if (strcmp(argv[i], valued[k].name) != 0 || i + 1 == argc)
                continue;
            *valued[k].value = argv[++i];
            known = true;
        }
        if (!known)
            return false;
    }
    return (o->plan != NULL) != (o->post != NULL);
}

/** Nothing is lost by ending at any point: what was not noted is delivered again or known to be
 * there. */
static void *wait_for_end(void *arg)
{
    char c;

    while (read(ALIVE, &c, 1) < 0 && errno == EINTR)
        continue;
    _exit(0);
    return arg;
}

static int watch_parent(void)
{
    pthread_t thread;
    int err = pthread_create(&thread, NULL, wait_for_end, NULL);

    return err != 0 ? err : pthread_detach(thread);
}

static int export_plan(const struct options *o)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_cdr_plan plan;
    struct conf *conf = NULL;
    int code = 1, err = o->child ? watch_parent() : 0;

    if (err == 0)
        err = conf_load(&conf, &conf_tandem, o->plan, &diag);
    if (err == 0)
        err = gw_cdr_plan_read(&plan, conf_root(conf), &diag);
    if (err != 0) {
        fputs(diag.text.n > 0 ? diag.text.p : "tandem-export: no memory\n", stderr);
        code = 3;
    } else {
        code = export_run(&plan);
    }
    conf_diag_release(&diag);
    conf_free(conf);
    return code;
}

int main(int argc, char **argv)
{
    struct options o = {0};

    if (!read_options(&o, argc, argv))
        return usage();
    rt_log_journal(rt_stderr_is_journal());
    signal(SIGPIPE, SIG_IGN);
    if (o.child)
        signal(SIGINT, SIG_IGN); /* Ctrl-C is for the gateway, whose end is ours */
    umask(027);                  /* records say who called whom */
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int code = o.post ? export_post_once(o.post, o.token, o.ca) : export_plan(&o);
    curl_global_cleanup();
    return code;
}
