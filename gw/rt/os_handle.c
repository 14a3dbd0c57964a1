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

/* ---- what both kinds are ---- */

struct handle {
    int fd;
    uint64_t size;
    const char *path; /* stands behind it */
};
struct rt_append {
    struct handle h;
};
struct rt_file {
    struct handle h;
};

static void close_handle(struct handle *h)
{
    unsigned wait = rt_wait_begin(h->path); /* NFS writes what it has when a file is closed */

    if (h->fd >= 0)
        close(h->fd);
    rt_wait_end(wait);
    free(h);
}

/** Opens by `how`; NULL: there is `*err`. */
static struct handle *open_handle(int *err, const char *path,
                                  int (*how)(struct handle *h, unsigned mode), unsigned mode)
{
    struct handle *h = calloc(1, sizeof *h + strlen(path) + 1);

    *err = ENOMEM;
    if (!h)
        return NULL;
    h->path = strcpy((char *)(h + 1), path);
    h->fd = -1;
    unsigned wait = rt_wait_begin(path);
    *err = how(h, mode);
    rt_wait_end(wait);
    if (*err == 0)
        return h;
    close_handle(h);
    return NULL;
}

/* ---- files that only grow ---- */

static int open_append(struct handle *h, unsigned mode)
{
    struct stat st;
    int err = rt_make_parents(h->path);

    if (err != 0)
        return err;
    h->fd = open(h->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, (mode_t)mode);
    if (h->fd < 0 || fstat(h->fd, &st) != 0)
        return errno;
    if (flock(h->fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? EBUSY : errno;
    h->size = (uint64_t)st.st_size;
    return 0;
}

int rt_append_open(struct rt_append **out, const char *path, unsigned mode)
{
    int err;
    struct handle *h = open_handle(&err, path, open_append, mode);

    if (h)
        *out = (struct rt_append *)h;
    return err;
}

void rt_append_close(struct rt_append *a)
{
    if (a)
        close_handle(&a->h);
}

int rt_append_write(struct rt_append *a, const void *buf, size_t len)
{
    unsigned wait = rt_wait_begin(a->h.path);
    int err = rt_write_fd(a->h.fd, buf, len);

    if (err != 0 && ftruncate(a->h.fd, (off_t)a->h.size) != 0)
        err = EIO; /* a part of it stays in the file: recovery cuts it off */
    rt_wait_end(wait);
    if (err == 0)
        a->h.size += len;
    return err;
}

int rt_append_sync(struct rt_append *a)
{
    unsigned wait = rt_wait_begin(a->h.path);
    int err = fdatasync(a->h.fd) == 0 ? 0 : errno;

    rt_wait_end(wait);
    return err;
}

bool rt_append_there(const struct rt_append *a, const char *path)
{
    struct stat ours, there;
    unsigned wait = rt_wait_begin(path);
    bool same = fstat(a->h.fd, &ours) == 0 && stat(path, &there) == 0 &&
                ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;

    rt_wait_end(wait);
    return same;
}

uint64_t rt_append_size(const struct rt_append *a)
{
    return a->h.size;
}

int rt_append_truncate(struct rt_append *a, uint64_t size)
{
    unsigned wait = rt_wait_begin(a->h.path);
    int err = ftruncate(a->h.fd, (off_t)size) == 0 ? 0 : errno;

    rt_wait_end(wait);
    if (err == 0)
        a->h.size = size;
    return err;
}

/* ---- files that are read and written anywhere ---- */

static int create(struct handle *h, unsigned mode)
{
    int err = rt_make_parents(h->path);

    if (err != 0)
        return err;
    h->fd = open(h->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    return h->fd < 0 ? errno : 0;
}

int rt_file_create(struct rt_file **out, const char *path, unsigned mode)
{
    int err;
    struct handle *h = open_handle(&err, path, create, mode);

    if (h)
        *out = (struct rt_file *)h;
    return err;
}

static int open_there(struct handle *h, unsigned mode)
{
    struct stat st;

    (void)mode;
    h->fd = rt_open_to_read(h->path);
    if (h->fd < 0 || fstat(h->fd, &st) != 0)
        return errno;
    h->size = (uint64_t)st.st_size;
    return S_ISDIR(st.st_mode) ? EISDIR : 0;
}

int rt_file_open(struct rt_file **out, const char *path)
{
    int err;
    struct handle *h = open_handle(&err, path, open_there, 0);

    if (h)
        *out = (struct rt_file *)h;
    return err;
}

void rt_file_close(struct rt_file *f)
{
    if (f)
        close_handle(&f->h);
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
    unsigned wait = rt_wait_begin(f->h.path);
    int err = read_at(f->h.fd, at, buf, len, got);

    rt_wait_end(wait);
    return err;
}

static int write_at(struct rt_file *f, uint64_t at, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = pwrite(f->h.fd, p, len, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        p += n;
        len -= (size_t)n;
        at += (uint64_t)n;
        if (at > f->h.size)
            f->h.size = at;
    }
    return 0;
}

int rt_file_write_at(struct rt_file *f, uint64_t at, const void *buf, size_t len)
{
    unsigned wait = rt_wait_begin(f->h.path);
    int err = write_at(f, at, buf, len);

    rt_wait_end(wait);
    return err;
}

uint64_t rt_file_size(const struct rt_file *f)
{
    return f->h.size;
}
