/* What the record's text forms and the journal share. */
#ifndef GW_CDR_PRIV_H
#define GW_CDR_PRIV_H

#include "gw/aside.h"
#include "gw/cdr.h"
#include "gw/rt/file.h"
#include "gw/rt/loop.h"
#include "gw/rt/stats.h"

#include <jansson.h>
#include <stdatomic.h>
#include <uthash.h>

/** Reads a record back from gw_cdr_json()'s object. Fields that are missing or of another kind stay
 * empty. `presentation` and the codecs point into `json`, which has to outlive the record. An
 * object becomes text again elsewhere: `explain` stays empty. */
void gw_cdr_read(struct gw_cdr *out, const json_t *json);

/** A record on its way through the writer. */
struct gw_cdr_item {
    struct gw_cdr r;
    bool close;
    json_t *source; /**< what r's words point into, when it was read from the journal */
    char *explain;  /**< r.explain, of its own */
    struct gw_cdr_item *opening; /**< what it takes the place of in writer->open; NULL: nothing */
    struct gw_cdr_item *prev, *next;
    UT_hash_handle hh; /**< in writer->known, by r.seq */
};

/** A file that gets every closed record in another form: a row in CSV, a line of JSON. */
struct gw_cdr_text {
    char *path; /**< NULL: not wanted */
    struct rt_append *file;
    uint64_t size;   /**< what is known to be on the disk; the follower's */
    uint64_t marked; /**< what it was when the writer last heard of it; the writer's */
};
enum gw_cdr_form { GW_CDR_CSV, GW_CDR_JSON, GW_CDR_NFORMS };

/** Records kept in memory while the disk fails; some 300 MB. */
#define GW_CDR_QUEUE_MAX 200000u

/** A journal that has, or may have, records that the files lack. It is open, so that they can be
 * read whatever becomes of its name. Writer's thread. */
struct gw_cdr_segment {
    struct rt_file *file;
    uint64_t begun;   /**< its first line's `next_seq`: what it is known by */
    uint64_t durable; /**< octets that are on the disk */
    uint64_t at;      /**< octets that have been followed */
    uint64_t closed;  /**< closed records before `at` */
    uint64_t skip;    /**< of these: so many the files have from an earlier run */
    struct gw_cdr_segment *prev, *next;
};

/** Who brings records to the files, in a thread of its own: their disks may hang. */
struct gw_cdr_follow {
    struct gw_aside_job job; /**< the first member */
    struct gw_cdr_writer *writer;
    struct gw_aside *aside; /**< NULL: not yet */

    /* the thread's while `busy` */
    struct gw_cdr_text texts[GW_CDR_NFORMS];
    struct rt_file *file;   /**< the journal that is read; NULL: there is none */
    uint64_t at, until, to; /**< octets in it: before `rows`, known, after `rows` */
    uint64_t closed, skip,
        counted;                /**< closed records before `at`; as in the segment; up to `to` */
    struct gw_cdr_item *rows;   /**< closed records on their way to the files */
    uint64_t written;           /**< records brought there so far */
    unsigned attempts;          /**< at a line that cannot be read */
    struct rt_buf journal, out; /**< what is read, and written */
    int err;
    const char *failed; /**< its path */

    /* the writer's */
    bool busy;
    bool left;                       /**< its thread hangs, at the end */
    uint64_t collected;              /**< of `written`: known to the writer */
    struct gw_cdr_segment *segments; /**< in their order, the one that is written last */
    unsigned nsegments;
    struct gw_cdr_segment *goal; /**< when all up to `goal_size` of it is followed, all is that was
                                    there at `since` */
    uint64_t goal_size;
    struct rt_timer again;
    atomic_bool failing;      /**< the last attempt failed: said once */
    _Atomic(rt_time) since;   /**< 0: the files have all */
    _Atomic(uint64_t) behind; /**< octets of journals that were not followed yet */
};

/** The signalling thread pushes into `inbox`; all else is the writer thread's once it runs. */
struct gw_cdr_writer {
    _Atomic(struct gw_cdr_item *)
        inbox;          /**< a stack, taken whole: it never fills and never waits */
    atomic_uint queued; /**< items that are in no file yet */
    atomic_uint opens;  /**< of these: records that only begin */
    atomic_bool rung;   /**< the writer knows that there is something in it */
    struct rt_chan *bell;
    struct rt_loop *loop;
    struct rt_thread *thread;
    struct rt_timer flush, gather;
    uint64_t next_seq; /**< signalling thread */
    unsigned recovered;
    struct rt_buf text; /**< what is being written; writer's thread */
    bool nowhere;       /**< no journal, and no other file */

    char *journal_path, *old_path; /**< NULL: not wanted */
    struct rt_append *journal;
    struct gw_cdr_follow follow;
    struct gw_cdr_segment *segment; /**< of the journal that is written; NULL: not opened yet */
    uint64_t journal_size;          /**< what is known to be on the disk */
    uint64_t written_size;          /**< what is in the journal, on the disk or not yet */
    uint64_t rotate_at, rotate_step;
    uint64_t seq_end;              /**< one more than the highest sequence number seen */
    uint64_t begun;                /**< `seq_end` when this journal followed another; 0: none */
    bool unnamed;                  /**< the one before it is at old_path still */
    bool halfway;                  /**< this one is, by a rotation that could not be taken back */
    uint64_t closed;               /**< closed records of this journal, on the disk */
    bool mark_due;                 /**< what a mark says has changed */
    struct gw_cdr_item *batch;     /**< taken from the inbox, not durable yet */
    struct gw_cdr_item *unwritten; /**< the first of the batch that is not in the journal */
    struct gw_cdr_item *rows;      /**< without journal: closed, for the files */
    struct gw_cdr_item *open;      /**< begun and not over */
    struct gw_cdr_item *known;     /**< hash: those of `open` while a journal is read */
    atomic_bool failing;           /**< the last attempt failed: said once */
};

