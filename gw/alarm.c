/* The table of alarms and the store: which last, which were cleared. */
#include "gw/alarm_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/** That last at once: names of objects may be a stranger's. */
#define LASTING_MAX 1000
/** Kept after they were cleared. */
#define CLEARED_MAX 200

static const struct gw_alarm_about about[GW_ALARM_KINDS] = {
    [GW_ALARM_SPAN] =
        {"span-down", GW_MAJOR, "A span has no signal, or its far end reports a fault.",
         "Check the cable, the far end's port, framing and clock; `tandem show span N` "
         "has the counters."},
    [GW_ALARM_DCHANNEL] = {"dchannel-down", GW_MAJOR,
                           "A span is well, but its D channel does not come up: no calls.",
                           "Compare sides (network, user), variant and D channel's timeslot with "
                           "those of the far end; `tandem trace span N` shows what it says."},
    [GW_ALARM_TRUNK] = {"trunk-down", GW_MAJOR,
                        "No server of a SIP trunk answers, or an MGCP trunk's gateway does not.",
                        "Check the network and the peer; `tandem show trunk NAME` has each server "
                        "and why it counts as down."},
    [GW_ALARM_REGISTRATION] = {"registration-failed", GW_MAJOR,
                               "A peer refuses our registration, or does not answer it.",
                               "Check user name and password of the trunk; `tandem show "
                               "registrations` has the last status."},
    [GW_ALARM_ASR] = {"asr-drop", GW_MINOR,
                      "Calls over a trunk are answered far less often than an hour ago.",
                      "Look at the causes of its last calls; block the trunk if its calls can go "
                      "elsewhere."},
    [GW_ALARM_CHANNELS] =
        {"channels-busy", GW_MINOR, "Most of a trunk's channels are in use.",
         "Add channels, or a trunk that takes what is too much; look for calls that "
         "should have ended."},
    [GW_ALARM_SLIPS] =
        {"slips", GW_MINOR, "A span's clock slips more than five times in an hour.",
         "Check where the span takes its clock from: one side of a line gives it, the "
         "other follows."},
    [GW_ALARM_QUALITY] = {"bad-sound", GW_MINOR, "Calls over a trunk sound bad on average (MOS).",
                          "Look at loss and jitter in `tandem show call ID`, and at the network "
                          "between us and the peer."},
    [GW_ALARM_SHORT_CALLS] = {"short-calls", GW_MINOR,
                              "Many answered calls over a trunk end within 6 seconds.",
                              "Look who calls and whom: a dialler that harvests numbers, one-way "
                              "sound, or a false answer."},
    [GW_ALARM_FRAUD] =
        {"fraud", GW_CRITICAL, "A fraud rule of the plan has blocked somebody.",
         "Find out whose calls they are; `tandem show limits` has the amounts, `tandem "
         "limits lift` ends the block."},
    [GW_ALARM_EMERGENCY] = {"emergency-call", GW_WARNING,
                            "Somebody is calling the emergency service.",
                            "No fault: see who it is, and help."},
    [GW_ALARM_CERTIFICATE] = {"certificate", GW_MAJOR,
                              "A certificate ends soon or has ended, or cannot be read.",
                              "Renew the file and send SIGHUP."},
    [GW_ALARM_DISK] = {"disk-full", GW_MAJOR, "A file system that we write to is almost full.",
                       "Make room: old journals, recordings, traces."},
    [GW_ALARM_FILE] =
        {"disk-silent", GW_MAJOR,
         "A disk does not answer: a file has been waited for for more than 5 seconds.",
         "Mend the disk or the file server; calls go on, and what is to be written waits in "
         "memory and is lost if we end."},
    [GW_ALARM_RECORDS] =
        {"records-waiting", GW_CRITICAL,
         "Call records cannot be written: they wait in memory and are lost if we "
         "end.",
         "Make room, or mend the disk of the journal and the CSV; nothing has to be "
         "restarted."},
    [GW_ALARM_EXPORT] = {"export-late", GW_MAJOR,
                         "The oldest record that a target does not have yet is too old.",
                         "Check the database or server; records stay in the journal until it has "
                         "them."},
    [GW_ALARM_AUDIT] = {"audit-failing", GW_MAJOR, "The audit log cannot be written.",
                        "Make room, or mend the disk; lines wait in memory meanwhile."},
    [GW_ALARM_PLAN] = {"plan-refused", GW_MINOR,
                       "A plan could not be loaded; the one before stays in force.",
                       "Correct what the log says of it, and apply it again."},
    [GW_ALARM_TABLE_AGE] = {"table-old", GW_MINOR,
                            "A list or deck that was due could not be read again; the old one goes "
                            "on.",
                            "Correct the file; it is tried again each minute."},
    [GW_ALARM_OVERLOAD] = {"overload", GW_CRITICAL,
                           "The signalling thread or a media thread does not keep up.",
                           "Take calls away, add media threads or a faster machine; look what else "
                           "runs on it."},
    [GW_ALARM_REPAIR] = {"audit-repair", GW_WARNING,
                         "The gateway had to put right what should never have gone wrong.",
                         "Tell the makers, with the lines of the log that begin with \"audit:\"; "
                         "the calls named there were ended."},
};

