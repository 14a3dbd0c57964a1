/* What makes the command line pleasant in a shell: completion, with the names that live, and the
 * manual. */
#include "gw/shell.h"

#include "gw/admin/control.h"
#include "gw/admin/words.h"
#include "gw/daemon.h"
#include "gw/plan.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

/** Where the names of an argument are found: in lines of a command, or in the plan's. */
static const struct {
    const char *kind, *verb, *field;
} names[] = {
    {"TRUNK", "trunks", "trunk"},
    {"SPAN", "spans", "span"},
    {"CALL", "calls", "call"},
    {"NUMBER", "lines", "number"},
    {"ENDPOINT", "endpoints", "endpoint"},
};

static void live_names(void *arg, struct rt_buf *out, const char *kind)
{
    const char *socket = arg;
    struct rt_buf lines = {0};

    for (size_t i = 0; i < RT_COUNT(names); i++) {
        char show[] = "show", verb[16];
        char *argv[] = {show, verb};
        if (strcmp(names[i].kind, kind) != 0)
            continue;
        rt_str_copy(verb, sizeof verb, rt_str(names[i].verb));
        gw_client_collect(socket, 2, argv, &lines);
        for (struct rt_str rest = rt_buf_str(&lines); rest.n > 0;) {
            struct rt_str line = rt_str_cut(&rest, '\n');
            json_t *object = json_loadb(line.p, line.n, 0, NULL);
            const json_t *value = json_object_get(object, names[i].field);
            if (json_is_string(value))
                rt_buf_printf(out, "%s\n", json_string_value(value));
            else if (json_is_integer(value))
                rt_buf_printf(out, "%lld\n", (long long)json_integer_value(value));
            json_decref(object);
        }
    }
    rt_buf_release(&lines);
}

/** The word after an option, or NULL. */
static const char *after(int argc, char **argv, const char *option)
{
    for (int i = 0; i + 1 < argc; i++)
        if (strcmp(argv[i], option) == 0)
            return argv[i + 1];
    return NULL;
}

int gw_shell_complete(int argc, char **argv)
{
    char socket[sizeof(struct sockaddr_un)] = GW_DEFAULT_SOCKET;
    const char *file = after(argc, argv, "-c"), *path = after(argc, argv, "--socket");
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *plan = NULL;
    struct rt_buf out = {0};

    if (!path && file && gw_plan_load_untested(&plan, file, &diag) == 0)
        path = plan->admin.socket;
    if (path)
        rt_str_copy(socket, sizeof socket, rt_str(path));
    gw_complete(&out, argc, argv, live_names, socket);
    fputs(rt_buf_str(&out).p, stdout);
    rt_buf_release(&out);
    conf_diag_release(&diag);
    gw_plan_unref(plan);
    return 0;
}

int gw_shell_completion(const char *shell)
{
    struct rt_buf out = {0};
    int err = gw_completion(&out, shell);

    fputs(rt_buf_str(&out).p, stdout);
    rt_buf_release(&out);
    return err;
}

int gw_shell_manual(const char *page)
{
    const struct {
        const char *name;
        void (*write)(struct rt_buf *out);
    } pages[] = {{"tandem", gw_manual_commands}, {"tandem.conf", gw_manual_language}};
    struct rt_buf out = {0};

    for (size_t i = 0; i < RT_COUNT(pages); i++)
        if (strcmp(pages[i].name, page) == 0)
            pages[i].write(&out);
    bool found = out.n > 0;
    fputs(rt_buf_str(&out).p, stdout);
    rt_buf_release(&out);
    return found ? 0 : EINVAL;
}
