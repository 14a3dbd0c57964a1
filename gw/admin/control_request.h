/* A command on its way through the verbs, whoever sent it: the control socket and HTTP both come
 * here. Some verbs end later; what changed something leaves a line in the audit log.
 */
#ifndef GW_ADMIN_CONTROL_REQUEST_H
#define GW_ADMIN_CONTROL_REQUEST_H

#include "gw/admin/control_priv.h"
#include "gw/audit.h"

/** Somebody who is told of writes that went through, by default gw_request_note(). `seen`: the
 * alarm that was acknowledged, or 0. */
typedef void gw_request_note_fn(void *arg, const struct gw_audit_entry *e, uint64_t seen);
/** Notes it in the audit log and at the alarm. Without a gateway nothing is noted. */
void gw_request_note(struct gw *gw, const struct gw_audit_entry *e, uint64_t seen);
typedef void gw_request_done_fn(void *arg, int code);

/** Set up by its owner as far as `private`. */
struct gw_request {
    struct gw *const *gw;
    struct rt_buf *out;     /**< lines, and the closing one */
    struct rt_str body;     /**< JSON of commands that take a text; as long as the request */
    const char *who;        /**< an account; NULL: the user `uid` */
    const char *from, *why; /**< for the audit log: "cli", "web 192.0.2.7"; the reason, or NULL */
    unsigned uid;
    gw_request_done_fn *done; /**< of a command that ends later */
    gw_request_note_fn *note; /**< NULL: gw_request_note() */
    void *arg;                /**< of `done` and `note` */
    /* private */
    struct gw_answer answer;
    struct gw_apply_job *job;
    struct gw_audit_entry entry;
    bool write;
};

/** The command goes on: `done` is told when it is over. */
#define GW_REQUEST_LATER (-1)

/** Runs the words. An exit code: `out` has the answer, closed unless `answer.follow` is set;
 * GW_REQUEST_LATER. Texts of `q` need not outlive a call that ends at once. */
int gw_request_begin(struct gw_request *q, size_t argc, const char *const *argv);
/** Nobody is told any more of what goes on; it still leaves its line in the audit log. Nothing of
 * `q` is touched afterwards. */
void gw_request_forget(struct gw_request *q);

#endif
