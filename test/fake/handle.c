/* Open files: those that only grow, and those that are read and written anywhere. A handle means
 * the file that it opened, whatever that is called later. */
#include "file_priv.h"

#include <stdlib.h>
#include <utlist.h>

static struct fake_handle *handles;

void fake_handle_open(struct fake_handle *h, struct fake_file *f)
{
    h->owner = fake_process_now();
    h->file = f;
    if (f)
        f->handles++;
    DL_APPEND(handles, h);
}

void fake_handle_close(struct fake_handle *h)
{
    struct fake_file *f = h->file;

    if (f && --f->handles == 0 && !f->path) {
        rt_buf_release(&f->data);
        free(f);
    }
    DL_DELETE(handles, h);
    free(h->memory);
    free(h);
}

void fake_files_kill(unsigned process)
{
    for (struct fake_handle *h = handles, *next; h; h = next) {
        next = h->next;
        if (h->owner == process && !h->lost)
            fake_handle_close(h);
    }
}

void fake_handles_reset(void)
{
    struct fake_handle *h;

    DL_FOREACH(handles, h)
    h->lost = true;
}

void fake_files_leaks(struct fake_leaks *out)
{
    struct fake_handle *h;

    DL_FOREACH(handles, h)
    out->files += !h->lost;
}

/** What has no name any more does not hang. */
static void hang_at(const struct fake_handle *h)
{
    if (h->file && h->file->path)
        fake_hang_here(h->file->path);
}

/* ---- files that only grow ---- */

struct rt_append {
    struct fake_handle h;
};

int rt_append_open(struct rt_append **out, const char *path, unsigned mode)
{
    fake_hang_here(path);
    struct fake_file *f = fake_file_find(path);
    int err = fake_disk_open();

    (void)mode;
    if (err == 0 && !f && fake_disk_died())
        err = EIO;
    if (err != 0)
        return err;
    *out = fake_alloc(sizeof **out);
    fake_handle_open(&(*out)->h, f ? f : fake_file_make(path));
    return 0;
}

void rt_append_close(struct rt_append *a)
{
    if (a)
        fake_handle_close(&a->h);
}

int rt_append_write(struct rt_append *a, const void *buf, size_t len)
{
    size_t made;
    hang_at(&a->h);
    int err = fake_disk_write(len, &made);

    fake_put(&a->h.file->data, buf, made);
    return err;
}

int rt_append_sync(struct rt_append *a)
{
    hang_at(&a->h);
    int err = fake_disk_sync();

    if (err == 0)
        a->h.file->synced = a->h.file->data.n;
    return err;
}

bool rt_append_there(const struct rt_append *a, const char *path)
{
    fake_hang_here(path);
    return fake_file_find(path) == a->h.file;
}

uint64_t rt_append_size(const struct rt_append *a)
{
    return a->h.file->data.n;
}

int rt_append_truncate(struct rt_append *a, uint64_t size)
{
    struct fake_file *f = a->h.file;

    hang_at(&a->h);
    if (size > f->data.n)
        return EINVAL;
    int err = fake_disk_change();
    if (err != 0)
        return err;
    f->data.n = (size_t)size;
    if (f->synced > f->data.n)
        f->synced = f->data.n;
    return 0;
}

/* ---- files that are read and written anywhere ---- */

struct rt_file {
    struct fake_handle h;
};

int rt_file_create(struct rt_file **out, const char *path, unsigned mode)
{
    fake_hang_here(path);
    int err = fake_disk_open();

    (void)mode;
    if (err != 0)
        return err;
    if (fake_file_find(path))
        return EEXIST;
    if (fake_disk_died())
        return EIO;
    *out = fake_alloc(sizeof **out);
    fake_handle_open(&(*out)->h, fake_file_make(path));
    return 0;
}

int rt_file_open(struct rt_file **out, const char *path)
{
    fake_hang_here(path);
    struct fake_file *f = fake_file_find(path);
    int err = fake_disk_open();

    if (err != 0 || !f)
        return err != 0 ? err : ENOENT;
    *out = fake_alloc(sizeof **out);
    fake_handle_open(&(*out)->h, f);
    return 0;
}

void rt_file_close(struct rt_file *f)
{
    if (f)
        fake_handle_close(&f->h);
}

int rt_file_read_at(struct rt_file *f, uint64_t at, void *buf, size_t len, size_t *got)
{
    hang_at(&f->h);
    const struct rt_buf *data = &f->h.file->data;

    *got = at >= data->n ? 0 : data->n - (size_t)at < len ? data->n - (size_t)at : len;
    if (*got > 0)
        memcpy(buf, data->p + at, *got);
    return 0;
}

int rt_file_write_at(struct rt_file *f, uint64_t at, const void *buf, size_t len)
{
    struct rt_buf *data = &f->h.file->data;
    size_t made;
    hang_at(&f->h);
    int err = fake_disk_write(len, &made);

    while (made > 0 && data->n < at + made)
        fake_put(data, " ", 1); /* room; a hole is not left as such by anybody */
    if (made > 0)
        memcpy(data->p + at, buf, made);
    return err;
}

uint64_t rt_file_size(const struct rt_file *f)
{
    return f->h.file->data.n;
}
