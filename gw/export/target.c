/* The pace of a target: read, deliver, read; and after a failure wait, longer and longer.
 *
 * The journal is the spool, so a target that is away costs nothing but the file. A batch that was
 * not taken is kept and is tried again as it is.
 */
#include "gw/export/target.h"

#include "gw/cdr_priv.h"
#include "gw/rt/log.h"
#include "gw/rt/random.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define POLL       (200 * RT_MS)
#define PAUSE      RT_S
#define PAUSE_MOST (60 * RT_S)
#define UPKEEP     (3600 * RT_S)
/** A segment that is not there may be on its way from one name to another. */
#define LOOKS 5

struct export_target {
    const struct gw_cdr_plan *plan;
    const struct gw_target_plan *target;
    const struct export_ops *ops;
    void *own;
    struct export_state *state;
    char key[48];
    struct rt_loop *loop;
    struct rt_thread *thread;
    struct rt_timer timer, upkeep;
    struct export_journal *journal;
    struct export_batch batch;
    struct export_pos at, until, found;
    bool open, placed, failing;
    unsigned looks;
    rt_time pause;
    char why[160];
    pthread_mutex_t lock;        /* of what is below */
    struct export_status status; /* but for oldest_ms */
    rt_time oldest;
    bool noted;
};

/* ---- small things ---- */

const struct gw_cdr_plan *export_target_plan(const struct export_target *t)
{
    return t->plan;
}

const char *export_target_where(const struct export_target *t)
{
    return t->target->where;
}

struct rt_loop *export_target_loop(const struct export_target *t)
{
    return t->loop;
}

void export_target_why(struct export_target *t, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(t->why, sizeof t->why, fmt, ap);
    va_end(ap);
    t->why[strcspn(t->why, "\r\n")] = '\0';
}

void export_target_status(struct export_target *t, struct export_status *out)
{
    pthread_mutex_lock(&t->lock);
    *out = t->status;
    if (t->oldest != 0) {
        int64_t age = (rt_wall() - t->oldest) / RT_MS;
        out->oldest_ms = age > 0 ? age : 1;
    }
    pthread_mutex_unlock(&t->lock);
}

void export_target_note(struct export_target *t)
{
    static const struct export_pos none;
    struct export_status now;

    if (!t->ops->keeps_place)
        return;
    pthread_mutex_lock(&t->lock);
    bool due = !t->noted && t->status.at.segment[0];
    t->noted = true;
    now = t->status;
    pthread_mutex_unlock(&t->lock);
    if (due)
        (void)export_state_set(t->state, t->key, &now.at, &none); /* a hint */
}

/** When the call was over whose record the target lacks; 0: it has all. */
static rt_time oldest(const struct export_batch *b)
{
    struct gw_cdr first;

    if (b->n == 0)
        return 0;
    gw_cdr_read(&first, b->record[0].json);
    return first.end_time > 0 ? first.end_time : 1;
}

static void tell(struct export_target *t, uint64_t delivered, bool failed)
{
    pthread_mutex_lock(&t->lock);
    t->status.delivered += delivered;
    t->status.failures += failed;
    t->oldest = oldest(&t->batch);
    t->noted = t->noted && delivered == 0;
    t->status.at = t->placed ? t->at : (struct export_pos){.offset = 0};
    memcpy(t->status.error, t->why, sizeof t->status.error);
    pthread_mutex_unlock(&t->lock);
}

/* ---- failures ---- */

static void fail(struct export_target *t)
{
    if (t->open && t->ops->close)
        t->ops->close(t->own);
    t->open = false;
    if (!t->failing)
        rt_log(RT_LOG_CDR, RT_ERROR, "%s: %s; records wait in the journal",
               gw_target_name(t->target->kind), t->why);
    t->failing = true;
    tell(t, 0, true);
    rt_timer_start(&t->timer, t->pause / 2 + rt_random_below((uint32_t)(t->pause / 2)));
    t->pause = t->pause * 2 < PAUSE_MOST ? t->pause * 2 : PAUSE_MOST;
}

static void recovered(struct export_target *t)
{
    if (t->failing)
        rt_log(RT_LOG_CDR, RT_NOTICE, "%s: takes records again", gw_target_name(t->target->kind));
    t->failing = false;
    t->pause = PAUSE;
    t->why[0] = '\0';
}

/* ---- where we are ---- */

void export_target_found(struct export_target *t, const struct export_pos *pos)
{
    if (export_journal_after(t->journal, pos, &t->found))
        t->found = *pos;
}

/** Goes where reading has to go on. A position whose segment is gone for good: from the oldest. */
static int go(struct export_target *t)
{
    int err = export_journal_seek(t->journal, &t->at);

    if (err == ENOENT && ++t->looks < LOOKS)
        return EAGAIN;
    if (err == ENOENT) {
        rt_log(RT_LOG_CDR, RT_WARN, "%s: the journal %s is gone: going on with the oldest there is",
               gw_target_name(t->target->kind), t->at.segment);
        t->at = t->until = (struct export_pos){.offset = 0};
        err = export_journal_seek(t->journal, &t->at);
    }
    if (err == 0)
        t->looks = 0;
    return err;
}

/** Opens the target; what it says of its place counts more than what we remember. */
static int open_target(struct export_target *t)
{
    t->found = (struct export_pos){.offset = 0};
    int err = t->ops->open(t->own);
    if (err != 0)
        return err;
    t->open = true;
    if (t->ops->keeps_place) {
        export_batch_release(&t->batch);
        t->at = t->found;
        err = go(t);
        if (err != 0 && err != EAGAIN)
            return err;
    }
    t->placed = true;
    return 0;
}

