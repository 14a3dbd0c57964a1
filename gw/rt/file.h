/* Files that matter: configuration read whole, journals appended and made durable.
 *
 * In scenario tests they live in memory, where a crash can forget everything not yet synced. What
 * is read may be `credential:NAME`, a file that the supervisor handed to the service alone.
 */
#ifndef GW_RT_FILE_H
#define GW_RT_FILE_H

#include "gw/rt/buf.h"
#include "gw/rt/time.h"

/** Reads a whole file of at most `max` octets, appended to `out`. The errno of open or read; EFBIG.
 */
int rt_file_read(struct rt_buf *out, const char *path, size_t max);

/** A file that only grows. */
struct rt_append;

/** Opens `path` for appending, made with `mode` when absent, its missing parent directories too.
 * EBUSY: another process appends to it. */
int rt_append_open(struct rt_append **out, const char *path, unsigned mode);
void rt_append_close(struct rt_append *a);
/** Appends all of it or fails; a short write is completed or reported, never left half unnoticed.
 */
int rt_append_write(struct rt_append *a, const void *buf, size_t len);
/** Returns when what was written is on the disk (fdatasync). */
int rt_append_sync(struct rt_append *a);
/** False: the file that `path` names is another by now, or none: it was moved or removed. */
bool rt_append_there(const struct rt_append *a, const char *path);
/** Octets in the file. */
uint64_t rt_append_size(const struct rt_append *a);
/** Cuts the file back to `size` octets: a torn last record is taken off before anything is
 * appended. */
int rt_append_truncate(struct rt_append *a, uint64_t size);

/** A file that is read and written anywhere. */
struct rt_file;

/** Makes a file, its missing parent directories too. EEXIST: there is one already. */
int rt_file_create(struct rt_file **out, const char *path, unsigned mode);
/** Opens a file that is there, for reading only. EISDIR: it is a folder. */
int rt_file_open(struct rt_file **out, const char *path);
void rt_file_close(struct rt_file *f);
/** Reads at most `len` octets from `at` on; `*got` are fewer only at the file's end. */
int rt_file_read_at(struct rt_file *f, uint64_t at, void *buf, size_t len, size_t *got);
/** Writes all of it, or fails and may have written a part. */
int rt_file_write_at(struct rt_file *f, uint64_t at, const void *buf, size_t len);
/** Octets in the file. */
uint64_t rt_file_size(const struct rt_file *f);

/** Puts `len` octets at `path` so that a reader sees the old file or the new one, never a part. */
int rt_file_replace(const char *path, const void *buf, size_t len, unsigned mode);
/** Removes a file; ENOENT is no error. */
int rt_file_remove(const char *path);
/** Renames within a file system. */
int rt_file_rename(const char *from, const char *to);

/** A large piece of memory: zeroed, or a file as it stands. */
struct rt_map;

/** `size` octets of 0, in big pages where the kernel has them. */
int rt_map_memory(struct rt_map **out, size_t size);
/** A whole file, only to read. Whoever changes such a file puts another in its place
 * (rt_file_replace): one that is cut short while it is mapped takes its readers with it. */
int rt_map_file(struct rt_map **out, const char *path);
/** NULL is fine. */
void rt_map_free(struct rt_map *m);
/** Gives memory after the first `size` octets back. */
void rt_map_shrink(struct rt_map *m, size_t size);
/** Where it is, at a multiple of 64; NULL when the file is empty. */
void *rt_map_data(const struct rt_map *m);
size_t rt_map_size(const struct rt_map *m);

/** What is known of a file without reading it. */
struct rt_file_info {
    uint64_t size;
    int64_t modified; /**< UTC seconds */
    unsigned mode;    /**< 0640 */
};
/** ENOENT and the like. */
int rt_file_stat(struct rt_file_info *out, const char *path);

/** How full the file system of a file or folder is. */
struct rt_disk {
    uint64_t id;          /**< of the file system: equal for two paths on the same one */
    uint64_t used, total; /**< octets; total: without what is kept for root */
};
/** Of the nearest folder above `path` that is there. The errno of statvfs(). */
int rt_disk_usage(struct rt_disk *out, const char *path);

/** A file that somebody waits for. */
struct rt_file_wait {
    char path[128]; /* its end, when it is longer */
    rt_time since;  /* rt_now() */
};
/** The files of which an operation has not come back for `patience`, `max` at the most; how many
 * are in `out`. Any thread may ask: nothing is waited for here. */
unsigned rt_file_waits(struct rt_file_wait *out, unsigned max, rt_time patience);

/** Calls `fn` for each file that a shell pattern (`*`, `?`, `[...]`) means, sorted by
 * name as octets; a path without such signs is itself. Stops when `fn` returns other than 0 and
 * returns that. ENOENT: there is none. */
int rt_glob(const char *pattern, int (*fn)(void *arg, const char *path), void *arg);

#endif
