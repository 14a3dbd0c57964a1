/* Files of the kernel. */
#include "gw/rt/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/** `credential:NAME` is the file of that name that systemd hands to the service alone
 * (systemd.exec(5), LoadCredential): for keys and passwords that no other file has to hold. Other
 * paths are themselves; NULL: it is no name (errno). Without systemd's word it is looked for where
 * the service tandem has it. */
static const char *resolve(const char *path, char room[PATH_MAX])
{
    static const char word[] = "credential:";
    const char *folder = getenv("CREDENTIALS_DIRECTORY");

    if (strncmp(path, word, sizeof word - 1) != 0)
        return path;
    const char *name = path + sizeof word - 1;
    int n = snprintf(room, PATH_MAX, "%s/%s", folder ? folder : "/run/credentials/tandem.service",
                     name);
    if (n < PATH_MAX && !strchr(name, '/'))
        return room;
    errno = EINVAL;
    return NULL;
}

/** Never waits for somebody to write to a pipe that has a name: nobody may come. */
static int open_to_read(const char *path)
{
    char room[PATH_MAX];
    const char *real = resolve(path, room);
    int fd = real ? open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

    if (fd >= 0)
        fcntl(fd, F_SETFL, 0); /* one with a writer, like a shell's <(...), is read as it comes */
    return fd;
}

int rt_file_read(struct rt_buf *out, const char *path, size_t max)
{
    char chunk[16384];
    int err = 0;
    int fd = open_to_read(path);

    if (fd < 0)
        return errno;
    for (size_t total = 0;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            err = n == 0 ? 0 : errno;
            break;
        }
        total += (size_t)n;
        if (total > max) {
            err = EFBIG;
            break;
        }
        rt_buf_put(out, chunk, (size_t)n);
    }
    close(fd);
    return err == 0 && out->failed ? ENOMEM : err;
}

struct rt_append {
    int fd;
    uint64_t size;
};

/** Makes the folders that `path` needs. */
static int make_parents(const char *path)
{
    char *copy = rt_str_dup(rt_str(path));

    if (!copy)
        return ENOMEM;
    int err = 0;
    for (char *p = copy + 1; err == 0 && (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        if (mkdir(copy, 0755) != 0 && errno != EEXIST)
            err = errno;
        *p = '/';
    }
    free(copy);
    return err;
}

int rt_append_open(struct rt_append **out, const char *path, unsigned mode)
{
    struct stat st;
    struct rt_append *a = calloc(1, sizeof *a);

    if (!a)
        return ENOMEM;
    int err = make_parents(path);
    a->fd = err == 0 ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, (mode_t)mode) : -1;
    if (err == 0 && (a->fd < 0 || fstat(a->fd, &st) != 0))
        err = errno;
    if (err == 0 && flock(a->fd, LOCK_EX | LOCK_NB) != 0)
        err = errno == EWOULDBLOCK ? EBUSY : errno;
    if (err != 0) {
        rt_append_close(a);
        return err;
    }
    a->size = (uint64_t)st.st_size;
    *out = a;
    return 0;
}

void rt_append_close(struct rt_append *a)
{
    if (!a)
        return;
    if (a->fd >= 0)
        close(a->fd);
    free(a);
}

int rt_append_write(struct rt_append *a, const void *buf, size_t len)
{
    const char *p = buf;
    size_t left = len;

    while (left > 0) {
        ssize_t n = write(a->fd, p, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int err = errno;
            if (ftruncate(a->fd, (off_t)a->size) != 0)
                err = EIO; /* a part of it stays in the file: recovery cuts it off */
            return err;
        }
        p += n;
        left -= (size_t)n;
    }
    a->size += len;
    return 0;
}

int rt_append_sync(struct rt_append *a)
{
    return fdatasync(a->fd) == 0 ? 0 : errno;
}

