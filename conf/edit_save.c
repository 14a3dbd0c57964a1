/* An editing session: all files of a plan in memory, and back to the disk. */
#include "conf/edit_priv.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

/* ---- open ---- */

static void free_file(struct conf_edit_file *f)
{
    conf_item_free(f->items);
    rt_buf_release(&f->was);
    rt_buf_release(&f->tail);
    free(f->path);
    free(f);
}

void conf_edit_free(struct conf_edit *e)
{
    struct conf_edit_file *f, *next;

    if (!e)
        return;
    DL_FOREACH_SAFE(e->files, f, next)
    {
        DL_DELETE(e->files, f);
        free_file(f);
    }
    free(e->rows);
    free(e);
}

static struct conf_edit_file *file_of(const struct conf_edit *e, const char *path)
{
    struct conf_edit_file *f = e->files;

    while (f && strcmp(f->path, path) != 0)
        f = f->next;
    return f;
}

/** Reads a file for the parser and keeps what it was. */
static int read_and_keep(void *arg, struct rt_buf *out, const char *path, size_t max)
{
    struct conf_edit *e = arg;
    struct conf_edit_file *f = file_of(e, path);

    if (!f) {
        f = calloc(1, sizeof *f);
        if (!f || !(f->path = rt_str_dup(rt_str(path)))) {
            free(f);
            return ENOMEM;
        }
        int err = rt_file_read(&f->was, path, max);
        if (err == 0 && f->was.failed)
            err = ENOMEM;
        if (err != 0) {
            free_file(f);
            return err;
        }
        DL_APPEND(e->files, f);
    }
    rt_buf_put(out, f->was.p, f->was.n);
    return f->was.n > max ? EFBIG : 0;
}

static int copy_rows(struct conf_edit *e)
{
    e->rows = calloc(e->schema->nrows + 1, sizeof *e->rows);
    if (!e->rows)
        return ENOMEM;
    memcpy(e->rows, e->schema->rows, e->schema->nrows * sizeof *e->rows);
    for (size_t i = 0; i < e->schema->nrows; i++)
        e->rows[i].flags &= ~(unsigned)CONF_REQUIRED;
    e->lenient = (struct conf_schema){e->schema->name, e->rows, e->schema->nrows};
    return 0;
}

int conf_edit_open(struct conf_edit **out, const struct conf_schema *schema, const char *path,
                   struct conf_diag *diag)
{
    struct conf_edit *e = calloc(1, sizeof *e);
    struct conf_edit_file *f;
    struct conf *c;

    if (!e)
        return ENOMEM;
    e->schema = schema;
    const struct conf_reader reader = {.read = read_and_keep, .arg = e};
    int err = conf_load_through(&c, schema, path, &reader, diag);
    if (err == 0) {
        conf_free(c);
        err = copy_rows(e);
    }
    DL_FOREACH(e->files, f)
    if (err == 0)
        err = conf_item_cut(&f->items, &f->tail, schema, "", rt_buf_str(&f->was));
    if (err != 0)
        conf_edit_free(e);
    else
        *out = e;
    return err;
}

/* ---- what it is now ---- */

static void file_text(const struct conf_edit_file *f, struct rt_buf *out)
{
    conf_item_text(f->items, out);
    rt_buf_put(out, f->tail.p, f->tail.n);
}

int conf_edit_text(const struct conf_edit *e, const char *file, struct rt_buf *out)
{
    const struct conf_edit_file *f = file ? file_of(e, file) : e->files;

    if (!f)
        return ENOENT;
    file_text(f, out);
    return out->failed ? ENOMEM : 0;
}

/** A file that a wildcard finds only now is read from the disk. */
static int read_now(void *arg, struct rt_buf *out, const char *path, size_t max)
{
    const struct conf_edit_file *f = file_of(arg, path);

    if (!f)
        return rt_file_read(out, path, max);
    file_text(f, out);
    return out->n > max ? EFBIG : 0;
}

int conf_edit_tree(struct conf_edit *e, struct conf **out, struct conf_diag *diag)
{
    const struct conf_reader reader = {.read = read_now, .arg = e};

    return conf_load_through(out, e->schema, e->files->path, &reader, diag);
}

/* ---- save ---- */

static int check_disk(const struct conf_edit_file *f, struct conf_diag *diag)
{
    struct rt_buf disk = {0};
    int err = rt_file_read(&disk, f->path, CONF_FILE_MAX);
    bool same = err == 0 && !disk.failed && disk.n == f->was.n &&
                (disk.n == 0 || memcmp(disk.p, f->was.p, disk.n) == 0);

    rt_buf_release(&disk);
    if (same)
        return 0;
    conf_error(diag, (struct conf_pos){f->path, 0, 0},
               "somebody else has changed this file meanwhile: nothing is saved");
    return ESTALE;
}

/** `was` holds the new text when it is written, the old one when not. */
static int write_file(struct conf_edit_file *f, unsigned mode, struct rt_buf *old,
                      struct conf_diag *diag)
{
    struct rt_buf text = {0};

    file_text(f, &text);
    int err = text.failed ? ENOMEM : rt_file_replace(f->path, text.p ? text.p : "", text.n, mode);
    if (err != 0) {
        conf_error(diag, (struct conf_pos){f->path, 0, 0}, "cannot write this file: %s",
                   strerror(err));
        rt_buf_release(&text);
        return err;
    }
    *old = f->was;
    f->was = text;
    return 0;
}

static int write_all(struct conf_edit_file *f, unsigned mode, struct conf_diag *diag)
{
    struct rt_buf old = {0};

    while (f && !f->changed)
        f = f->next;
    if (!f)
        return 0;
    int err = write_file(f, mode, &old, diag);
    if (err != 0)
        return err;
    err = write_all(f->next, mode, diag);
    if (err != 0) {
        rt_file_replace(f->path, old.p ? old.p : "", old.n, mode);
        rt_buf_release(&f->was);
        f->was = old;
        return err;
    }
    f->changed = false;
    rt_buf_release(&old);
    return 0;
}

int conf_edit_save(struct conf_edit *e, unsigned mode, struct conf_diag *diag)
{
    struct conf_edit_file *f;
    struct conf *c;
    int err = conf_edit_tree(e, &c, diag);

    if (err != 0)
        return err;
    conf_free(c);
    DL_FOREACH(e->files, f)
    if (err == 0 && f->changed)
        err = check_disk(f, diag);
    return err != 0 ? err : write_all(e->files, mode, diag);
}
