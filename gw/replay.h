/* Yesterday's calls, routed by a plan: what would go another way, and what that costs. The
 * strongest check of a plan before it is applied.
 *
 * Records are those of gw/cdr.h, as CSV or as the journal's lines. Numbers are taken as they were
 * normalised then
 * (`called`, `caller`): how a trunk wrote them is not in the records. A call differs when the trunk
 * that it tried first was another; trunks of one group are one, and of shared targets (`a 70%, b
 * 30%`) each counts as the same. ENUM is not asked: a call counts as the same when it was its
 * answer, else the target after it counts.
 */
#ifndef GW_REPLAY_H
#define GW_REPLAY_H

#include "gw/plan.h"

/** What of a record matters here. Borrowed from the file's text. */
enum gw_replay_field {
    GW_REPLAY_CALL_ID,
    GW_REPLAY_ATTEMPT,
    GW_REPLAY_START,
    GW_REPLAY_TALK_MS,
    GW_REPLAY_FROM,
    GW_REPLAY_TO,
    GW_REPLAY_CALLER,
    GW_REPLAY_CALLED,
    GW_REPLAY_BEARER,
    GW_REPLAY_PRESENTATION,
    GW_REPLAY_FIELDS
};
struct gw_replay_record {
    struct rt_str field[GW_REPLAY_FIELDS];
};

typedef void gw_replay_fn(void *arg, const struct gw_replay_record *r);
/** Calls `fn` for each closed record of a file's text, CSV with its header or JSON lines. `*bad`
 * counts lines that are neither. EBADMSG: this is no file of records. */
int gw_replay_read(struct rt_str text, gw_replay_fn *fn, void *arg, uint64_t *bad);

/** Routes the calls of the file at `path` and appends what came of it. `list`: each call that
 * differs too. The errno of the file; EBADMSG: it has no records; ENOMEM. */
int gw_replay(struct rt_buf *out, const struct gw_plan *plan, const char *path, bool list);

#endif
