/* Edits from the command line; edit_tool.h has the words. */
#include "gw/edit_tool.h"

#include "conf/edit.h"
#include "gw/plan.h"
#include "gw/rt/file.h"

#include <errno.h>

/** As files are made by hand. */
#define MODE 0644

/** A request taken apart. */
struct request {
    const char *file, *verb, *path, *text; /**< NULL: not given */
    const char *after;
    enum conf_edit_comments comments;
};

static int usage(struct rt_buf *err)
{
    rt_buf_puts(err,
                "usage: tandem edit FILE set PATH ARGUMENTS | add BLOCK STATEMENT [--after PATH] "
                "| delete PATH [--comments keep|all|drop]\n");
    return 2;
}

static int take_comments(struct request *out, const char *word)
{
    static const char *const words[] = {"keep", "all", "drop"};

    for (size_t i = 0; i < RT_COUNT(words); i++)
        if (strcmp(word, words[i]) == 0) {
            out->comments = (enum conf_edit_comments)i;
            return 0;
        }
    return EINVAL;
}

static int take(struct request *out, int words, char *const word[])
{
    const char **place[] = {&out->file, &out->verb, &out->path, &out->text};
    size_t n = 0;

    for (int i = 0; i < words; i++) {
        bool after = strcmp(word[i], "--after") == 0, comments = strcmp(word[i], "--comments") == 0;
        if ((after || comments) && i + 1 == words)
            return EINVAL;
        if (after)
            out->after = word[++i];
        else if (comments && take_comments(out, word[++i]) != 0)
            return EINVAL;
        else if (comments)
            continue;
        else if (n < RT_COUNT(place))
            *place[n++] = word[i];
        else
            return EINVAL;
    }
    return n >= 3 ? 0 : EINVAL;
}

static int set(struct conf_edit *e, const struct request *r, struct conf_diag *diag)
{
    return conf_edit_set(e, r->path, r->text, diag);
}

static int add(struct conf_edit *e, const struct request *r, struct conf_diag *diag)
{
    return conf_edit_add(e, r->path, r->text, r->after, diag);
}

static int delete (struct conf_edit *e, const struct request *r, struct conf_diag *diag)
{
    return conf_edit_delete(e, r->path, r->comments, diag);
}

static const struct {
    const char *word;
    bool text; /**< it wants one */
    int (*edit)(struct conf_edit *e, const struct request *r, struct conf_diag *diag);
} verbs[] = {{"set", true, set}, {"add", true, add}, {"delete", false, delete}};

/** The files as they would be. */
static int read_edited(void *arg, struct rt_buf *out, const char *path, size_t max)
{
    int err = conf_edit_text(arg, path, out);

    return err == ENOENT ? rt_file_read(out, path, max) : err;
}

/** Compiles the plan as it would be, with its tests, and writes it. */
static int finish(struct conf_edit *e, const char *file, struct conf_diag *diag)
{
    const struct conf_reader reader = {.read = read_edited, .arg = e};
    struct gw_plan *plan;

    if (gw_plan_load_through(&plan, file, &reader, NULL, diag) != 0)
        return 3;
    gw_plan_unref(plan);
    return conf_edit_save(e, MODE, diag) == 0 ? 0 : 1;
}

int gw_edit_tool(struct rt_buf *err, int words, char *const word[])
{
    struct request r = {.file = NULL};
    struct conf_diag diag = {.errors = 0};
    struct conf_edit *e;
    size_t i = 0;

    if (take(&r, words, word) != 0)
        return usage(err);
    while (i < RT_COUNT(verbs) && strcmp(r.verb, verbs[i].word) != 0)
        i++;
    if (i == RT_COUNT(verbs) || verbs[i].text != (r.text != NULL))
        return usage(err);
    int code = 3;
    if (conf_edit_open(&e, &conf_tandem, r.file, &diag) == 0) {
        if (verbs[i].edit(e, &r, &diag) == 0)
            code = finish(e, r.file, &diag);
        conf_edit_free(e);
    }
    rt_buf_put(err, diag.text.p, diag.text.n);
    rt_buf_put(err, diag.warned.p, diag.warned.n);
    conf_diag_release(&diag);
    return code;
}
