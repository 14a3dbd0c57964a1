/* Inside the change of the plan. */
#ifndef GW_APPLY_PRIV_H
#define GW_APPLY_PRIV_H

#include "gw/apply.h"
#include "gw/gw.h"

/** First: the job of the thread. */
struct gw_apply_job {
    struct gw_aside_job aside;
    struct gw_apply *apply;
    enum gw_apply_kind kind;
    uint64_t generation;
    rt_time confirm;
    char who[32], why[128];
    unsigned uid;
    gw_applied_fn *fn;
    void *arg;
    /* what the thread reads */
    char *path;               /**< of the plan's own file */
    char *kept;               /**< file of the history that has the sources */
    bool replay;              /**< `sources` are read, or what `kept` has */
    struct gw_plan *previous; /**< one reference */
    struct gw_sources edited; /**< texts that count in place of files; those are saved with it */
    struct gw_sources known;  /**< what those files had when they came into force */
    struct gw_sources old;    /**< what the files had, once `edited` is saved */
    /* what it writes */
    struct gw_sources sources;
    struct gw_plan *plan;
    struct conf_diag diag;
    struct rt_buf changes;
    char sha[65];
    rt_time took;
    int err;
    struct gw_apply_job *prev, *next;
};

/** The plan to go back to while another waits to be confirmed. */
struct gw_apply_fallback {
    struct gw_plan *plan; /**< one reference; NULL: nothing waits */
    struct gw_sources sources;
    uint64_t waiting; /**< the generation that does */
    rt_time until;
    struct gw_sources saved; /**< what was saved with plans that wait */
    struct rt_timer timer;
};

struct gw_apply {
    struct gw *gw;
    char *file;
    struct gw_sources sources; /**< of the present plan */
    struct gw_aside *aside;
    struct gw_history *history;
    uint64_t last; /**< the highest generation that there was */
    struct gw_apply_job *jobs;
    bool busy; /**< the first of them is with the thread */
    struct gw_apply_fallback fallback;
    struct rt_timer refresh;
    bool refreshing; /**< a job for it is among them */
    rt_time retry;   /**< after a failure: again at this time of rt_now(); 0: it went well */
    rt_time took;
};

/* apply_job.c: what is done by the thread */
struct gw_apply_job *gw_apply_job_new(struct gw_apply *a, const struct gw_apply_request *r);
void gw_apply_job_free(struct gw_apply_job *j);
/** Finds out what is to be read; hands the job to the thread. */
void gw_apply_job_start(struct gw_apply_job *j, void (*done)(struct gw_aside_job *aside));

/* apply_save.c: texts that were edited */
/** Reads them where there are some, else files; keeps what was read in `sources`. */
struct conf_reader gw_apply_reader(struct gw_apply_job *j);
/** Saves them in the thread; then `done`, `err` says how it went. */
void gw_apply_save(struct gw_apply_job *j, void (*done)(struct gw_aside_job *aside));
/** Puts the old texts back in the thread; then `done`. */
void gw_apply_unsave(struct gw_apply_job *j, void (*done)(struct gw_aside_job *aside));
/** Notes what was saved with a plan that has to be confirmed. */
void gw_apply_saved(struct gw_apply_fallback *f, const struct gw_apply_job *j);
/** Nobody has confirmed it: files get the text that is in force again, in the thread, where they
 * still have the one that was saved. Takes over what gw_apply_saved() noted. */
void gw_apply_go_back(struct gw_apply *a);

/* apply_confirm.c */
void gw_apply_confirm_init(struct gw_apply *a);
/** The plan of `j` is in force in the place of `before`, one reference of which is taken over, and
 * of its sources. */
void gw_apply_came(struct gw_apply *a, struct gw_plan *before, struct gw_sources *sources,
                   const struct gw_apply_job *j);
void gw_apply_confirm_free(struct gw_apply *a);

/* apply_refresh.c */
void gw_apply_refresh_init(struct gw_apply *a);
/** The plan is another: when is the next table due? */
void gw_apply_refresh_plan(struct gw_apply *a);
/** What came of a refresh: whether tables stayed as they were that were due. */
void gw_apply_refreshed(struct gw_apply *a, const struct gw_apply_job *j, int err);

#endif
