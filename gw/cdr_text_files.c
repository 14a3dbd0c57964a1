/* What goes to files: the octets of the journal, and the files beside it, CSV and JSON lines, which
 * get each record that is durable in the journal and over (cdr_follow.c).
 */
#include "gw/cdr_priv.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <utlist.h>

#define TEXT_KEPT ((size_t)1 << 20)

/* ---- octets ---- */

int gw_cdr_append(struct rt_append *a, uint64_t *size, const struct rt_buf *text)
{
    int err = text->failed ? ENOMEM : 0;

    if (err == 0 && rt_append_size(a) != *size)
        err = rt_append_truncate(a, *size);
    if (err == 0)
        err = rt_append_write(a, text->p, text->n);
    if (err == 0)
        *size = rt_append_size(a);
    else
        (void)rt_append_truncate(a, *size);
    return err;
}

void gw_cdr_empty_text(struct rt_buf *text)
{
    if (text->cap > TEXT_KEPT)
        rt_buf_release(text);
    else
        rt_buf_reset(text);
}

/* ---- records that are over ---- */

static void put_csv(struct rt_buf *out, const struct gw_cdr_follow *f)
{
    const struct gw_cdr_item *item;

    if (f->texts[GW_CDR_CSV].size == 0)
        gw_cdr_csv_header(out);
    DL_FOREACH(f->rows, item)
    gw_cdr_csv(out, &item->r);
}

static void put_json(struct rt_buf *out, const struct gw_cdr_follow *f)
{
    const struct gw_cdr_item *item;

    DL_FOREACH(f->rows, item)
    {
        gw_cdr_json(out, &item->r);
        rt_buf_puts(out, "\n");
    }
}

/** A file that was moved, as logs are when they are rotated, is left to whoever did it. */
static int follow_path(struct gw_cdr_text *t)
{
    struct rt_append *other;

    if (rt_append_there(t->file, t->path))
        return 0;
    int err = rt_append_open(&other, t->path, 0640);
    if (err != 0)
        return err;
    rt_log(RT_LOG_CDR, RT_NOTICE, "%s: begun anew, the one before was moved", t->path);
    rt_append_close(t->file);
    t->file = other;
    t->size = rt_append_size(other);
    return 0;
}

/** Appends the closed records to one of the files and makes them durable. */
static int write_text(struct gw_cdr_follow *f, enum gw_cdr_form form)
{
    static void (*const put[])(struct rt_buf *, const struct gw_cdr_follow *) = {
        [GW_CDR_CSV] = put_csv, [GW_CDR_JSON] = put_json};
    struct gw_cdr_text *t = &f->texts[form];
    int err = follow_path(t);

    put[form](&f->out, f);
    if (err == 0)
        err = gw_cdr_append(t->file, &t->size, &f->out);
    if (err == 0)
        err = rt_append_sync(t->file);
    gw_cdr_empty_text(&f->out);
    return err;
}

/** What a failure leaves in them is cut off by the next attempt. */
int gw_cdr_write_texts(struct gw_cdr_follow *f)
{
    uint64_t before[GW_CDR_NFORMS];
    int err = 0;

    for (unsigned i = 0; i < GW_CDR_NFORMS; i++)
        before[i] = f->texts[i].size;
    for (unsigned i = 0; err == 0 && i < GW_CDR_NFORMS; i++) {
        if (!f->texts[i].file)
            continue;
        f->failed = f->texts[i].path;
        err = write_text(f, i);
    }
    for (unsigned i = 0; err != 0 && i < GW_CDR_NFORMS; i++)
        f->texts[i].size = before[i];
    return err;
}
