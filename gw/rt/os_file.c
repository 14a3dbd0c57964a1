/* Files of the kernel. */
#include "gw/rt/file.h"

#include "gw/rt/os_file.h"
#include "gw/rt/os_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
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

int rt_open_to_read(const char *path)
{
    char room[PATH_MAX];
    const char *real = resolve(path, room);
    int fd = real ? open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

    if (fd >= 0)
        fcntl(fd, F_SETFL, 0); /* one with a writer, like a shell's <(...), is read as it comes */
    return fd;
}

static int read_whole(struct rt_buf *out, const char *path, size_t max)
{
    char chunk[16384];
    int err = 0;
    int fd = rt_open_to_read(path);

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

int rt_file_read(struct rt_buf *out, const char *path, size_t max)
{
    unsigned wait = rt_wait_begin(path);
    int err = read_whole(out, path, max);

    rt_wait_end(wait);
    return err;
}

int rt_make_parents(const char *path)
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

static int write_new(const char *path, const void *buf, size_t len, unsigned mode)
{
    int err = rt_make_parents(path);

    if (err != 0)
        return err;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return errno;
    err = rt_write_fd(fd, buf, len);
    if (err == 0 && fdatasync(fd) != 0)
        err = errno;
    close(fd);
    return err;
}

int rt_file_replace(const char *path, const void *buf, size_t len, unsigned mode)
{
    struct rt_buf temp = {0};

    rt_buf_printf(&temp, "%s.new", path);
    if (temp.failed)
        return ENOMEM;
    unsigned wait = rt_wait_begin(path);
    int err = write_new(temp.p, buf, len, mode);
    if (err == 0 && rename(temp.p, path) != 0)
        err = errno;
    rt_wait_end(wait);
    rt_buf_release(&temp);
    return err;
}

int rt_file_remove(const char *path)
{
    unsigned wait = rt_wait_begin(path);
    int err = unlink(path) == 0 || errno == ENOENT ? 0 : errno;

    rt_wait_end(wait);
    return err;
}

int rt_file_rename(const char *from, const char *to)
{
    unsigned wait = rt_wait_begin(to);
    int err = rename(from, to) == 0 ? 0 : errno;

    rt_wait_end(wait);
    return err;
}

int rt_file_stat(struct rt_file_info *out, const char *path)
{
    char room[PATH_MAX];
    const char *real = resolve(path, room);
    struct stat st;
    unsigned wait = rt_wait_begin(path);
    int err = real && stat(real, &st) == 0 ? 0 : errno;

    rt_wait_end(wait);
    if (err == 0)
        *out = (struct rt_file_info){(uint64_t)st.st_size, (int64_t)st.st_mtime,
                                     (unsigned)st.st_mode & 0777};
    return err;
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
    unsigned wait = rt_wait_begin(path);
    int err = at ? 0 : ENOMEM;

    if (at)
        do
            err = statvfs(at, &v) == 0 ? 0 : errno;
        while (err == ENOENT && to_parent(at));
    rt_wait_end(wait);
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
    int fd = rt_open_to_read(path);

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
