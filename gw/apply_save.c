/* Texts that somebody edited elsewhere: a plan is built of them in place of what the files have,
 * and they are saved once it is known that it may come into force. When it does not, or when nobody
 * confirms it, the files get back what they had: the next start reads what is in force.
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

static bool same(const struct rt_buf *a, const struct rt_buf *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

/** Gives a file its old text back where it has the one that was saved. EBUSY: it has another. */
static int put_one_back(const struct gw_source *old, const struct gw_source *saved)
{
    struct rt_buf text = {0};
    int err = rt_file_read(&text, old->path, FILE_MAX);

    if (err == 0 && !same(&text, &old->text))
        err = saved && same(&text, &saved->text) ? replace(old->path, &old->text) : EBUSY;
    rt_buf_release(&text);
    return err;
}

/** The one saved last first. */
static void put_back(const struct gw_sources *old, const struct gw_sources *saved)
{
    for (unsigned i = old->n; i-- > 0;) {
        const struct gw_source *f = &old->file[i];
        int err = put_one_back(f, gw_sources_find(saved, f->path));
        if (err != 0)
            rt_log(RT_LOG_PLAN, RT_ERROR, "%s: it is not what is in force, and stays so: %s",
                   f->path,
                   err == EBUSY ? "somebody has changed it since it was saved" : strerror(err));
        else
            rt_log(RT_LOG_PLAN, RT_NOTICE, "%s: it has the text again that is in force", f->path);
    }
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
        put_back(&j->old, &j->edited);
}

static void unsave(struct gw_aside_job *aside)
{
    struct gw_apply_job *j = (struct gw_apply_job *)aside;
    put_back(&j->old, &j->edited);
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

/* ---- nobody confirms ---- */

/** First: the job of the thread. */
struct going_back {
    struct gw_aside_job aside;
    struct gw_sources old, saved;
};

static void go_back(struct gw_aside_job *aside)
{
    struct going_back *g = (struct going_back *)aside;
    put_back(&g->old, &g->saved);
}

static void end_going_back(struct gw_aside_job *aside)
{
    struct going_back *g = (struct going_back *)aside;

    gw_sources_release(&g->old);
    gw_sources_release(&g->saved);
    free(g);
}

/** Sets the text of a file. */
static int set_text(struct gw_sources *s, const struct gw_source *f)
{
    const struct gw_source *was = gw_sources_find(s, f->path);

    if (!was)
        return gw_sources_add(s, f->path, rt_buf_str(&f->text));
    struct rt_buf *text = &s->file[was - s->file].text;
    rt_buf_reset(text);
    rt_buf_put(text, f->text.p ? f->text.p : "", f->text.n);
    return text->failed ? ENOMEM : 0;
}

/** Of several plans in a row that nobody has confirmed the last text counts. */
void gw_apply_saved(struct gw_apply_fallback *f, const struct gw_apply_job *j)
{
    int err = 0;

    for (unsigned i = 0; err == 0 && i < j->edited.n; i++)
        err = set_text(&f->saved, &j->edited.file[i]);
    if (err != 0)
        rt_log(RT_LOG_PLAN, RT_ERROR, "%s: without confirmation it is not put back: %s", j->path,
               strerror(err));
}

/** A file that the plan in force does not read is nobody's business. */
static int collect(struct going_back *g, const struct gw_sources *in_force)
{
    int err = 0;

    for (unsigned i = 0; err == 0 && i < g->saved.n; i++) {
        const struct gw_source *f = gw_sources_find(in_force, g->saved.file[i].path);
        if (f)
            err = gw_sources_add(&g->old, f->path, rt_buf_str(&f->text));
    }
    return err;
}

void gw_apply_go_back(struct gw_apply *a)
{
    struct gw_sources *saved = &a->fallback.saved;
    struct going_back *g;

    if (saved->n == 0)
        return;
    g = calloc(1, sizeof *g);
    if (!g) {
        rt_log(RT_LOG_PLAN, RT_ERROR, "%s: it is not put back: no memory", saved->file[0].path);
        return;
    }
    g->saved = *saved;
    *saved = (struct gw_sources){.n = 0};
    g->aside.work = go_back;
    g->aside.done = g->aside.drop = end_going_back;
    int err = collect(g, &a->sources);
    if (err != 0)
        rt_log(RT_LOG_PLAN, RT_ERROR, "not all files are put back: %s", strerror(err));
    gw_aside_do(a->aside, &g->aside);
}
