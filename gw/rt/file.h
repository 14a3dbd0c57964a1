/* Files that matter: configuration read whole, journals appended and made durable.
 *
 * In scenario tests they live in memory, where a crash can forget everything not yet synced.
 */
#ifndef GW_RT_FILE_H
#define GW_RT_FILE_H

#include "gw/rt/buf.h"

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
/** Octets in the file. */
uint64_t rt_append_size(const struct rt_append *a);
/** Cuts the file back to `size` octets: a torn last record is taken off before anything is
 * appended. */
int rt_append_truncate(struct rt_append *a, uint64_t size);

/** A file that is read and written anywhere. */
struct rt_file;

/** Makes a file, its missing parent directories too. EEXIST: there is one already. */
int rt_file_create(struct rt_file **out, const char *path, unsigned mode);
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

#endif
