/* What the record's text forms and the journal share. */
#ifndef GW_CDR_PRIV_H
#define GW_CDR_PRIV_H

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
    uint64_t size; /**< what is known to be on the disk */
};
enum gw_cdr_form { GW_CDR_CSV, GW_CDR_JSON, GW_CDR_NFORMS };

/** Records kept in memory while the disk fails; some 300 MB. */
#define GW_CDR_QUEUE_MAX 200000u

/** The signalling thread pushes into `inbox`; all else is the writer thread's once it runs. */
struct gw_cdr_writer {
    _Atomic(struct gw_cdr_item *)
        inbox;          /**< a stack, taken whole: it never fills and never waits */
    atomic_uint queued; /**< items in inbox, batch and rows */
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
    struct gw_cdr_text texts[GW_CDR_NFORMS];
    uint64_t journal_size; /**< what is known to be on the disk */
    uint64_t written_size; /**< what is in the journal, on the disk or not yet */
    uint64_t rotate_at, rotate_step;
    uint64_t seq_end;              /**< one more than the highest sequence number seen */
    uint64_t begun;                /**< `seq_end` when this journal followed another; 0: none */
    bool unnamed;                  /**< the one before it is at old_path still */
    bool halfway;                  /**< this one is, by a rotation that could not be taken back */
    uint64_t exported;             /**< closed records of this journal that the files have */
    bool mark_due;                 /**< `exported` is not in the journal yet */
    struct gw_cdr_item *batch;     /**< taken from the inbox, not durable yet */
    struct gw_cdr_item *unwritten; /**< the first of the batch that is not in the journal */
    struct gw_cdr_item *rows;      /**< durable and closed, not in the files yet */
    struct gw_cdr_item *open;      /**< begun and not over */
    struct gw_cdr_item *known;     /**< hash: those of `open` while a journal is read */
    bool behind;                   /**< the files are left to the next start */
    atomic_bool failing;           /**< the last attempt failed: said once */
};

/** Copies the record, its explanation too. NULL: no memory. */
struct gw_cdr_item *gw_cdr_item_new(const struct gw_cdr *r, bool close);
void gw_cdr_item_free(struct gw_cdr_item *item);
/** Frees a list of items. */
void gw_cdr_items_free(struct gw_cdr_item **list);
/** Notes an item that is in the journal: opens in `open`, closes in `rows`. Takes `item`. */
void gw_cdr_settle(struct gw_cdr_writer *w, struct gw_cdr_item *item);
/** What the form is called in a mark: "csv", "json". */
const char *gw_cdr_form_name(enum gw_cdr_form form);
/** Writes what waits, exports it, rotates. What cannot be written stays for the next call. */
int gw_cdr_flush(struct gw_cdr_writer *w);
/** Sets the size at which a journal is closed and another begun; 64 MiB unless told. */
void gw_cdr_rotate_at(struct gw_cdr_writer *w, uint64_t octets);

/* cdr_text_files.c: what goes to files */
/** Appends after `*size` octets; what a failure left of it is cut off, now or at the next attempt.
 */
int gw_cdr_append(struct rt_append *a, uint64_t *size, const struct rt_buf *text);
/** Empties the room for the next text, unless a burst has made it large: then it goes. */
void gw_cdr_empty_text(struct gw_cdr_writer *w);
bool gw_cdr_has_texts(const struct gw_cdr_writer *w);
/** Brings `rows` to the files beside the journal. `*path`: the one that failed. */
int gw_cdr_export(struct gw_cdr_writer *w, const char **path);

/* cdr_journal.c: the journal's lines */
void gw_cdr_line(struct rt_buf *out, const struct gw_cdr_item *item);
/** What a journal begins with that follows another: the mark, and the records still to be closed.
 */
void gw_cdr_carry_over(struct rt_buf *out, const struct gw_cdr_writer *w);
void gw_cdr_mark(struct rt_buf *out, const struct gw_cdr_writer *w, uint64_t exported);
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