struct rt_counter gw_alarm_counters[GW_ALARM_NCOUNTERS] = {
    [GW_ALARM_NUMEROUS] = {"alarms_dropped_total", "Alarms not kept, because too many last", 0},
    [GW_ALARM_POSTED] = {"alarm_posts_total", "Changes of alarms that the webhook took", 0},
    [GW_ALARM_UNPOSTED] = {"alarm_posts_failed_total", "Changes that the webhook did not take", 0},
    [GW_ALARM_NOT_POSTED] = {"alarm_posts_dropped_total",
                             "Changes that were not posted, because too many waited", 0},
};

const char *gw_severity_name(enum gw_severity s)
{
    static const char *const names[] = {"warning", "minor", "major", "critical"};
    return names[s];
}

const struct gw_alarm_about *gw_alarm_about(enum gw_alarm_kind kind)
{
    return &about[kind];
}

void gw_alarm_key(char out[GW_ALARM_KEY_LEN], enum gw_alarm_kind kind, const char *object)
{
    out[0] = (char)('A' + kind);
    rt_str_copy(out + 1, GW_ALARM_KEY_LEN - 1, rt_str(object));
}

static struct gw_alarm_item *find(const struct gw_alarms *a, const char *key)
{
    struct gw_alarm_item *item;

    HASH_FIND_STR(a->by_key, key, item);
    return item;
}

/** Before those that are less bad. */
static void insert(struct gw_alarms *a, struct gw_alarm_item *item)
{
    struct gw_alarm_item *at;

    DL_FOREACH(a->lasting, at)
    if (at->pub.severity <= item->pub.severity)
        break;
    if (at)
        DL_PREPEND_ELEM(a->lasting, at, item);
    else
        DL_APPEND(a->lasting, item);
    HASH_ADD_STR(a->by_key, key, item);
    a->nlasting++;
}

static void begin(struct gw_alarms *a, enum gw_alarm_kind kind, const char *key, const char *text)
{
    struct gw_alarm_item *item = a->nlasting < LASTING_MAX ? calloc(1, sizeof *item) : NULL;

    if (!item) {
        rt_count(&gw_alarm_counters[GW_ALARM_NUMEROUS]);
        return;
    }
    memcpy(item->key, key, sizeof item->key);
    item->pub = (struct gw_alarm){
        .id = ++a->last_id, .kind = kind, .severity = about[kind].severity, .raised = rt_wall()};
    rt_str_copy(item->pub.object, sizeof item->pub.object, rt_str(key + 1));
    rt_str_copy(item->pub.text, sizeof item->pub.text, rt_str(text));
    a->raised[kind]++;
    insert(a, item);
    gw_alarm_tell(a, &item->pub, GW_ALARM_RAISED);
}

static void raise_text(struct gw_alarms *a, enum gw_alarm_kind kind, const char *object,
                       const char *text)
{
    char key[GW_ALARM_KEY_LEN] = "";

    gw_alarm_key(key, kind, object);
    struct gw_alarm_item *item = find(a, key);
    if (!item) {
        begin(a, kind, key, text);
        return;
    }
    char kept[sizeof item->pub.text];
    rt_str_copy(kept, sizeof kept, rt_str(text));
    if (strcmp(kept, item->pub.text) == 0)
        return;
    memcpy(item->pub.text, kept, sizeof kept);
    gw_alarm_tell(a, &item->pub, GW_ALARM_CHANGED);
}

