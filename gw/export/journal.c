/* Reading on in the journal.
 *
 * An archive is read to its end. The journal that is being written is read up to what its marks say
 * is on the disk ("durable"): lines after that may be cut off and written again when fdatasync
 * fails, so they are looked at only for marks, anew each time.
 */
#include "gw/export/journal.h"

#include "gw/export/segments.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdlib.h>

#define CHUNK     ((size_t)256 << 10)
#define CHUNK_MAX ((size_t)64 << 20)

#define CLOSE "{\"close\":"
#define MARK  "{\"mark\":"

struct export_journal {
    char *dir, *path;
    struct rt_file *file; /* NULL: nowhere yet */
    struct export_pos at;
    bool archived;
    uint64_t durable; /* of what is not archived */
    struct rt_buf text;
    uint64_t unreadable;
};

void export_batch_release(struct export_batch *b)
{
    for (unsigned i = 0; i < b->n; i++)
        json_decref(b->record[i].json);
    b->n = 0;
}

int export_journal_new(struct export_journal **out, const char *dir)
{
    struct export_journal *j = calloc(1, sizeof *j);
    struct rt_buf path = {0};

    if (!j)
        return ENOMEM;
    rt_buf_printf(&path, "%s/cdr.journal", dir);
    j->path = path.p;
    j->dir = rt_str_dup(rt_str(dir));
    if (!j->dir || path.failed) {
        export_journal_free(j);
        return ENOMEM;
    }
    *out = j;
    return 0;
}

void export_journal_free(struct export_journal *j)
{
    if (!j)
        return;
    if (j->file)
        rt_file_close(j->file);
    rt_buf_release(&j->text);
    free(j->dir);
    free(j->path);
    free(j);
}

uint64_t export_journal_unreadable(const struct export_journal *j)
{
    return j->unreadable;
}

/* ---- going somewhere ---- */

/** Opens a segment of the list; it may have moved since. */
static int go_to(struct export_journal *j, const struct export_segment *s, uint64_t offset)
{
    char id[EXPORT_SEGMENT_LEN];
    struct rt_file *f;
    int err = rt_file_open(&f, s->path);

    if (err != 0)
        return err == ENOENT ? EAGAIN : err;
    err = export_segment_id(id, f);
    if (err == 0 && strcmp(id, s->id) != 0)
        err = EAGAIN;
    if (err != 0) {
        rt_file_close(f);
        return err;
    }
    if (j->file)
        rt_file_close(j->file);
    j->file = f;
    memcpy(j->at.segment, s->id, sizeof j->at.segment);
    j->at.offset = j->durable = offset;
    j->archived = s->archived;
    return 0;
}

int export_journal_seek(struct export_journal *j, const struct export_pos *pos)
{
    struct export_segments s;
    int err = export_segments_list(&s, j->dir);

    if (err != 0)
        return err;
    int at = pos->segment[0] ? export_segments_find(&s, pos->segment) : 0;
    if (at < 0)
        err = ENOENT;
    else if (s.n == 0)
        err = EAGAIN;
    else
        err = go_to(j, &s.list[at], pos->segment[0] ? pos->offset : 0);
    export_segments_release(&s);
    return err;
}

bool export_journal_after(struct export_journal *j, const struct export_pos *pos,
                          const struct export_pos *than)
{
    struct export_segments s;

    if (export_segments_list(&s, j->dir) != 0)
        return false;
    int a = export_segments_find(&s, pos->segment), b = export_segments_find(&s, than->segment);
    export_segments_release(&s);
    return a > b || (a >= 0 && a == b && pos->offset > than->offset);
}

/** Whether ours has been put aside meanwhile: another one has its name. */
static int look_for_rotation(struct export_journal *j)
{
    char id[EXPORT_SEGMENT_LEN];
    struct export_segments s;
    struct rt_file *f;

    if (j->archived)
        return 0;
    int err = rt_file_open(&f, j->path);
    if (err == 0) {
        err = export_segment_id(id, f);
        rt_file_close(f);
    }
    if (err != 0)
        return err == ENOENT || err == ENODATA ? 0 : err; /* it is just being done */
    if (strcmp(id, j->at.segment) == 0)
        return 0;
    err = export_segments_list(&s, j->dir);
    if (err != 0)
        return err == EAGAIN ? 0 : err;
    int at = export_segments_find(&s, j->at.segment);
    j->archived = at >= 0 && s.list[at].archived;
    export_segments_release(&s);
    return at >= 0 ? 0 : ENOENT;
}

/** The segment after this one. */
static int move_on(struct export_journal *j)
{
    struct export_segments s;
    int err = export_segments_list(&s, j->dir);

    if (err != 0)
        return err == EAGAIN ? 0 : err;
    int at = export_segments_find(&s, j->at.segment);
    if (at < 0)
        err = ENOENT;
    else if ((size_t)at + 1 < s.n)
        err = go_to(j, &s.list[at + 1], 0);
    export_segments_release(&s);
    return err == EAGAIN ? 0 : err;
}

/* ---- lines ---- */

