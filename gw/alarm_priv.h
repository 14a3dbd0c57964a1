/* What the files of the alarms share. */
#ifndef GW_ALARM_PRIV_H
#define GW_ALARM_PRIV_H

#include "gw/alarm.h"
#include "gw/gw.h"

#include <uthash.h>
#include <utlist.h>

/** What names an alarm: its kind as a letter, then the object. */
#define GW_ALARM_KEY_LEN (sizeof((struct gw_alarm *)0)->object + 1)

void gw_alarm_key(char out[GW_ALARM_KEY_LEN], enum gw_alarm_kind kind, const char *object);

/** An alarm that lasts, or did. */
struct gw_alarm_item {
    struct gw_alarm pub;
    char key[GW_ALARM_KEY_LEN];
    UT_hash_handle hh; /**< of those that last */
    struct gw_alarm_item *prev, *next;
};

struct gw_alarm_post;
struct gw_alarm_watch;

struct gw_alarms {
    struct gw *gw;
    uint64_t last_id;
    uint64_t raised[GW_ALARM_KINDS];
    struct gw_alarm_item *by_key;
    struct gw_alarm_item *lasting; /**< worst first, and the newest of those */
    struct gw_alarm_item *cleared; /**< newest first */
    unsigned nlasting, ncleared;
    int facility;                /**< that syslog was opened with; -1: it was not */
    struct gw_alarm_post *posts; /**< to the webhook */
    struct gw_alarm_watch *watch;
};

enum gw_alarm_change {
    GW_ALARM_RAISED,
    GW_ALARM_CHANGED, /**< its text */
    GW_ALARM_CLEARED,
    GW_ALARM_ACKNOWLEDGED
};

/* alarm_tell.c */
/** Tells everybody who wants to know. */
void gw_alarm_tell(struct gw_alarms *a, const struct gw_alarm *alarm, enum gw_alarm_change change);

/* alarm_post.c: the webhook */
/** ENOMEM. */
int gw_alarm_post_new(struct gw_alarm_post **out, struct gw *gw);
/** Ends what is under way. NULL is allowed. */
void gw_alarm_post_free(struct gw_alarm_post *p);
/** Has `json`, which is copied, posted to the plan's webhook; in its turn, and after those before
 * it of the same alarm (its id). */
void gw_alarm_post(struct gw_alarm_post *p, uint64_t alarm, struct rt_str json);

#endif