void gw_alarm_raise(struct gw_alarms *a, enum gw_alarm_kind kind, const char *object,
                    const char *fmt, ...)
{
    char text[sizeof((struct gw_alarm *)0)->text];
    va_list ap;

    if (!a)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    raise_text(a, kind, object, text);
}

void gw_alarm_clear(struct gw_alarms *a, enum gw_alarm_kind kind, const char *object)
{
    char key[GW_ALARM_KEY_LEN];

    if (!a)
        return;
    gw_alarm_key(key, kind, object);
    struct gw_alarm_item *item = find(a, key);
    if (!item)
        return;
    HASH_DEL(a->by_key, item);
    DL_DELETE(a->lasting, item);
    a->nlasting--;
    item->pub.cleared = rt_wall();
    DL_PREPEND(a->cleared, item);
    gw_alarm_tell(a, &item->pub, GW_ALARM_CLEARED);
    if (++a->ncleared <= CLEARED_MAX)
        return;
    struct gw_alarm_item *oldest = a->cleared->prev;
    DL_DELETE(a->cleared, oldest);
    a->ncleared--;
    free(oldest);
}

void gw_alarm_set(struct gw_alarms *a, enum gw_alarm_kind kind, const char *object, bool is,
                  const char *text)
{
    if (!a)
        return;
    if (is)
        raise_text(a, kind, object, text);
    else
        gw_alarm_clear(a, kind, object);
}

static struct gw_alarm_item *seen_by(struct gw_alarms *a, uint64_t id, const char *who)
{
    struct gw_alarm_item *item = NULL;

    if (a)
        DL_SEARCH_SCALAR(a->lasting, item, pub.id, id);
    if (a && !item)
        DL_SEARCH_SCALAR(a->cleared, item, pub.id, id);
    if (item)
        rt_str_copy(item->pub.acknowledged, sizeof item->pub.acknowledged, rt_str(who));
    return item;
}

int gw_alarm_seen(struct gw_alarms *a, uint64_t id, const char *who)
{
    return seen_by(a, id, who) ? 0 : ENOENT;
}

int gw_alarm_acknowledge(struct gw_alarms *a, uint64_t id, const char *who)
{
    const struct gw_alarm_item *item = seen_by(a, id, who);

    if (!item)
        return ENOENT;
    gw_alarm_tell(a, &item->pub, GW_ALARM_ACKNOWLEDGED);
    return 0;
}

/* ---- asked ---- */

void gw_alarms_each(const struct gw_alarms *a, void (*fn)(void *arg, const struct gw_alarm *alarm),
                    void *arg)
{
    const struct gw_alarm_item *item;

    if (!a)
        return;
    DL_FOREACH(a->lasting, item)
    fn(arg, &item->pub);
    DL_FOREACH(a->cleared, item)
    fn(arg, &item->pub);
}

unsigned gw_alarms_count(const struct gw_alarms *a, enum gw_severity at_least)
{
    const struct gw_alarm_item *item = a ? a->lasting : NULL;
    unsigned n = 0;

    for (; item && item->pub.severity >= at_least; item = item->next)
        n++;
    return n;
}

uint64_t gw_alarms_raised(const struct gw_alarms *a, enum gw_alarm_kind kind)
{
    return a ? a->raised[kind] : 0;
}

/* ---- life ---- */

int gw_alarms_new(struct gw_alarms **out, struct gw *gw)
{
    struct gw_alarms *a = calloc(1, sizeof *a);

    if (!a)
        return ENOMEM;
    a->gw = gw;
    a->facility = -1;
    int err = gw_alarm_post_new(&a->posts, gw);
    if (err != 0)
        free(a);
    else
        *out = a;
    return err;
}

static void free_list(struct gw_alarm_item **list)
{
    while (*list) {
        struct gw_alarm_item *item = *list;
        DL_DELETE(*list, item);
        free(item);
    }
}

void gw_alarms_free(struct gw_alarms *a)
{
    if (!a)
        return;
    HASH_CLEAR(hh, a->by_key);
    free_list(&a->lasting);
    free_list(&a->cleared);
    gw_alarm_post_free(a->posts);
    free(a);
}
