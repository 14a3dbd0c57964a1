/* Files in memory, each with how much of it is safe from a crash: what is done to them by name. */
#include "file_priv.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

static struct fake_file *files;

struct fake_file *fake_file_find(const char *path)
{
    struct fake_file *f;

    DL_FOREACH(files, f)
    if (strcmp(f->path, path) == 0)
        return f;
    return NULL;
}

struct fake_file *fake_file_make(const char *path)
{
    struct fake_file *f = fake_file_find(path);

    if (f)
        return f;
    f = fake_alloc(sizeof *f);
    f->path = fake_dup(path);
    DL_APPEND(files, f);
    return f;
}

void fake_file_unlink(struct fake_file *f)
{
    DL_DELETE(files, f);
    free(f->path);
    f->path = NULL;
    if (f->handles > 0)
        return;
    rt_buf_release(&f->data);
    free(f);
}

/** Facts of the system that do not change: time zones. */
static int read_system(struct rt_buf *out, const char *path, size_t max)
{
    FILE *in = strncmp(path, "/usr/share/zoneinfo/", 20) == 0 ? fopen(path, "rb") : NULL;
    char part[4096];
    size_t n;

    if (!in)
        return ENOENT;
    while ((n = fread(part, 1, sizeof part, in)) > 0 && out->n + n <= max)
        rt_buf_put(out, part, n);
    fclose(in);
    return n > 0 ? EFBIG : 0;
}

int rt_file_read(struct rt_buf *out, const char *path, size_t max)
{
    fake_hang_here(path);
    struct fake_file *f = fake_file_find(path);

    if (!f)
        return read_system(out, path, max);
    if (f->data.n > max)
        return EFBIG;
    rt_buf_put(out, f->data.p, f->data.n);
    return out->failed ? ENOMEM : 0;
}

/** The old file stays what it is for whoever has it open. */
int rt_file_replace(const char *path, const void *buf, size_t len, unsigned mode)
{
    fake_hang_here(path);
    struct fake_file *old = fake_file_find(path);
    size_t made; /* a part is put nowhere */
    int err = fake_disk_write(len, &made);

    (void)mode;
    if (err != 0)
        return err;
    if (old)
        fake_file_unlink(old);
    struct fake_file *f = fake_file_make(path);
    fake_put(&f->data, buf, len);
    f->synced = len;
    f->modified = rt_wall() / RT_S;
    return 0;
}

int rt_file_remove(const char *path)
{
    fake_hang_here(path);
    struct fake_file *f = fake_file_find(path);
    int err = f ? fake_disk_change() : 0;

    if (f && err == 0)
        fake_file_unlink(f);
    return err;
}

int rt_file_rename(const char *from, const char *to)
{
    fake_hang_here(to);
    struct fake_file *f = fake_file_find(from), *old = fake_file_find(to);

    if (!f)
        return ENOENT;
    int err = fake_disk_change();
    if (err != 0 || f == old)
        return err;
    if (old)
        fake_file_unlink(old);
    free(f->path);
    f->path = fake_dup(to);
    return 0;
}

int rt_file_stat(struct rt_file_info *out, const char *path)
{
    fake_hang_here(path);
    const struct fake_file *f = fake_file_find(path);

    if (!f)
        return ENOENT;
    *out = (struct rt_file_info){f->data.n, f->modified, 0644};
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const struct fake_file *first = a, *second = b;
    return strcmp(first->path, second->path);
}

int rt_glob(const char *pattern, int (*fn)(void *arg, const char *path), void *arg)
{
    struct fake_file *f;
    int err = ENOENT;

    DL_SORT(files, by_path);
    DL_FOREACH(files, f)
    {
        if (fnmatch(pattern, f->path, FNM_PATHNAME | FNM_PERIOD) != 0)
            continue;
        err = fn(arg, f->path);
        if (err != 0)
            break;
    }
    return err;
}

void fake_files_crash(void)
{
    struct fake_file *f;

    DL_FOREACH(files, f)
    f->data.n = f->synced;
}

void fake_files_reset(void)
{
    while (files)
        fake_file_unlink(files);
    fake_handles_reset();
    fake_disk_reset();
}
