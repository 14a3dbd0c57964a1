/* Files in memory, each with how much of it is safe from a crash. */
#include "fake_priv.h"

#include "gw/rt/file.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

struct file {
    char *path;
    struct rt_buf data;
    size_t synced;
    int64_t modified; /* put there whole: when */
    struct file *prev, *next;
};

struct rt_append {
    char *path;
};

static struct file *files;
static unsigned handles, failures;
static int failure;

static struct file *find(const char *path)
{
    struct file *f;

    DL_FOREACH(files, f)
    if (strcmp(f->path, path) == 0)
        return f;
    return NULL;
}

static struct file *make(const char *path)
{
    struct file *f = find(path);

    if (f)
        return f;
    f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->path = rt_str_dup(rt_str(path));
    DL_APPEND(files, f);
    return f;
}

static void forget(struct file *f)
{
    DL_DELETE(files, f);
    rt_buf_release(&f->data);
    free(f->path);
    free(f);
}

static bool failing(void)
{
    if (failures == 0)
        return false;
    failures--;
    return true;
}

void fake_files_fail(unsigned n, int err)
{
    failures = n;
    failure = err;
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
    struct file *f = find(path);

    if (!f)
        return read_system(out, path, max);
    if (f->data.n > max)
        return EFBIG;
    rt_buf_put(out, f->data.p, f->data.n);
    return 0;
}

int rt_append_open(struct rt_append **out, const char *path, unsigned mode)
{
    (void)mode;
    if (failing())
        return failure;
    struct rt_append *a = calloc(1, sizeof *a);
    if (!a || !make(path)) {
        free(a);
        return ENOMEM;
    }
    a->path = rt_str_dup(rt_str(path));
    handles++;
    *out = a;
    return 0;
}

void rt_append_close(struct rt_append *a)
{
    if (!a)
        return;
    handles--;
    free(a->path);
    free(a);
}

int rt_append_write(struct rt_append *a, const void *buf, size_t len)
{
    if (failing())
        return failure;
    rt_buf_put(&make(a->path)->data, buf, len);
    return 0;
}

int rt_append_sync(struct rt_append *a)
{
    struct file *f = make(a->path);

    if (failing())
        return failure;
    f->synced = f->data.n;
    return 0;
}

bool rt_append_there(const struct rt_append *a, const char *path)
{
    (void)a;
    return find(path) != NULL;
}

uint64_t rt_append_size(const struct rt_append *a)
{
    struct file *f = find(a->path);
    return f ? f->data.n : 0;
}

int rt_append_truncate(struct rt_append *a, uint64_t size)
{
    struct file *f = find(a->path);

    if (!f || size > f->data.n)
        return EINVAL;
    f->data.n = (size_t)size;
    if (f->synced > f->data.n)
        f->synced = f->data.n;
    return 0;
}

struct rt_file {
    char *path;
};

int rt_file_create(struct rt_file **out, const char *path, unsigned mode)
{
    (void)mode;
    if (failing())
        return failure;
    if (find(path))
        return EEXIST;
    struct rt_file *f = calloc(1, sizeof *f);
    if (!f || !make(path)) {
        free(f);
        return ENOMEM;
    }
    f->path = rt_str_dup(rt_str(path));
    handles++;
    *out = f;
    return 0;
}

int rt_file_open(struct rt_file **out, const char *path)
{
    if (failing())
        return failure;
    if (!find(path))
        return ENOENT;
    struct rt_file *f = calloc(1, sizeof *f);
    if (!f)
        return ENOMEM;
    f->path = rt_str_dup(rt_str(path));
    handles++;
    *out = f;
    return 0;
}

void rt_file_close(struct rt_file *f)
{
    if (!f)
        return;
    handles--;
    free(f->path);
    free(f);
}