static bool starts_with(struct rt_str line, const char *prefix)
{
    size_t n = strlen(prefix);
    return line.n > n && memcmp(line.p, prefix, n) == 0;
}

/** What is in the file from `at` on, at least a whole line where there is one. `limit`: octets. */
static int fetch(struct export_journal *j, uint64_t at, uint64_t limit, struct rt_str *out)
{
    int err = 0;

    *out = (struct rt_str){"", 0};
    for (size_t want = CHUNK; want <= CHUNK_MAX; want *= 2) {
        size_t len = limit < want ? (size_t)limit : want, got;
        rt_buf_reset(&j->text);
        rt_buf_reserve(&j->text, len);
        if (j->text.failed) {
            rt_buf_release(&j->text);
            return ENOMEM;
        }
        err = rt_file_read_at(j->file, at, j->text.p, len, &got);
        if (err != 0)
            return err;
        const char *end = got > 0 ? memrchr(j->text.p, '\n', got) : NULL;
        if (end || got < want) {
            *out = (struct rt_str){j->text.p, end ? (size_t)(end - j->text.p) + 1 : 0};
            return 0;
        }
    }
    return EFBIG;
}

/** How much is on the disk, by the marks after what is known to be. */
static int find_durable(struct export_journal *j)
{
    uint64_t at = j->durable;
    struct rt_str text;
    int err;

    while ((err = fetch(j, at, UINT64_MAX, &text)) == 0 && text.n > 0) {
        at += text.n;
        while (text.n > 0) {
            struct rt_str line = rt_str_cut(&text, '\n');
            if (!starts_with(line, MARK))
                continue;
            json_t *root = json_loadb(line.p, line.n, 0, NULL);
            json_int_t n =
                json_integer_value(json_object_get(json_object_get(root, "mark"), "durable"));
            json_decref(root);
            if (n > 0 && (uint64_t)n > j->durable)
                j->durable = (uint64_t)n;
        }
        if (at < j->durable)
            at = j->durable;
    }
    return err;
}

static void add_record(struct export_journal *j, struct export_batch *b, struct rt_str line)
{
    size_t n = strlen(CLOSE);
    struct rt_str text = {line.p + n, line.n - n - 1};
    json_t *json = line.p[line.n - 1] == '}' ? json_loadb(text.p, text.n, 0, NULL) : NULL;

    if (json_is_object(json) && json_is_string(json_object_get(json, "call_id"))) {
        b->record[b->n++] = (struct export_record){text, json};
        return;
    }
    json_decref(json);
    j->unreadable++;
    rt_log(RT_LOG_CDR, RT_WARN, "journal: a line of %zu octets at %llu of %s is no record", line.n,
           (unsigned long long)j->at.offset, j->at.segment);
}

/** Takes the records of what is there now. */
static int read_some(struct export_journal *j, struct export_batch *b, unsigned max, uint64_t limit)
{
    struct rt_str text;

    if (limit <= j->at.offset)
        return 0;
    int err = fetch(j, j->at.offset, limit - j->at.offset, &text);
    if (err != 0)
        return err;
    while (text.n > 0 && b->n < max) {
        struct rt_str line = rt_str_cut(&text, '\n');
        if (starts_with(line, CLOSE))
            add_record(j, b, line);
        j->at.offset += line.n + 1;
    }
    return 0;
}

static bool in_same(const struct export_pos *a, const struct export_pos *b)
{
    return strcmp(a->segment, b->segment) == 0;
}

/** Reads on in this segment until there is a record, or nothing more. */
static int read_segment(struct export_journal *j, struct export_batch *b, unsigned max,
                        const struct export_pos *until)
{
    uint64_t before;
    int err = 0;

    if (!j->archived)
        err = find_durable(j);
    uint64_t limit = j->archived ? UINT64_MAX : j->durable;
    if (in_same(&j->at, until) && until->offset > j->at.offset && until->offset < limit)
        limit = until->offset;
    do {
        before = j->at.offset;
        if (err == 0)
            err = read_some(j, b, max, limit);
    } while (err == 0 && b->n == 0 && j->at.offset > before);
    return err;
}

int export_journal_read(struct export_journal *j, struct export_batch *b, unsigned max,
                        const struct export_pos *until)
{
    char before[EXPORT_SEGMENT_LEN];
    int err = 0;

    export_batch_release(b);
    if (!j->file)
        return EAGAIN;
    b->from = j->at;
    do {
        memcpy(before, j->at.segment, sizeof before);
        bool archived = j->archived;
        err = read_segment(j, b, max, until);
        if (err == 0 && b->n == 0)
            err = archived ? move_on(j) : look_for_rotation(j);
        if (err == 0 && b->n == 0 && j->archived != archived)
            before[0] = '\0'; /* there may be more in it now */
    } while (err == 0 && b->n == 0 && strcmp(before, j->at.segment) != 0);
    if (b->n > 0 && !in_same(&b->from, &j->at))
        b->from = (struct export_pos){.offset = 0};
    if (b->from.segment[0] == '\0')
        memcpy(b->from.segment, j->at.segment, sizeof before);
    b->to = j->at;
    return err;
}