bool rt_append_there(const struct rt_append *a, const char *path)
{
    struct stat ours, there;

    return fstat(a->fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

uint64_t rt_append_size(const struct rt_append *a)
{
    return a->size;
}

int rt_append_truncate(struct rt_append *a, uint64_t size)
{
    if (ftruncate(a->fd, (off_t)size) != 0)
        return errno;
    a->size = size;
    return 0;
}

struct rt_file {
    int fd;
    uint64_t size;
};

int rt_file_create(struct rt_file **out, const char *path, unsigned mode)
{
    struct rt_file *f = calloc(1, sizeof *f);

    if (!f)
        return ENOMEM;
    int err = make_parents(path);
    f->fd = err == 0 ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode) : -1;
    if (err == 0 && f->fd < 0)
        err = errno;
    if (err != 0) {
        free(f);
        return err;
    }
    *out = f;
    return 0;
}

int rt_file_open(struct rt_file **out, const char *path)
{
    struct stat st;
    struct rt_file *f = calloc(1, sizeof *f);

    if (!f)
        return ENOMEM;
    f->fd = open_to_read(path);
    int err = f->fd < 0 || fstat(f->fd, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (err != 0) {
        if (f->fd >= 0)
            close(f->fd);
        free(f);
        return err;
    }
    f->size = (uint64_t)st.st_size;
    *out = f;
    return 0;
}

void rt_file_close(struct rt_file *f)
{
    if (!f)
        return;
    close(f->fd);
    free(f);
}

int rt_file_read_at(struct rt_file *f, uint64_t at, void *buf, size_t len, size_t *got)
{
    char *p = buf;

    for (*got = 0; *got < len;) {
        ssize_t n = pread(f->fd, p + *got, len - *got, (off_t)(at + *got));
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

int rt_file_write_at(struct rt_file *f, uint64_t at, const void *buf, size_t len)
{
    const char *p = buf;

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

uint64_t rt_file_size(const struct rt_file *f)
{
    return f->size;
}

static int write_all(int fd, const void *buf, size_t len)
{
    struct rt_append a = {.fd = fd};
    int err = rt_append_write(&a, buf, len);

    return err == 0 ? rt_append_sync(&a) : err;
}

int rt_file_replace(const char *path, const void *buf, size_t len, unsigned mode)
{
    struct rt_buf temp = {0};

    rt_buf_printf(&temp, "%s.new", path);
    if (temp.failed)
        return ENOMEM;
    int err = make_parents(path);
    int fd = err == 0 ? open(temp.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode) : -1;
    if (err == 0 && fd < 0)
        err = errno;
    if (err == 0) {
        err = write_all(fd, buf, len);
        close(fd);
    }
    if (err == 0)
        err = rt_file_rename(temp.p, path);
    rt_buf_release(&temp);
    return err;
}

int rt_file_remove(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT ? 0 : errno;
}

int rt_file_rename(const char *from, const char *to)
{
    return rename(from, to) == 0 ? 0 : errno;
}

int rt_file_stat(struct rt_file_info *out, const char *path)
{
    char room[PATH_MAX];
    const char *real = resolve(path, room);
    struct stat st;

    if (!real || stat(real, &st) != 0)
        return errno;
    *out = (struct rt_file_info){(uint64_t)st.st_size, (int64_t)st.st_mtime,
                                 (unsigned)st.st_mode & 0777};
    return 0;
}

/** Cuts the last part of a path off; false: there is none left to cut. */
static bool to_parent(char *path)
{
    char *slash = strrchr(path, '/');

    if (!slash || strcmp(path, "/") == 0)
        return false;
    slash[slash == path] = '\0';
    return true;
}

int rt_disk_usage(struct rt_disk *out, const char *path)
{
    char *at = rt_str_dup(rt_str(path));
    struct statvfs v;
    int err = at ? 0 : ENOMEM;

    if (at)
        do
            err = statvfs(at, &v) == 0 ? 0 : errno;
        while (err == ENOENT && to_parent(at));
    free(at);
    if (err != 0)
        return err;
    uint64_t used = (uint64_t)(v.f_blocks - v.f_bfree) * v.f_frsize;
    *out = (struct rt_disk){v.f_fsid, used, used + (uint64_t)v.f_bavail * v.f_frsize};
    return 0;
}

static int by_octets(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int rt_glob(const char *pattern, int (*fn)(void *arg, const char *path), void *arg)
{
    glob_t found = {0};
    int got = glob(pattern, GLOB_NOSORT, NULL, &found);
    int err = got == 0 ? 0 : got == GLOB_NOMATCH ? ENOENT : got == GLOB_NOSPACE ? ENOMEM : EIO;

    if (err == 0)
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_octets);
    for (size_t i = 0; err == 0 && i < found.gl_pathc; i++)
        err = fn(arg, found.gl_pathv[i]);
    globfree(&found);
    return err;
}

/* ---- memory ---- */

struct rt_map {
    void *data;
    size_t size;
};

int rt_map_memory(struct rt_map **out, size_t size)
{
    struct rt_map *m = calloc(1, sizeof *m);

    if (!m)
        return ENOMEM;
    m->size = size;
    m->data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m->data == MAP_FAILED) {
        int err = errno;
        free(m);
        return err;
    }
    madvise(m->data, size, MADV_HUGEPAGE); /* a kernel without them says no, and all is well */
    *out = m;
    return 0;
}

/** Maps the file that `fd` is, all of it; an empty one cannot be mapped, and need not be. */
static int map_fd(struct rt_map *m, int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return errno;
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    if (st.st_size == 0)
        return 0;
    m->size = (size_t)st.st_size;
    m->data = mmap(NULL, m->size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    return m->data != MAP_FAILED ? 0 : errno;
}

int rt_map_file(struct rt_map **out, const char *path)
{
    int fd = open_to_read(path);

    if (fd < 0)
        return errno;
    struct rt_map *m = calloc(1, sizeof *m);
    int err = m ? map_fd(m, fd) : ENOMEM;
    close(fd);
    if (err != 0)
        free(m);
    else
        *out = m;
    return err;
}

void rt_map_free(struct rt_map *m)
{
    if (!m)
        return;
    if (m->size > 0)
        munmap(m->data, m->size);
    free(m);
}

void rt_map_shrink(struct rt_map *m, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t kept = (size + page - 1) / page * page, had = (m->size + page - 1) / page * page;

    if (kept < had)
        munmap((char *)m->data + kept, had - kept);
    m->size = size;
}

void *rt_map_data(const struct rt_map *m)
{
    return m->data;
}

size_t rt_map_size(const struct rt_map *m)
{
    return m->size;
}
