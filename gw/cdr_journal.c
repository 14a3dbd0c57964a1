/* The journal: its lines, its rotation, and what is read from it at the start.
 *
 * Three kinds of line, each a JSON object: {"open": RECORD}, {"close": RECORD}, and {"mark": ...},
 * which says how many of the closed records before it are in the other files (CSV, JSON) and how
 * long those were then. Where these files are behind by more than a journal, it says so of an
 * earlier one ("of", the number that one begins with). What such a file has beyond that length was
 * exported after the mark, perhaps in part: it is cut off and exported again, so that each record
 * is there once.
 *
 * A mark also says how much of the journal is known to be on the disk ("durable", octets from its
 * start). What comes after may still be taken back: when fdatasync fails, or power does.
 * tandem-export (gw/export/) reads no further than that.
 */
#include "gw/cdr_priv.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <utlist.h>

#define READ_MAX ((size_t)4 << 30)

/* ---- lines ---- */

void gw_cdr_line(struct rt_buf *out, const struct gw_cdr_item *item)
{
    rt_buf_puts(out, item->close ? GW_CDR_CLOSE : "{\"open\":");
    gw_cdr_json(out, &item->r);
    rt_buf_puts(out, "}\n");
}

const char *gw_cdr_form_name(enum gw_cdr_form form)
{
    static const char *const names[] = {[GW_CDR_CSV] = "csv", [GW_CDR_JSON] = "json"};
    return names[form];
}

static int add_text(json_t *mark, const char *name, const struct gw_cdr_text *text)
{
    char key[16];

    if (!text->path)
        return 0;
    snprintf(key, sizeof key, "%s_size", name);
    return json_object_set_new(mark, key, json_integer((json_int_t)text->marked)) == 0
               ? json_object_set_new(mark, name, json_string(text->path))
               : -1;
}

/** A mark; `fresh`: for a journal that begins with it. The time makes each mark another: the first
 * line of a journal is what readers know it by. */
static void put_mark(struct rt_buf *out, const struct gw_cdr_writer *w, bool fresh)
{
    uint64_t exported, of, durable = fresh ? 0 : w->journal_size;

    gw_cdr_follow_place(w, fresh, &exported, &of);
    json_t *mark = json_pack("{s:I,s:I,s:I,s:I}", "next_seq", (json_int_t)w->seq_end, "exported",
                             (json_int_t)exported, "durable", (json_int_t)durable, "time",
                             (json_int_t)rt_wall());
    bool good = mark != NULL;

    if (good && of != 0)
        good = json_object_set_new(mark, "of", json_integer((json_int_t)of)) == 0;
    for (unsigned i = 0; good && i < GW_CDR_NFORMS; i++)
        good = add_text(mark, gw_cdr_form_name(i), &w->follow.texts[i]) == 0;
    char *text = good ? json_dumps(mark, JSON_COMPACT) : NULL;
    if (text)
        rt_buf_printf(out, GW_CDR_MARK "%s}\n", text);
    else
        out->failed = true;
    free(text);
    json_decref(mark);
}

void gw_cdr_mark(struct rt_buf *out, const struct gw_cdr_writer *w)
{
    put_mark(out, w, false);
}

/* ---- rotation ---- */

void gw_cdr_carry_over(struct rt_buf *out, const struct gw_cdr_writer *w)
{
    const struct gw_cdr_item *item;

    put_mark(out, w, true);
    DL_FOREACH(w->open, item)
    gw_cdr_line(out, item);
}

/** Gives the old journal, if there is one, the name it keeps: the sequence number it reaches to. */
static int archive(struct gw_cdr_writer *w)
{
    struct rt_buf name = {0};

    if (w->begun == 0)
        return 0;
    rt_buf_printf(&name, "%s-%012" PRIu64, w->journal_path, w->begun - 1);
    int err = name.failed ? ENOMEM : rt_file_rename(w->old_path, name.p);
    rt_buf_release(&name);
    if (err == ENOENT)
        err = 0;
    w->unnamed = err != 0;
    return err;
}

int gw_cdr_take_back(struct gw_cdr_writer *w)
{
    int err = w->halfway ? rt_file_rename(w->old_path, w->journal_path) : 0;

    if (err == 0)
        w->halfway = false;
    return err;
}