/** Copies the record, its explanation too. NULL: no memory. */
struct gw_cdr_item *gw_cdr_item_new(const struct gw_cdr *r, bool close);
void gw_cdr_item_free(struct gw_cdr_item *item);
/** Frees a list of items. */
void gw_cdr_items_free(struct gw_cdr_item **list);
/** Notes an item that is in the journal: opens in `open`; without journal closes in `rows`. Takes
 * `item`. */
void gw_cdr_settle(struct gw_cdr_writer *w, struct gw_cdr_item *item);
/** What the form is called in a mark: "csv", "json". */
const char *gw_cdr_form_name(enum gw_cdr_form form);
/** Writes what waits and makes it durable, rotates, has it followed. What cannot be written stays
 * for the next call. */
int gw_cdr_flush(struct gw_cdr_writer *w);
/** The files have more: the journal says so. */
void gw_cdr_tell_progress(struct gw_cdr_writer *w);
/** Sets the size at which a journal is closed and another begun; 64 MiB unless told. */
void gw_cdr_rotate_at(struct gw_cdr_writer *w, uint64_t octets);

/* cdr_text_files.c: what goes to files */
/** Appends after `*size` octets; what a failure left of it is cut off, now or at the next attempt.
 */
int gw_cdr_append(struct rt_append *a, uint64_t *size, const struct rt_buf *text);
/** Empties the room for the next text, unless a burst has made it large: then it goes. */
void gw_cdr_empty_text(struct rt_buf *text);
/** Brings `f->rows` to the files beside the journal, to all or none; `f->failed` is the one that
 * failed. */
int gw_cdr_write_texts(struct gw_cdr_follow *f);

/* cdr_follow.c: who brings records from the journal to those files. Writer's thread. */
bool gw_cdr_has_texts(const struct gw_cdr_writer *w);
/** Sets it up, without its thread; starts that. */
void gw_cdr_follow_init(struct gw_cdr_writer *w);
int gw_cdr_follow_start(struct gw_cdr_writer *w);
/** Goes on with what is due, unless it is at it. */
void gw_cdr_follow(struct gw_cdr_writer *w);
/** Whether something may be due. */
bool gw_cdr_follow_due(const struct gw_cdr_writer *w);
/** Ends the thread; false: it hangs, and is left. Signalling thread. */
bool gw_cdr_follow_end(struct gw_cdr_writer *w);
/** After that: brings what is left, here. */
int gw_cdr_follow_rest(struct gw_cdr_writer *w);
void gw_cdr_follow_release(struct gw_cdr_writer *w);
/** What a mark says of the files: how many closed records of a journal they have. `*of`: the number
 * that journal begins with; 0: it is the one that the mark is in. `fresh`: the mark is for the next
 * one. */
void gw_cdr_follow_place(const struct gw_cdr_writer *w, bool fresh, uint64_t *exported,
                         uint64_t *of);
/** The journal is on the disk up to `journal_size`. */
int gw_cdr_follow_durable(struct gw_cdr_writer *w);

/* cdr_segments.c: journals that are due */
/** Opens one, the last in the row, that begins with the number `begun`. */
int gw_cdr_segment_add(struct gw_cdr_segment **out, struct gw_cdr_follow *f, const char *path,
                       uint64_t begun);
void gw_cdr_segment_drop(struct gw_cdr_follow *f, struct gw_cdr_segment *s);
/** No more may wait. */
bool gw_cdr_follow_full(const struct gw_cdr_writer *w);
/** At the start: the files have `exported` closed records of the journal that begins with `of` (0:
 * the present one), and nothing of what came after. */
int gw_cdr_follow_from(struct gw_cdr_writer *w, uint64_t exported, uint64_t of);

/* cdr_journal.c: the journal's lines */
#define GW_CDR_CLOSE "{\"close\":"
#define GW_CDR_MARK  "{\"mark\":"
void gw_cdr_line(struct rt_buf *out, const struct gw_cdr_item *item);
/** A record from its object. EBADMSG: it is none. */
int gw_cdr_item_read(struct gw_cdr_item **out, json_t *json, bool close);
/** What a journal begins with that follows another: the mark, and the records still to be closed.
 */
void gw_cdr_carry_over(struct rt_buf *out, const struct gw_cdr_writer *w);
void gw_cdr_mark(struct rt_buf *out, const struct gw_cdr_writer *w);
/** Takes back a rotation that failed half-way and could not be taken back then; else does nothing.
 */
int gw_cdr_take_back(struct gw_cdr_writer *w);
/** Puts the journal aside and begins another that starts with the records still open. */
int gw_cdr_rotate(struct gw_cdr_writer *w);
/** Reads the journal of the last run, cuts what is torn, puts the closing of what was left open
 * into `batch`. The errno, and in `failed` the path. */
int gw_cdr_recover(struct gw_cdr_writer *w, const char **failed);

enum gw_cdr_counter {
    GW_CDR_WRITTEN,
    GW_CDR_RECOVERED,
    GW_CDR_EXPORTED,
    GW_CDR_FAILURES,
    GW_CDR_DROPPED,
    GW_CDR_UNREADABLE,
    GW_CDR_NCOUNTERS
};
extern struct rt_counter gw_cdr_counters[GW_CDR_NCOUNTERS];

#endif
