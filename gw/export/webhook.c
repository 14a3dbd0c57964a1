/* Records to a server of one's own: arrays of JSON, posted.
 *
 * Each array has a key made of its place in the journal. Where it ends was written down before it
 * was sent (gw/export/state.h), so after a crash the same array comes with the same key, and a
 * server that looks at keys has each record once.
 */
#include "gw/export/post.h"
#include "gw/export/target.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH 100

struct webhook {
    struct export_target *target;
    struct export_post *post;
    struct rt_buf body;
};

static void deliver(void *own, const struct export_batch *b)
{
    struct webhook *w = own;
    char key[EXPORT_SEGMENT_LEN + 44], why[128] = "";

    snprintf(key, sizeof key, "%s-%" PRIu64 "-%" PRIu64, b->to.segment, b->from.offset,
             b->to.offset);
    rt_buf_reset(&w->body);
    for (unsigned i = 0; i < b->n; i++) {
        rt_buf_puts(&w->body, i == 0 ? "[" : ",\n");
        rt_buf_put(&w->body, b->record[i].text.p, b->record[i].text.n);
    }
    rt_buf_puts(&w->body, "]\n");
    int err = w->body.failed
                  ? ENOMEM
                  : export_post_send(w->post, rt_buf_str(&w->body), key, why, sizeof why);
    if (w->body.failed)
        rt_buf_release(&w->body);
    if (err != 0)
        export_target_why(w->target, "%s", why[0] ? why : strerror(err));
    export_target_done(w->target, err);
}

static int open_nothing(void *own)
{
    (void)own;
    return 0;
}

static void free_own(void *own)
{
    struct webhook *w = own;

    export_post_free(w->post);
    rt_buf_release(&w->body);
    free(w);
}

static int create(void **own, struct export_target *t)
{
    const struct gw_cdr_plan *plan = export_target_plan(t);
    struct webhook *w = calloc(1, sizeof *w);

    if (!w)
        return ENOMEM;
    w->target = t;
    int err =
        export_post_new(&w->post, export_target_where(t), plan->webhook_token, plan->webhook_ca);
    if (err != 0)
        free(w);
    else
        *own = w;
    return err;
}

const struct export_ops export_webhook = {
    .batch = BATCH,
    .create = create,
    .open = open_nothing,
    .deliver = deliver,
    .free = free_own,
};
