/* Open files of the kernel: those that only grow, and those that are read and written anywhere. */
#include "gw/rt/file.h"
#include "gw/rt/os_file.h"
#include "gw/rt/os_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/** Writes all of it, from where the descriptor stands. */
int rt_write_fd(int fd, const void *buf, size_t len)
{
    const char *p = buf;

    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

/* ---- files that only grow ---- */

struct rt_append {
    int fd;
    uint64_t size;
    char path[];
};

static int open_append(struct rt_append *a, unsigned mode)
{
    struct stat st;
    int err = rt_make_parents(a->path);

    if (err != 0)
        return err;
    a->fd = open(a->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, (mode_t)mode);
    if (a->fd < 0 || fstat(a->fd, &st) != 0)
        return errno;
    if (flock(a->fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? EBUSY : errno;
    a->size = (uint64_t)st.st_size;
    return 0;
}

int rt_append_open(struct rt_append **out, const char *path, unsigned mode)
{
    struct rt_append *a = calloc(1, sizeof *a + strlen(path) + 1);

    if (!a)
        return ENOMEM;
    strcpy(a->path, path);
    a->fd = -1;
    unsigned wait = rt_wait_begin(path);
    int err = open_append(a, mode);
    rt_wait_end(wait);
    if (err != 0) {
        rt_append_close(a);
        return err;
    }
    *out = a;
    return 0;
}

void rt_append_close(struct rt_append *a)
{
    if (!a)
        return;
    unsigned wait = rt_wait_begin(a->path); /* NFS writes what it has when a file is closed */
    if (a->fd >= 0)
        close(a->fd);
    rt_wait_end(wait);
    free(a);
}

int rt_append_write(struct rt_append *a, const void *buf, size_t len)
{
    unsigned wait = rt_wait_begin(a->path);
    int err = rt_write_fd(a->fd, buf, len);

    if (err != 0 && ftruncate(a->fd, (off_t)a->size) != 0)
        err = EIO; /* a part of it stays in the file: recovery cuts it off */
    rt_wait_end(wait);
    if (err == 0)
        a->size += len;
    return err;
}

int rt_append_sync(struct rt_append *a)
{
    unsigned wait = rt_wait_begin(a->path);
    int err = fdatasync(a->fd) == 0 ? 0 : errno;

    rt_wait_end(wait);
    return err;
}

bool rt_append_there(const struct rt_append *a, const char *path)
{
    struct stat ours, there;
    unsigned wait = rt_wait_begin(path);
    bool same = fstat(a->fd, &ours) == 0 && stat(path, &there) == 0 &&
                ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;

    rt_wait_end(wait);
    return same;
}

uint64_t rt_append_size(const struct rt_append *a)
{
    return a->size;
}

int rt_append_truncate(struct rt_append *a, uint64_t size)
{
    unsigned wait = rt_wait_begin(a->path);
    int err = ftruncate(a->fd, (off_t)size) == 0 ? 0 : errno;

    rt_wait_end(wait);
    if (err == 0)
        a->size = size;
    return err;
}

/* ---- files that are read and written anywhere ---- */

struct rt_file {
    int fd;
    uint64_t size;
    char path[];
};

/** Opens by `how`; the handle, or the errno. */
static int open_file(struct rt_file **out, const char *path,
                     int (*how)(struct rt_file *f, unsigned mode), unsigned mode)
{
    struct rt_file *f = calloc(1, sizeof *f + strlen(path) + 1);

    if (!f)
        return ENOMEM;
    strcpy(f->path, path);
    f->fd = -1;
    unsigned wait = rt_wait_begin(path);
    int err = how(f, mode);
    rt_wait_end(wait);
    if (err != 0) {
        rt_file_close(f);
        return err;
    }
    *out = f;
    return 0;
}

static int create(struct rt_file *f, unsigned mode)
{
    int err = rt_make_parents(f->path);

    if (err != 0)
        return err;
    f->fd = open(f->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    return f->fd < 0 ? errno : 0;
}

int rt_file_create(struct rt_file **out, const char *path, unsigned mode)
{
    return open_file(out, path, create, mode);
}

static int open_there(struct rt_file *f, unsigned mode)
{
    struct stat st;

    (void)mode;
    f->fd = rt_open_to_read(f->path);
    if (f->fd < 0 || fstat(f->fd, &st) != 0)
        return errno;
    f->size = (uint64_t)st.st_size;
    return S_ISDIR(st.st_mode) ? EISDIR : 0;
}

int rt_file_open(struct rt_file **out, const char *path)
{
    return open_file(out, path, open_there, 0);
}

void rt_file_close(struct rt_file *f)
{
    if (!f)
        return;
    unsigned wait = rt_wait_begin(f->path);
    if (f->fd >= 0)
        close(f->fd);
    rt_wait_end(wait);
    free(f);
}

static int read_at(int fd, uint64_t at, char *p, size_t len, size_t *got)
{
    for (*got = 0; *got < len;) {
        ssize_t n = pread(fd, p + *got, len - *got, (off_t)(at + *got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return 0;
}

int rt_file_read_at(struct rt_file *f, uint64_t at, void *buf, size_t len, size_t *got)
{
    unsigned wait = rt_wait_begin(f->path);
    int err = read_at(f->fd, at, buf, len, got);

    rt_wait_end(wait);
    return err;
}

static int write_at(struct rt_file *f, uint64_t at, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = pwrite(f->fd, p, len, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        p += n;
        len -= (size_t)n;
        at += (uint64_t)n;
        if (at > f->size)
            f->size = at;
    }
    return 0;
}

int rt_file_write_at(struct rt_file *f, uint64_t at, const void *buf, size_t len)
{
    unsigned wait = rt_wait_begin(f->path);
    int err = write_at(f, at, buf, len);

    rt_wait_end(wait);
    return err;
}

uint64_t rt_file_size(const struct rt_file *f)
{
    return f->size;
}