/** A crash at any point leaves either a journal, or none and the old one beside it. */
static int swap(struct gw_cdr_writer *w, const struct rt_buf *text)
{
    int err = w->unnamed ? archive(w) : 0; /* or it would be overwritten */

    if (err == 0)
        err = rt_file_rename(w->journal_path, w->old_path);
    if (err != 0)
        return err;
    err = rt_file_replace(w->journal_path, text->p, text->n, 0640);
    if (err != 0) {
        w->halfway = true;
        (void)gw_cdr_take_back(w);
        return err;
    }
    w->rotate_at = text->n + w->rotate_step; /* what is carried over makes it no longer */
    w->begun = w->seq_end;
    w->closed = 0;
    w->segment = NULL;  /* who follows is still to open the new one */
    w->mark_due = true; /* that what was carried over is on the disk */
    return archive(w);
}

int gw_cdr_rotate(struct gw_cdr_writer *w)
{
    struct rt_buf text = {0};

    if (w->seq_end == w->begun) /* it would have the name of the one before it */
        return 0;
    w->rotate_at = w->journal_size + w->rotate_step; /* a failure is not tried again at once */
    gw_cdr_carry_over(&text, w);
    rt_append_close(w->journal);
    w->journal = NULL;
    int err = text.failed ? ENOMEM : swap(w, &text);
    rt_buf_release(&text);
    int opened = w->halfway ? 0 : rt_append_open(&w->journal, w->journal_path, 0640);
    if (w->journal)
        w->journal_size = w->written_size = rt_append_size(w->journal);
    return err != 0 ? err : opened;
}

/* ---- reading ---- */

/** What the last mark said. */
struct last_mark {
    uint64_t exported, of;
    bool same[GW_CDR_NFORMS]; /**< it speaks of the file that is wanted now */
    uint64_t size[GW_CDR_NFORMS];
};

static uint64_t number(const json_t *object, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(object, key));
    return n > 0 ? (uint64_t)n : 0;
}

static void read_mark(struct gw_cdr_writer *w, const json_t *json, struct last_mark *mark)
{
    uint64_t next_seq = number(json, "next_seq");
    char key[16];

    for (unsigned i = 0; i < GW_CDR_NFORMS; i++) {
        const char *name = gw_cdr_form_name(i);
        const char *path = json_string_value(json_object_get(json, name));
        snprintf(key, sizeof key, "%s_size", name);
        mark->size[i] = number(json, key);
        mark->same[i] =
            path && w->follow.texts[i].path && strcmp(path, w->follow.texts[i].path) == 0;
    }
    if (next_seq > w->seq_end)
        w->seq_end = next_seq;
    if (w->begun == 0)
        w->begun = next_seq;
    mark->exported = number(json, "exported");
    mark->of = number(json, "of");
}

int gw_cdr_item_read(struct gw_cdr_item **out, json_t *json, bool close)
{
    const json_t *explain = json_object_get(json, "explain");
    struct gw_cdr r;

    gw_cdr_read(&r, json);
    if (r.seq == 0)
        return EBADMSG;
    struct gw_cdr_item *item = gw_cdr_item_new(&r, close);
    if (!item)
        return ENOMEM;
    if (json_is_object(explain)) /* with the blanks that it was written with */
        item->r.explain = item->explain = json_dumps(explain, JSON_PRESERVE_ORDER);
    item->source = json_incref(json);
    *out = item;
    return 0;
}

static int read_record(struct gw_cdr_writer *w, json_t *json, bool close)
{
    struct gw_cdr_item *item;
    int err = gw_cdr_item_read(&item, json, close);

    if (err != 0)
        return err;
    HASH_FIND(hh, w->known, &item->r.seq, sizeof item->r.seq, item->opening);
    if (item->opening)
        HASH_DEL(w->known, item->opening);
    if (!close)
        HASH_ADD(hh, w->known, r.seq, sizeof item->r.seq, item);
    gw_cdr_settle(w, item);
    return 0;
}

static int read_line(struct gw_cdr_writer *w, struct rt_str line, struct last_mark *mark)
{
    json_t *root = json_loadb(line.p, line.n, 0, NULL);
    json_t *open = json_object_get(root, "open"), *close = json_object_get(root, "close");
    json_t *m = json_object_get(root, "mark");
    int err = 0;

    if (open || close)
        err = read_record(w, open ? open : close, close != NULL);
    else if (m)
        read_mark(w, m, mark);
    else
        err = EBADMSG;
    json_decref(root);
    if (err == EBADMSG) {
        rt_count(&gw_cdr_counters[GW_CDR_UNREADABLE]);
        rt_log(RT_LOG_CDR, RT_WARN, "%s: a line of %zu octets is no record", w->journal_path,
               line.n);
        err = 0;
    }
    return err;
}

