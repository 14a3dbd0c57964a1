/* What goes to files: the octets of the journal, and the files beside it, CSV and JSON lines, which
 * get each record that is durable in the journal and over.
 */
#include "gw/cdr_priv.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <utlist.h>

/** Records kept for a file that fails while the journal does not. */
#define ROWS_MAX  (GW_CDR_QUEUE_MAX / 2)
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

void gw_cdr_empty_text(struct gw_cdr_writer *w)
{
    if (w->text.cap > TEXT_KEPT)
        rt_buf_release(&w->text);
    else
        rt_buf_reset(&w->text);
}

/* ---- records that are over ---- */

/** The rows are where they belong, or nowhere to go. */
static unsigned drop_rows(struct gw_cdr_writer *w)
{
    struct gw_cdr_item *item;
    unsigned n;

    DL_COUNT(w->rows, item, n);
    gw_cdr_items_free(&w->rows);
    atomic_fetch_sub(&w->queued, n);
    return n;
}

static void put_csv(struct rt_buf *out, const struct gw_cdr_writer *w)
{
    const struct gw_cdr_item *item;

    if (w->texts[GW_CDR_CSV].size == 0)
        gw_cdr_csv_header(out);
    DL_FOREACH(w->rows, item)
    gw_cdr_csv(out, &item->r);
}

static void put_json(struct rt_buf *out, const struct gw_cdr_writer *w)
{
    const struct gw_cdr_item *item;

    DL_FOREACH(w->rows, item)
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
static int write_text(struct gw_cdr_writer *w, enum gw_cdr_form form)
{
    static void (*const put[])(struct rt_buf *, const struct gw_cdr_writer *) = {
        [GW_CDR_CSV] = put_csv, [GW_CDR_JSON] = put_json};
    struct gw_cdr_text *t = &w->texts[form];
    int err = follow_path(t);

    put[form](&w->text, w);
    if (err == 0)
        err = gw_cdr_append(t->file, &t->size, &w->text);
    if (err == 0)
        err = rt_append_sync(t->file);
    gw_cdr_empty_text(w);
    return err;
}

/** Into all files or none: what a failure leaves in them is cut off by the next attempt. */
static int write_texts(struct gw_cdr_writer *w, const char **path)
{
    uint64_t before[GW_CDR_NFORMS];
    int err = 0;

    for (unsigned i = 0; i < GW_CDR_NFORMS; i++)
        before[i] = w->texts[i].size;
    for (unsigned i = 0; err == 0 && i < GW_CDR_NFORMS; i++) {
        if (!w->texts[i].file)
            continue;
        *path = w->texts[i].path;
        err = write_text(w, i);
    }
    for (unsigned i = 0; err != 0 && i < GW_CDR_NFORMS; i++)
        w->texts[i].size = before[i];
    return err;
}

bool gw_cdr_has_texts(const struct gw_cdr_writer *w)
{
    return w->texts[GW_CDR_CSV].path || w->texts[GW_CDR_JSON].path;
}

/** A file that fails for too long must not take the journal's memory: the journal has the records,
 * and the next start exports them. */
static void leave_behind(struct gw_cdr_writer *w, const char *path)
{
    if (!w->journal_path || atomic_load(&w->queued) < ROWS_MAX)
        return;
    w->behind = true;
    rt_log(RT_LOG_CDR, RT_ERROR,
           "%s: failing for too long; exported from the journal at the next start", path);
    drop_rows(w);
}

int gw_cdr_export(struct gw_cdr_writer *w, const char **path)
{
    if (!w->rows)
        return 0;
    if (w->behind) {
        drop_rows(w);
        return 0;
    }
    int err = write_texts(w, path);
    if (err != 0) {
        leave_behind(w, *path);
        return err;
    }
    unsigned n = drop_rows(w);
    if (gw_cdr_has_texts(w))
        rt_count_n(&gw_cdr_counters[GW_CDR_EXPORTED], n);
    w->exported += n;
    w->mark_due = true;
    return 0;
}
