/* What a plan says of records, administration, alarms and traces. Texts are the plan's. */
#ifndef GW_PLAN_ADMIN_H
#define GW_PLAN_ADMIN_H

#include "gw/rt/net.h"
#include "gw/rt/process.h"
#include "gw/rt/time.h"

#include <stdbool.h>

/** Who gets records beside the files (gw/export/). */
enum gw_target_kind { GW_TARGET_SQLITE, GW_TARGET_POSTGRES, GW_TARGET_RADIUS, GW_TARGET_WEBHOOK };
/** "sqlite", "postgres", "radius", "webhook" */
const char *gw_target_name(enum gw_target_kind kind);

#define GW_TARGETS_MAX 8

struct gw_target_plan {
    enum gw_target_kind kind;
    const char *where; /**< a file, a libpq connection string, HOST:PORT, a URL */
};

struct gw_cdr_plan {
    const char *journal; /**< directory, or NULL */
    const char *csv;     /**< file, or NULL */
    const char *json;    /**< file of JSON lines, or NULL */
    struct gw_target_plan target[GW_TARGETS_MAX];
    unsigned ntargets; /**< more than 0 only with a journal: it is what they are fed from */
    const char *radius_secret, *webhook_token, *webhook_ca; /**< files, or NULL */
    const char *radius_nas, *table;
    rt_time keep; /**< 0: for ever */
    rt_time late;
    bool explain; /**< records say why the call went where it went */
};

#define GW_HTTP_LISTEN_MAX 8
#define GW_HTTP_HOSTS_MAX  16

struct gw_admin_plan {
    const char *socket; /**< control socket's path */
    union rt_addr http[GW_HTTP_LISTEN_MAX];
    unsigned nhttp;            /**< 0: no HTTP */
    const char *cert, *key;    /**< files; NULL: no TLS */
    const char *users, *audit; /**< files, or NULL */
    rt_time session;
    const char *host[GW_HTTP_HOSTS_MAX];
    unsigned nhosts;
};

/** What the daemon is to the kernel. */
struct gw_process_plan {
    const char *user, *group; /**< NULL: as it was started */
    const char *crash;        /**< file, or NULL */
    enum rt_seccomp seccomp;
    enum rt_core core;
    rt_time finish; /**< how long the end waits for disks that do not answer */
    /** Files with secrets, which are read again while the gateway runs. */
    const char *const *secret;
    unsigned nsecrets;
};

struct gw_alarm_plan {
    int syslog;                                /**< LOG_DAEMON...; -1: not there */
    const char *webhook, *token, *ca, *notify; /**< NULL: none; token and ca are files */
    unsigned asr_drop, asr_samples;            /**< thousandths; 0: off */
    unsigned channels, disk;                   /**< thousandths; 0: off */
    rt_time certificate;                       /**< 0: off */
    unsigned mos, mos_samples;                 /**< MOS times 100; 0: off */
    unsigned short_calls, short_samples;       /**< thousandths; 0: off */
};

struct gw_auditor_plan {
    rt_time every;   /**< 0: never */
    rt_time far_end; /**< how long an answered far end may say nothing until it is asked; 0: never
                      */
};

struct gw_trace_plan {
    uint64_t ring; /**< octets */
    bool rtp;
    union rt_addr homer; /**< AF_UNSPEC: none */
    uint32_t homer_id;
    const char *homer_key; /**< file, or NULL */
};

#endif