static int read_lines(struct gw_cdr_writer *w, struct rt_str text, struct last_mark *mark)
{
    int err = 0;

    while (err == 0 && text.n > 0)
        err = read_line(w, rt_str_cut(&text, '\n'), mark);
    return err;
}

/** The length up to the last whole line. */
static size_t whole_lines(const struct rt_buf *b)
{
    const char *end = b->n > 0 ? memrchr(b->p, '\n', b->n) : NULL;
    return end ? (size_t)(end - b->p) + 1 : 0;
}

/** A rotation that a crash interrupted is taken back or finished. */
static int find_journal(struct gw_cdr_writer *w, struct rt_buf *text)
{
    int err = rt_file_read(text, w->journal_path, READ_MAX);

    if (err != ENOENT)
        return err;
    err = rt_file_rename(w->old_path, w->journal_path);
    if (err == 0)
        err = rt_file_read(text, w->journal_path, READ_MAX);
    return err == ENOENT ? 0 : err;
}

static int open_at(struct rt_append **out, uint64_t *size, const char *path, uint64_t keep)
{
    int err = rt_append_open(out, path, 0640);

    if (err == 0 && rt_append_size(*out) > keep)
        err = rt_append_truncate(*out, keep);
    if (err == 0)
        *size = rt_append_size(*out);
    return err;
}

static int read_journal(struct gw_cdr_writer *w, struct last_mark *mark)
{
    struct rt_buf text = {0};
    int err = find_journal(w, &text);
    size_t keep = whole_lines(&text);

    if (err == 0)
        err = read_lines(w, (struct rt_str){text.p, keep}, mark);
    if (err == 0 && keep < text.n)
        rt_log(RT_LOG_CDR, RT_NOTICE, "%s: cut a torn line of %zu octets", w->journal_path,
               text.n - keep);
    if (err == 0)
        err = open_at(&w->journal, &w->journal_size, w->journal_path, keep);
    w->written_size = w->journal_size;
    if (err == 0) /* the last run may have died before its last fdatasync */
        err = rt_append_sync(w->journal);
    if (err == 0)
        (void)archive(w); /* usually there is none to be finished */
    rt_buf_release(&text);
    return err;
}

/** With a mark for this very file its length is known; else only a torn line can be seen. */
static int open_text(struct gw_cdr_text *t, bool known, uint64_t size)
{
    uint64_t keep = known ? size : UINT64_MAX;
    struct rt_buf text = {0};

    if (!known && rt_file_read(&text, t->path, READ_MAX) == 0)
        keep = whole_lines(&text);
    rt_buf_release(&text);
    return open_at(&t->file, &t->size, t->path, keep);
}

static int open_texts(struct gw_cdr_writer *w, const struct last_mark *mark, const char **failed)
{
    int err = 0;

    for (unsigned i = 0; err == 0 && i < GW_CDR_NFORMS; i++) {
        struct gw_cdr_text *t = &w->follow.texts[i];
        if (!t->path)
            continue;
        *failed = t->path;
        err = open_text(t, mark->same[i], mark->size[i]);
        t->marked = t->size;
    }
    return err;
}

/* ---- what was left open ---- */

/** Nobody knows when it ended, so nothing is charged: it lasted from its start to no answer. */
static int close_left_open(struct gw_cdr_writer *w)
{
    struct gw_cdr_item *item;

    HASH_CLEAR(hh, w->known);
    DL_FOREACH(w->open, item)
    {
        struct gw_cdr_item *end = gw_cdr_item_new(&item->r, true);
        if (!end)
            return ENOMEM;
        end->source = json_incref(item->source);
        end->opening = item;
        rt_time now = rt_wall(); /* which somebody may have set back */
        end->r.end_time = now > item->r.start_time ? now : item->r.start_time;
        end->r.cause =
            (struct gw_cause){.q850 = 41, .location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_RESTART};
        DL_APPEND(w->batch, end);
        w->recovered++;
    }
    return 0;
}

int gw_cdr_recover(struct gw_cdr_writer *w, const char **failed)
{
    struct last_mark mark = {0};
    int err = 0;

    if (w->journal_path)
        err = read_journal(w, &mark);
    if (err == 0)
        err = gw_cdr_follow_from(w, mark.exported, mark.of);
    if (err == 0)
        err = close_left_open(w);
    if (err == 0)
        err = open_texts(w, &mark, failed);
    atomic_store(&w->queued, w->recovered);
    return err;
}