/** Fills the batch when it is empty. EAGAIN: there is nothing now. */
static int read_on(struct export_target *t)
{
    if (t->batch.n > 0)
        return 0;
    int err = export_journal_read(t->journal, &t->batch, t->ops->batch, &t->until);
    if (err == EAGAIN || err == ENOENT)
        err = go(t);
    memcpy(t->batch.left, t->at.segment, sizeof t->batch.left);
    return err != 0 ? err : t->batch.n > 0 ? 0 : EAGAIN;
}

/** Before a batch goes to one that keeps no place: how far it reaches. */
static int promise(struct export_target *t)
{
    if (t->ops->keeps_place || memcmp(&t->until, &t->batch.to, sizeof t->until) == 0)
        return 0;
    t->until = t->batch.to;
    int err = export_state_set(t->state, t->key, &t->batch.from, &t->until);
    if (err != 0)
        export_target_why(t, "export.state: %s", strerror(err));
    return err;
}

static void step(void *arg)
{
    struct export_target *t = arg;
    int err = read_on(t);
    bool idle = err == EAGAIN;

    if (err != 0 && !idle)
        export_target_why(t, "journal: %s", strerror(err));
    if ((err == 0 || idle) && !t->open) {
        err = open_target(t);
        if (err == 0) { /* it may be somewhere else than we thought */
            rt_timer_start(&t->timer, 0);
            return;
        }
    }
    if (idle && t->open) {
        recovered(t);
        tell(t, 0, false);
        rt_timer_start(&t->timer, POLL);
        return;
    }
    if (err == 0)
        err = promise(t);
    if (err != 0) {
        fail(t);
        return;
    }
    tell(t, 0, false); /* it may take a while */
    t->ops->deliver(t->own, &t->batch);
}

void export_target_done(struct export_target *t, int err)
{
    static const struct export_pos none;
    unsigned n = t->batch.n;

    if (err != 0) {
        fail(t);
        return;
    }
    t->at = t->batch.to;
    t->until = none;
    recovered(t);
    export_batch_release(&t->batch);
    if (!t->ops->keeps_place) {
        err = export_state_set(t->state, t->key, &t->at, &none);
        if (err != 0) /* after a crash it would be delivered again: to be told, not to be stopped */
            export_target_why(t, "export.state: %s", strerror(err));
    }
    tell(t, n, err != 0);
    rt_timer_start(&t->timer, 0);
}

static void on_upkeep(void *arg)
{
    struct export_target *t = arg;

    if (t->open)
        t->ops->upkeep(t->own);
    rt_timer_start_loose(&t->upkeep, t->open ? UPKEEP : POLL);
}

/* ---- life ---- */

/** A connection string may have a password: the state file knows targets by a hash. */
static void make_key(struct export_target *t)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx ctx;
    const char *where = t->target->where;

    sha256_init(&ctx);
    sha256_update(&ctx, strlen(where), (const uint8_t *)where);
    sha256_digest(&ctx, sizeof digest, digest);
    snprintf(t->key, sizeof t->key, "%s-%02x%02x%02x%02x%02x%02x", gw_target_name(t->target->kind),
             digest[0], digest[1], digest[2], digest[3], digest[4], digest[5]);
}

static int begin(struct export_target *t)
{
    int err = rt_loop_new(&t->loop, t->status.name);

    if (err == 0)
        err = export_journal_new(&t->journal, t->plan->journal);
    if (err == 0)
        err = t->ops->create(&t->own, t);
    if (err != 0)
        return err;
    rt_timer_init(&t->timer, t->loop, step, t);
    rt_timer_init(&t->upkeep, t->loop, on_upkeep, t);
    rt_timer_start(&t->timer, 0);
    if (t->ops->upkeep)
        rt_timer_start(&t->upkeep, POLL);
    return rt_thread_start(&t->thread, t->loop);
}

int export_target_new(struct export_target **out, const struct gw_cdr_plan *plan, unsigned n,
                      struct export_state *state)
{
    static const struct export_ops *const kinds[] = {[GW_TARGET_SQLITE] = &export_sqlite,
                                                     [GW_TARGET_POSTGRES] = &export_postgres,
                                                     [GW_TARGET_RADIUS] = &export_radius,
                                                     [GW_TARGET_WEBHOOK] = &export_webhook};
    struct export_target *t = calloc(1, sizeof *t);

    if (!t)
        return ENOMEM;
    t->plan = plan;
    t->target = &plan->target[n];
    t->ops = kinds[t->target->kind];
    t->state = state;
    t->pause = PAUSE;
    pthread_mutex_init(&t->lock, NULL);
    make_key(t);
    snprintf(t->status.name, sizeof t->status.name, "%s", gw_target_name(t->target->kind));
    export_state_get(state, t->key, &t->at, &t->until);
    int err = begin(t);
    if (err != 0)
        export_target_free(t);
    else
        *out = t;
    return err;
}

void export_target_free(struct export_target *t)
{
    if (!t)
        return;
    rt_thread_stop(t->thread);
    if (t->loop) {
        rt_timer_stop(&t->timer);
        rt_timer_stop(&t->upkeep);
    }
    if (t->open && t->ops->close)
        t->ops->close(t->own);
    if (t->own)
        t->ops->free(t->own);
    export_batch_release(&t->batch);
    export_journal_free(t->journal);
    rt_loop_free(t->loop);
    pthread_mutex_destroy(&t->lock);
    free(t);
}