int rt_file_read_at(struct rt_file *f, uint64_t at, void *buf, size_t len, size_t *got)
{
    const struct rt_buf *data = &make(f->path)->data;

    *got = at >= data->n ? 0 : data->n - (size_t)at < len ? data->n - (size_t)at : len;
    memcpy(buf, data->p + (*got > 0 ? at : 0), *got);
    return 0;
}

int rt_file_write_at(struct rt_file *f, uint64_t at, const void *buf, size_t len)
{
    struct rt_buf *data = &make(f->path)->data;

    if (failing())
        return failure;
    while (data->n < at + len)
        rt_buf_puts(data, " "); /* room; a hole is not left as such by anybody */
    memcpy(data->p + at, buf, len);
    return 0;
}

uint64_t rt_file_size(const struct rt_file *f)
{
    const struct file *file = find(f->path);
    return file ? file->data.n : 0;
}

int rt_file_replace(const char *path, const void *buf, size_t len, unsigned mode)
{
    (void)mode;
    if (failing())
        return failure;
    struct file *f = make(path);
    if (!f)
        return ENOMEM;
    rt_buf_reset(&f->data);
    rt_buf_put(&f->data, buf, len);
    f->synced = len;
    f->modified = rt_wall() / RT_S;
    return 0;
}

int rt_file_remove(const char *path)
{
    struct file *f = find(path);

    if (f)
        forget(f);
    return 0;
}

int rt_file_rename(const char *from, const char *to)
{
    struct file *f = find(from), *old = find(to);

    if (!f)
        return ENOENT;
    if (old)
        forget(old);
    free(f->path);
    f->path = rt_str_dup(rt_str(to));
    return 0;
}

int rt_file_stat(struct rt_file_info *out, const char *path)
{
    const struct file *f = find(path);

    if (!f)
        return ENOENT;
    *out = (struct rt_file_info){f->data.n, f->modified, 0644};
    return 0;
}

static struct rt_disk disk = {1, 0, 1000000};

void fake_disk(uint64_t used, uint64_t total)
{
    disk = (struct rt_disk){1, used, total};
}

int rt_disk_usage(struct rt_disk *out, const char *path)
{
    (void)path;
    *out = disk;
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const struct file *first = a, *second = b;
    return strcmp(first->path, second->path);
}

int rt_glob(const char *pattern, int (*fn)(void *arg, const char *path), void *arg)
{
    struct file *f;
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

/* ---- memory: a mapped file is a copy of it ---- */

struct rt_map {
    void *data;
    size_t size;
};

int rt_map_memory(struct rt_map **out, size_t size)
{
    size_t room = (size + 64) / 64 * 64;
    struct rt_map *m = calloc(1, sizeof *m);

    if (!m || !(m->data = aligned_alloc(64, room))) {
        free(m);
        return ENOMEM;
    }
    memset(m->data, 0, room);
    m->size = size;
    handles++;
    *out = m;
    return 0;
}

int rt_map_file(struct rt_map **out, const char *path)
{
    const struct file *f = find(path);

    if (!f)
        return ENOENT;
    int err = rt_map_memory(out, f->data.n);
    if (err == 0 && f->data.n > 0)
        memcpy((*out)->data, f->data.p, f->data.n);
    return err;
}

void rt_map_free(struct rt_map *m)
{
    if (!m)
        return;
    handles--;
    free(m->data);
    free(m);
}

void rt_map_shrink(struct rt_map *m, size_t size)
{
    m->size = size;
}

void *rt_map_data(const struct rt_map *m)
{
    return m->size > 0 ? m->data : NULL;
}

size_t rt_map_size(const struct rt_map *m)
{
    return m->size;
}

void fake_files_crash(void)
{
    struct file *f;

    DL_FOREACH(files, f)
    f->data.n = f->synced;
}

void fake_files_reset(void)
{
    while (files)
        forget(files);
    failures = 0;
    handles = 0;
    fake_disk(0, 1000000);
}

void fake_files_leaks(struct fake_leaks *out)
{
    out->files += handles;
}
