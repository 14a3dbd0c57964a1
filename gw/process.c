/* What the plan's user has to be able to write, asked for when the gateway starts and not when a
 * record is lost; and to read, asked for when only root's rights are gone. */
#include "gw/process.h"

#include "gw/version.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PATHS_MAX 16

static struct rt_process wanted(const struct gw_plan *plan)
{
    return (struct rt_process){
        .version = GW_VERSION,
        .user = plan->process.user,
        .group = plan->process.group,
        .crash = plan->process.crash,
        .seccomp = plan->process.seccomp,
        .core = plan->process.core,
    };
}

void gw_process_folder(const struct gw_plan *plan, const char *path)
{
    const struct rt_process want = wanted(plan);
    const char *slash = strrchr(path, '/');
    char *folder =
        slash && slash > path ? rt_str_dup((struct rt_str){path, (size_t)(slash - path)}) : NULL;

    if (folder && mkdir(folder, 0755) == 0)
        (void)rt_process_give(&want, folder); /* a failure shows when the socket is made */
    free(folder);
}

/** A default folder that nobody asked for is no matter. */
static const char *recorded(const struct gw_plan *plan)
{
    return conf_child(conf_root(plan->conf), "recordings") ? plan->record.directory : NULL;
}

/** Files and folders that the gateway writes to; how many. */
static unsigned written(const struct gw_plan *plan, const char *paths[PATHS_MAX])
{
    const char *const all[] = {plan->cdr.journal,     plan->cdr.csv,     plan->cdr.json,
                               plan->dial.history,    plan->dial.cache,  plan->dial.usage,
                               plan->registrar.state, plan->admin.audit, recorded(plan)};
    unsigned n = 0;

    for (size_t i = 0; i < RT_COUNT(all); i++)
        if (all[i])
            paths[n++] = all[i];
    for (unsigned i = 0; i < plan->cdr.ntargets && n < PATHS_MAX; i++)
        if (plan->cdr.target[i].kind == GW_TARGET_SQLITE)
            paths[n++] = plan->cdr.target[i].where;
    return n;
}

static int check_written(const struct gw_plan *plan, struct rt_buf *why)
{
    const char *paths[PATHS_MAX];
    unsigned n = written(plan, paths);

    for (unsigned i = 0; i < n; i++) {
        int err = rt_process_writes(paths[i]);
        if (err != 0) {
            rt_buf_printf(why, "process: user \"%s\" cannot write to %s: %s", plan->process.user,
                          paths[i], strerror(err));
            return err;
        }
    }
    return 0;
}

static void check_read(const struct gw_plan *plan)
{
    for (unsigned i = 0; i < plan->process.nsecrets; i++) {
        int err = rt_process_reads(plan->process.secret[i]);
        if (err != 0)
            rt_log(RT_LOG_PLAN, RT_WARN,
                   "process: user \"%s\" cannot read %s again: %s; the next apply needs it",
                   plan->process.user, plan->process.secret[i], strerror(err));
    }
}

int gw_process_enter(const struct gw_plan *plan, struct rt_buf *why)
{
    const struct rt_process want = wanted(plan);
    int err = rt_process_enter(&want, why);

    return err == 0 && want.user ? check_written(plan, why) : err;
}

int gw_process_confine(const struct gw_plan *plan, struct rt_buf *why)
{
    const struct rt_process want = wanted(plan);
    int err = rt_process_confine(&want, why);

    if (err == 0 && want.user)
        check_read(plan);
    return err;
}
