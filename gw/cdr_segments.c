/* Journals that have records which the files beside them lack: the one that is written, and before
 * it those that were put aside meanwhile. Each is open from the time it is known, so that renaming
 * or removing it takes nothing from who reads it.
 */
#include "gw/cdr_priv.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <utlist.h>

/** So many wait at the most: then the journal grows. */
#define SEGMENTS_MAX 64
/** A mark is shorter. */
#define FIRST_LINE 4096

int gw_cdr_segment_add(struct gw_cdr_segment **out, struct gw_cdr_follow *f, const char *path,
                       uint64_t begun)
{
    struct gw_cdr_segment *s = calloc(1, sizeof *s);

    if (!s)
        return ENOMEM;
    int err = rt_file_open(&s->file, path);
    if (err != 0) {
        free(s);
        return err;
    }
    s->begun = begun ? begun : 1; /* 0: the first of all */
    DL_APPEND(f->segments, s);
    f->nsegments++;
    *out = s;
    return 0;
}

void gw_cdr_segment_drop(struct gw_cdr_follow *f, struct gw_cdr_segment *s)
{
    DL_DELETE(f->segments, s);
    f->nsegments--;
    if (f->goal == s)
        f->goal = NULL;
    rt_file_close(s->file);
    free(s);
}

bool gw_cdr_follow_full(const struct gw_cdr_writer *w)
{
    return w->follow.nsegments >= SEGMENTS_MAX;
}

/* ---- those of the last run ---- */

struct search {
    struct gw_cdr_writer *w;
    uint64_t exported, of;
};

/** What its first line says that it begins with. */
static uint64_t first_number(struct rt_file *file)
{
    char room[FIRST_LINE];
    struct rt_str text = {room, 0};

    if (rt_file_read_at(file, 0, room, sizeof room, &text.n) != 0)
        return 0;
    struct rt_str line = rt_str_cut(&text, '\n');
    json_t *root = json_loadb(line.p, line.n, 0, NULL);
    json_int_t n = json_integer_value(json_object_get(json_object_get(root, "mark"), "next_seq"));
    json_decref(root);
    return n > 0 ? (uint64_t)n : 0;
}

static int add_archive(struct search *s, const char *path)
{
    struct gw_cdr_follow *f = &s->w->follow;
    struct gw_cdr_segment *seg;
    int err = gw_cdr_segment_add(&seg, f, path, 0);

    if (err != 0)
        return err == ENOENT ? 0 : err;
    seg->durable = rt_file_size(seg->file);
    uint64_t begun = first_number(seg->file);
    if (begun != 0)
        seg->begun = begun;
    if (seg->begun == s->of)
        seg->skip = s->exported;
    return 0;
}

/** Its name says the last number in it: those that end before `of` are done with. */
static int look_at(void *arg, const char *path)
{
    struct search *s = arg;
    size_t n = strlen(s->w->journal_path) + 1;
    uint64_t last;

    if (strlen(path) <= n || rt_str_u64(&last, rt_str(path + n), UINT64_MAX) != 0 || last < s->of)
        return 0;
    return add_archive(s, path);
}

static int open_archives(struct search *s)
{
    struct rt_buf pattern = {0};

    rt_buf_printf(&pattern, "%s-*", s->w->journal_path);
    int err = pattern.failed ? ENOMEM : rt_glob(pattern.p, look_at, s);
    rt_buf_release(&pattern);
    if (err == 0 || err == ENOENT)
        err = s->w->unnamed ? add_archive(s, s->w->old_path) : 0;
    if (err == 0 && (!s->w->follow.segments || s->w->follow.segments->begun != s->of))
        rt_log(RT_LOG_CDR, RT_ERROR,
               "the journal that begins with %" PRIu64
               " is gone: the CSV or JSON file lacks records of it",
               s->of);
    return err;
}

int gw_cdr_follow_from(struct gw_cdr_writer *w, uint64_t exported, uint64_t of)
{
    struct search s = {.w = w, .exported = exported, .of = of};

    if (!w->journal_path || !gw_cdr_has_texts(w))
        return 0;
    int err = of != 0 ? open_archives(&s) : 0;
    if (err == 0)
        err = gw_cdr_segment_add(&w->segment, &w->follow, w->journal_path, w->begun);
    if (err != 0)
        return err;
    w->segment->durable = w->journal_size;
    w->segment->skip = of == 0 ? exported : 0;
    return 0;
}
