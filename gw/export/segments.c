/* Which segments there are.
 *
 * The writer renames cdr.journal to cdr.journal.old, puts a new one in its place, and then gives
 * the old one its name, cdr.journal-SEQ. We look in the order opposite to that: the journal, the
 * old one, the archives. So a segment that moves meanwhile is seen twice, never missed, and its
 * later place counts.
 */
#include "gw/export/segments.h"

#include "gw/rt/time.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_LINE 4096

/* ---- what it is known by ---- */

static void hash(char id[EXPORT_SEGMENT_LEN], const void *text, size_t len)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, len, text);
    sha256_digest(&ctx, sizeof digest, digest);
    for (unsigned i = 0; i < (EXPORT_SEGMENT_LEN - 1) / 2; i++)
        snprintf(id + 2 * i, 3, "%02x", digest[i]);
}

/** Two journals that begin with the same 4 KiB would be one: every mark has its time, every record
 * its call id, and each stands at the line's start. */
int export_segment_id(char id[EXPORT_SEGMENT_LEN], struct rt_file *f)
{
    char text[FIRST_LINE];
    size_t got;
    int err = rt_file_read_at(f, 0, text, sizeof text, &got);

    if (err != 0)
        return err;
    const char *end = memchr(text, '\n', got);
    if (!end && got < sizeof text)
        return ENODATA;
    hash(id, text, end ? (size_t)(end - text) : got);
    return 0;
}

/* ---- the list ---- */

static int read_id(char id[EXPORT_SEGMENT_LEN], const char *path)
{
    struct rt_file *f;
    int err = rt_file_open(&f, path);

    if (err != 0)
        return err;
    err = export_segment_id(id, f);
    rt_file_close(f);
    return err;
}

/** Puts a segment at the front, or where it is in the list already moves it there. */
static int add(struct export_segments *s, const char *path, bool archived)
{
    struct export_segment new = {.archived = archived};
    int err = read_id(new.id, path);

    if (err != 0)
        return err;
    int at = export_segments_find(s, new.id);
    if (at >= 0) {
        free(s->list[at].path);
        memmove(&s->list[at], &s->list[at + 1], (s->n - (size_t)at - 1) * sizeof *s->list);
        s->n--;
    }
    struct export_segment *list = realloc(s->list, (s->n + 1) * sizeof *list);
    if (list)
        s->list = list;
    new.path = rt_str_dup(rt_str(path));
    if (!list || !new.path) {
        free(new.path);
        return ENOMEM;
    }
    s->list[s->n++] = new;
    return 0;
}

/** One that goes away or has nothing in it is none. */
static int add_archive(void *arg, const char *path)
{
    int err = add(arg, path, true);
    return err == ENOENT || err == ENODATA ? 0 : err;
}

static char *join(const char *dir, const char *name)
{
    struct rt_buf b = {0};

    rt_buf_printf(&b, "%s/%s", dir, name);
    return b.failed ? NULL : b.p;
}

/** Those two were looked at first and come last, but where an archive has the same id they are that
 * archive. */
static int append(struct export_segments *out, struct export_segments *last)
{
    struct export_segment *list = realloc(out->list, (out->n + last->n + 1) * sizeof *list);

    if (!list)
        return ENOMEM;
    out->list = list;
    for (size_t i = 0; i < last->n; i++) {
        struct export_segment *s = &last->list[i];
        if (export_segments_find(out, s->id) >= 0)
            continue;
        out->list[out->n++] = *s;
        s->path = NULL;
    }
    return 0;
}

static int list_all(struct export_segments *out, const char *journal, const char *old,
                    const char *pattern)
{
    struct export_segments last = {0}, before = {0};
    int err = add(&last, journal, false);
    bool begun = err != ENODATA;

    if (err == ENODATA)
        err = 0;
    if (err == 0)
        err = add_archive(&before, old);
    if (err == 0) {
        err = rt_glob(pattern, add_archive, out);
        err = err == ENOENT ? 0 : err;
    }
    if (err == 0)
        err = append(out, &before);
    if (err == 0)
        err = append(out, &last);
    export_segments_release(&before);
    export_segments_release(&last);
    if (err == ENOENT || (err == 0 && !begun && out->n == 0))
        err = EAGAIN;
    return err;
}

int export_segments_list(struct export_segments *out, const char *dir)
{
    char *journal = join(dir, "cdr.journal"), *old = join(dir, "cdr.journal.old");
    char *pattern = join(dir, "cdr.journal-*");
    int err = ENOMEM;

    *out = (struct export_segments){0};
    if (journal && old && pattern)
        err = list_all(out, journal, old, pattern);
    free(journal);
    free(old);
    free(pattern);
    if (err != 0)
        export_segments_release(out);
    return err;
}

void export_segments_release(struct export_segments *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->list[i].path);
    free(s->list);
    *s = (struct export_segments){0};
}

int export_segments_find(const struct export_segments *s, const char *id)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->list[i].id, id) == 0)
            return (int)i;
    return -1;
}

/* ---- those that nobody needs any more ---- */

unsigned export_segments_clean(const char *dir, const char *first, int64_t keep)
{
    struct export_segments s;
    unsigned n = 0;

    if (export_segments_list(&s, dir) != 0)
        return 0;
    int end = export_segments_find(&s, first);
    for (int i = 0; i < end; i++) {
        struct rt_file_info info;
        if (s.list[i].archived && rt_file_stat(&info, s.list[i].path) == 0 &&
            rt_wall() / RT_S - info.modified > keep && rt_file_remove(s.list[i].path) == 0)
            n++;
    }
    export_segments_release(&s);
    return n;
}
