/* The journal of records (gw/cdr_journal.c) as its readers see it: a row of segments, the archives
 * and the journal that is being written, read in order from any position.
 *
 * Only closed records are read, whole lines, and no further than the journal is known to be on the
 * disk: what is delivered can never be taken back. A segment is known by its first line, not by its
 * name, which changes when it is archived.
 */
#ifndef GW_EXPORT_JOURNAL_H
#define GW_EXPORT_JOURNAL_H

#include "gw/rt/buf.h"

#include <jansson.h>

#define EXPORT_SEGMENT_LEN 33
#define EXPORT_BATCH_MAX   500

/** How far somebody has read: the octets of a segment before which all has been delivered. An empty
 * segment: nothing was. */
struct export_pos {
    char segment[EXPORT_SEGMENT_LEN];
    uint64_t offset;
};

struct export_record {
    struct rt_str text; /**< the object, as it stands in the journal */
    json_t *json;
};

/** Records of one segment, in their order; `to` is the position after them. */
struct export_batch {
    struct export_record record[EXPORT_BATCH_MAX];
    unsigned n;
    struct export_pos from, to;
    char left[EXPORT_SEGMENT_LEN]; /**< the segment of the batch before, or empty; its reader's */
};
void export_batch_release(struct export_batch *b);

struct export_journal;

/** Reads the journal in the folder `dir`; nothing is opened yet. ENOMEM. */
int export_journal_new(struct export_journal **out, const char *dir);
/** NULL is allowed. */
void export_journal_free(struct export_journal *j);
/** Goes to a position; an empty one is the start of the oldest segment. ENOENT: there is no such
 * segment; EAGAIN: there is no journal, or it is being rotated. */
int export_journal_seek(struct export_journal *j, const struct export_pos *pos);
/** The next records, `max` at most, or none. Not beyond `until`, when that is in the same segment
 * and after us. The batch is valid until the next call. */
int export_journal_read(struct export_journal *j, struct export_batch *b, unsigned max,
                        const struct export_pos *until);
/** Whether `pos` is in a segment that is there, and after `than`; everything is after nothing. */
bool export_journal_after(struct export_journal *j, const struct export_pos *pos,
                          const struct export_pos *than);
/** Lines that were no records and were left out. */
uint64_t export_journal_unreadable(const struct export_journal *j);

#endif
