/* Texts that somebody edited elsewhere: a plan is built of them in place of what the files have,
 * and they are saved once it is known that it may come into force.
 */
#include "gw/apply_priv.h"
#include "gw/rt/file.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdlib.h>

/** Longer is no file of a plan. */
#define FILE_MAX ((size_t)64 << 20)

/* ---- reading ---- */

static int read_edited(void *arg, struct rt_buf *out, const char *path, size_t max)
{
    struct gw_apply_job *j = arg;
    const struct gw_source *f = gw_sources_find(&j->edited, path);
    size_t before = out->n;
    int err = 0;

    if (!f)
        err = rt_file_read(out, path, max);
    else if (f->text.n > max)
        err = EFBIG;
    else
        rt_buf_put(out, f->text.p ? f->text.p : "", f->text.n);
    if (err == 0 && out->failed)
        err = ENOMEM;
    if (err == 0 && !gw_sources_find(&j->sources, path))
        err = gw_sources_add(&j->sources, path, (struct rt_str){out->p + before, out->n - before});
    return err;
}

struct conf_reader gw_apply_reader(struct gw_apply_job *j)
{
    if (j->replay)
        return gw_sources_replay(&j->sources);
    if (j->edited.n == 0)
        return gw_sources_record(&j->sources);
    return (struct conf_reader){.read = read_edited, .arg = j};
}

/* ---- saving, in the thread ---- */

static int replace(const char *path, const struct rt_buf *text)
{
    struct rt_file_info info;
    int err = rt_file_stat(&info, path);

    if (err == 0)
        err = rt_file_replace(path, text->p ? text->p : "", text->n, info.mode);
    return err;
}

/** Puts back what the files had, the one saved last first. */
static void put_back(struct gw_apply_job *j)
{
    while (j->old.n > 0) {
        struct gw_source *f = &j->old.file[--j->old.n];
        int err = replace(f->path, &f->text);
        if (err != 0)
            rt_log(RT_LOG_PLAN, RT_ERROR, "%s: the text that is in force is not back: %s", f->path,
                   strerror(err));
        free(f->path);
        rt_buf_release(&f->text);
    }
}

static bool same(const struct rt_buf *a, const struct rt_buf *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

/** A file that changes is kept in `old` first. EBUSY: somebody else has changed it. */
static int save_one(struct gw_apply_job *j, const struct gw_source *f)
{
    const struct gw_source *known = gw_sources_find(&j->known, f->path);
    struct rt_buf text = {0};
    int err = rt_file_read(&text, f->path, FILE_MAX);

    if (err == 0 && !(known && same(&text, &known->text)))
        err = EBUSY;
    if (err == 0)
        err = gw_sources_add(&j->old, f->path, rt_buf_str(&text));
    rt_buf_release(&text);
    return err != 0 ? err : replace(f->path, &f->text);
}

static void save(struct gw_aside_job *aside)
{
    struct gw_apply_job *j = (struct gw_apply_job *)aside;

    for (unsigned i = 0; i < j->edited.n && j->err == 0; i++) {
        j->err = save_one(j, &j->edited.file[i]);
        if (j->err != 0)
            rt_buf_printf(&j->diag.text, "%s: it cannot be saved: %s\n", j->edited.file[i].path,
                          j->err == EBUSY ? "the file on the disk is not the one in force"
                                          : strerror(j->err));
    }
    if (j->err != 0)
        put_back(j);
}

static void unsave(struct gw_aside_job *aside)
{
    put_back((struct gw_apply_job *)aside);
}

void gw_apply_save(struct gw_apply_job *j, void (*done)(struct gw_aside_job *aside))
{
    j->aside.work = save;
    j->aside.done = done;
    gw_aside_do(j->apply->aside, &j->aside);
}

void gw_apply_unsave(struct gw_apply_job *j, void (*done)(struct gw_aside_job *aside))
{
    j->aside.work = unsave;
    j->aside.done = done;
    gw_aside_do(j->apply->aside, &j->aside);
}
