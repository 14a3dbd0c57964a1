/* The dial plan, compiled: who may call what, where calls go, what they cost. Part of the plan
 * (gw/plan.h): read-only, and lives as long as it.
 *
 * Everything that explain, errors and records name keeps its place in the file.
 */
#ifndef GW_PLAN_DIAL_H
#define GW_PLAN_DIAL_H

#include "conf/conf.h"
#include "dialplan/dialplan.h"
#include "gw/bearer.h"
#include "gw/enum.h"
#include "gw/limits.h"
#include "gw/rt/net.h"
#include "isdn/config.h"

#include <stdbool.h>
#include <stdint.h>

#define GW_NAME_LEN    32
#define GW_CONTEXT_LEN 64 /**< a domain or a number prefix that gives a number its meaning */
#define GW_CIC_LEN     16

struct dp_calendar;
struct dp_deck;
struct dp_list;
struct dp_ported;
struct dp_rewrite;
struct dp_rules;
struct dp_schedule;
struct gw_trunk;

/* ---- names for numbers, times, files ---- */

/** `list NAME`: numbers in a file. */
struct gw_list {
    char name[GW_NAME_LEN];
    const char *path;
    rt_time refresh; /**< 0: never */
    struct dp_list *list;
    struct conf_pos pos;
};

/** `calendar NAME` */
struct gw_calendar {
    char name[GW_NAME_LEN];
    struct dp_calendar *calendar;
    struct conf_pos pos;
};

/** `time NAME` */
struct gw_time {
    char name[GW_NAME_LEN];
    struct dp_schedule *schedule;
    struct conf_pos pos;
};

/** `normalise NAME` */
struct gw_rules {
    char name[GW_NAME_LEN];
    struct dp_rules *rules;
    struct conf_pos pos;
};

/* ---- class, customer, group ---- */

/** What a class, trunk, group or customer may use. */
struct gw_quota {
    struct gw_limit *rule;
    struct dp_pattern **counts; /**< of each rule: the numbers that it counts; NULL: all */
    struct dp_pattern **blocks; /**< and those that are blocked when it trips; NULL: all */
    struct conf_pos *pos;
    unsigned n;
    unsigned index; /**< among the quotas of the plan: for what is counted beside it */
};

/** One `allow` or `deny`. */
struct gw_permit {
    bool deny;
    bool firm;      /**< a denial of `premium` or of a list: an allowed prefix does not lift it */
    bool whole;     /**< a whole number, no pattern */
    unsigned cause; /**< of a denial: Q.850 */
    const char *reason;       /**< the plan's text, or NULL */
    const char *text;         /**< the numbers as written */
    struct gw_permit *before; /**< of its statement, without a refusal of its own */
    struct conf_pos pos;
};

/** `class NAME` */
struct gw_class {
    char name[GW_NAME_LEN];
    struct dp_table *called; /**< values are struct gw_permit */
    struct dp_table *caller; /**< denials of callers alone */
    bool allows;             /**< it has an `allow`: what none names is denied */
    struct gw_quota quota;
    bool per_customer; /**< it leaves limits to customers, whose limits count in any case */
    unsigned hops;     /**< diversions that a call may have had; 0: the trunk's */
    struct conf_pos pos;
};

/** `customer NAME` */
struct gw_customer {
    char name[GW_NAME_LEN];
    unsigned index;
    const struct gw_trunk *trunk[16];
    unsigned ntrunks;
    const struct gw_class *cls; /**< NULL: that of the trunk */
    struct gw_quota quota;
    const struct gw_deck *deck; /**< what it pays; NULL: not known */
    struct conf_pos pos;
};

/** Which member of a group comes first. */
enum gw_group_hunt { GW_HUNT_ORDER, GW_HUNT_LEAST_BUSY, GW_HUNT_ROUND_ROBIN, GW_HUNT_RANDOM };

/** Whom reserved channels are for. */
enum gw_reserved { GW_FOR_EMERGENCY = 1, GW_FOR_PRIORITY = 2 };

/** `reserve 4 channels for emergency, priority` */
struct gw_reserve {
    unsigned channels;
    unsigned who; /**< enum gw_reserved, or-ed */
    struct conf_pos pos;
};

/** Causes and statuses: bit n of `q850`, of `sip` from 300 to 699. */
struct gw_outcomes {
    uint64_t q850[2];
    uint64_t sip[7];
    bool on_timeout; /**< silence: `timeout` */
    rt_time timeout; /**< of so long, without ringing or answer; 0: as long as the trunk waits */
};

#define GW_GROUP_TRUNKS 64

/** `group NAME` */
struct gw_group {
    char name[GW_NAME_LEN];
    unsigned index;
    const struct gw_trunk *trunk[GW_GROUP_TRUNKS];
    unsigned ntrunks;
    enum gw_group_hunt hunt;
    struct gw_reserve reserve;
    struct gw_quota quota;
    struct gw_outcomes
        crankback; /**< another member is tried; none set: after 34, 44 and their like */
    bool cranks;   /**< the plan says so */
    struct conf_pos pos;
};

/* ---- prices ---- */

/** `deck NAME` */
struct gw_deck {
    char name[GW_NAME_LEN];
    unsigned index;
    char currency[4]; /**< that its rates are in now: the plan's */
    bool foreign;     /**< the file is in another one */
    struct dp_deck *deck;
    struct conf_pos pos;
};

/** One `offer DECK via TRUNK`. */
struct gw_offer {
    const struct gw_deck *deck;
    const struct gw_trunk *trunk; /**< or: */
    const struct gw_group *group;
    const char *via;
    struct conf_pos pos;
};

#define GW_LCR_OFFERS 32

/** `lcr NAME` */
struct gw_lcr {
    char name[GW_NAME_LEN];
    unsigned index;
    struct gw_offer offer[GW_LCR_OFFERS];
    unsigned noffers;
    bool quality_first; /**< `order quality, then cost` */
    unsigned margin;    /**< per ten thousand of the customer's price */
    bool has_margin;
    rt_time window;
    unsigned samples;
    bool per_trunk;    /**< quality of all its destinations together */
    unsigned asr, ner; /**< below this per mille demoted; 0: not by this */
    rt_time acd, pdd;  /**< below, above */
    unsigned tries;
    struct gw_outcomes advance, stop;
    bool has_advance, has_stop;
    struct conf_pos pos;
};

/* ---- look-ups on the way ---- */

/** `lnp NAME` */
struct gw_lnp {
    char name[GW_NAME_LEN];
    const char *path;
    struct dp_ported *table;  /**< NULL: it could not be read */
    struct dp_table *numbers; /**< that are looked up; NULL: all */
    bool skip_npdi;
    bool trust_customers;
    const struct gw_trunk *trust[16];
    unsigned ntrust;
    bool mark_npdi; /**< on a miss */
    bool on_error_reject;
    struct conf_pos pos;
};

/** `enum NAME` */
struct gw_enum_plan {
    char name[GW_NAME_LEN];
    unsigned index;
    const char *suffix;
    const char *service[8];
    unsigned nservices;
    rt_time timeout, cache, negative;
    const struct gw_trunk *via; /**< the trunk that its calls go by */
    struct conf_pos pos;
};

/** How its questions are asked. */
static inline struct gw_enum_config gw_enum_config(const struct gw_enum_plan *e)
{
    return (struct gw_enum_config){
        .rules = {.suffix = e->suffix, .service = e->service, .nservices = e->nservices},
        .timeout = e->timeout,
        .cache = e->cache,
        .negative = e->negative};
}

/* ---- who we are ---- */

#define GW_NETWORK_CODES 32

/** `network`: codes of our own (RFC 4694), without visual separators; each list ends with NULL. */
struct gw_network {
    const char *cic[GW_NETWORK_CODES + 1];  /**< of our network as a carrier */
    const char *node[GW_NETWORK_CODES + 1]; /**< routing numbers of this gateway */
    const char *lrn[GW_NETWORK_CODES + 1];  /**< routing numbers of our network */
    struct conf_pos pos;
};

/* ---- emergency ---- */

/** `location 10.1.0.0/25 caller +49309018280 "Lindenstr. 1"` */
struct gw_emergency_place {
    struct rt_cidr from;
    struct dp_number caller;
    const char *place;
    struct conf_pos pos;
};

enum gw_preempt { GW_PREEMPT_NONE, GW_PREEMPT_NEWEST, GW_PREEMPT_LOWEST };

/** Where a call may go: a trunk or a group. */
struct gw_way {
    const struct gw_trunk *trunk;
    const struct gw_group *group;
};

/** `emergency` */
struct gw_emergency {
    bool on;
    char number[32][16];
    struct conf_pos number_pos[32];
    unsigned nnumbers;
    char accept[32][16]; /**< what people dial instead: ends with one of the numbers */
    unsigned naccept;
    struct gw_way send[8];
    unsigned nsend;
    enum gw_preempt preempt;
    rt_time silence; /**< how long a SIP server may say nothing while there is another trunk */
    struct gw_emergency_place *locations;
    unsigned nlocations;
    rt_time callback;
    const char *notify[8];
    unsigned nnotify;
    struct {
        const char *name, *value;
    } header[8];
    unsigned nheaders;
    struct conf_pos pos;
};

/** The emergency number that dialled digits end with, or NULL. */
const char *gw_emergency_number(const struct gw_emergency *e, const char *digits);

/* ---- routes ---- */

enum gw_condition_kind {
    GW_IF_CALLER, /**< a set of numbers, unknown, private */
    GW_IF_FROM,
    GW_IF_TIME,
    GW_IF_BEARER,
    GW_IF_CODEC,
    GW_IF_TON,
    GW_IF_CATEGORY,
    GW_IF_CIC,
    GW_IF_TGRP,
    GW_IF_CONTEXT,
    GW_IF_REDIRECTED,
    GW_IF_REASON,
    GW_IF_ATTEST,
    GW_IF_HEADER,
    GW_IF_LOAD
};

/** `caller unknown`, `caller private` */
enum gw_caller_is { GW_CALLER_PATTERN, GW_CALLER_UNKNOWN, GW_CALLER_PRIVATE };

struct dp_expr;

/** One of the conditions after `when`. */
struct gw_condition {
    enum gw_condition_kind kind;
    bool negated;
    enum gw_caller_is caller;
    struct dp_pattern *pattern; /**< CALLER */
    struct gw_way way;          /**< FROM, LOAD */
    const struct gw_time *time; /**< TIME */
    unsigned value;             /**< BEARER, TON, CATEGORY, REASON, ATTEST; LOAD: per cent */
    bool below;                 /**< LOAD */
    const char *word, *word2;   /**< CODEC, CIC, TGRP and its context, CONTEXT, HEADER's name */
    struct dp_expr *expr;       /**< HEADER */
    const char *text;           /**< as written */
    struct conf_pos pos;
};

enum gw_action_kind {
    GW_TO_TRUNK,
    GW_TO_GROUP,
    GW_TO_CUSTOMER,
    GW_TO_LCR,
    GW_TO_ENUM,
    GW_TO_CALLBACK, /**< the telephone that called the emergency service */
    GW_TO_REJECT
};

/** One target after `->`. */
struct gw_target {
    enum gw_action_kind kind;
    const struct gw_trunk *trunk;
    const struct gw_group *group;
    const struct gw_customer *customer;
    const struct gw_lcr *lcr;
    const struct gw_enum_plan *resolve;
    unsigned quality;   /**< LCR: carriers with an ASR of more per mille alone; 0: all */
    const char *called; /**< this number instead; NULL: as it is */
    unsigned weight;    /**< per cent; 0: none is said */
    unsigned cause;     /**< REJECT: Q.850 value */
    const char *text;   /**< REJECT, or NULL */
    const char *name;   /**< as written: "lcr wholesale" */
    struct conf_pos pos;
};

#define GW_TARGETS    8
#define GW_CONDITIONS 8

/** What is done to the numbers of a route, in this order. */
struct gw_actions {
    unsigned strip;
    const char *prepend;
    struct dp_rewrite *rewrite;
    const char *called, *caller, *name;
    bool has_present, has_screen, has_ton, drop_subaddress;
    enum dp_present present;
    enum dp_screen screen;
    enum dp_ton ton;
};

/** Targets, and when they count. */
struct gw_choice {
    struct gw_condition *condition[GW_CONDITIONS];
    unsigned nconditions; /**< 0: always */
    struct gw_target target[GW_TARGETS];
    unsigned ntargets;
    bool weighted;
    const char *text; /**< "when open", "otherwise", "" */
    struct conf_pos pos;
    struct gw_choice *next;
};

/** A row of `routes`. */
struct gw_route {
    const char *pattern;
    const struct dp_pattern *match; /**< the table's */
    unsigned index;                 /**< in the plan: for counters beside it */
    struct gw_actions actions;
    struct gw_choice *choice; /**< NULL: it is routed again after its actions */
    const struct gw_routes *table;
    struct gw_route *next; /**< of its table, last in the file first */
    struct conf_pos pos;
};

#define GW_ROUTES_FROM 256

/** `routes from a, b { ... }`: one table serves each trunk named. */
struct gw_routes {
    const struct gw_trunk *from[GW_ROUTES_FROM];
    unsigned nfrom;
    struct dp_table *table; /**< values are struct gw_route */
    struct gw_route *first;
    const char *name; /**< "routes from pbx" */
    bool keep_tgrp;
    struct conf_pos pos;
};

/* ---- tests ---- */

/** `test "..." { ... }`: read when it is run (gw/plan_test.c). */
struct gw_plan_test {
    const char *name;
    const struct conf_node *node;
    struct conf_pos pos;
};

/** All of it. */
struct gw_dial_plan {
    struct gw_list *lists;
    unsigned nlists;
    struct gw_calendar *calendars;
    unsigned ncalendars;
    struct gw_time *times;
    unsigned ntimes;
    struct gw_rules *rules;
    unsigned nrules;
    struct gw_class *classes;
    unsigned nclasses;
    struct gw_customer *customers;
    unsigned ncustomers;
    struct gw_group *groups;
    unsigned ngroups;
    struct gw_deck *decks;
    unsigned ndecks;
    struct gw_lcr *lcrs;
    unsigned nlcrs;
    struct gw_lnp *lnps;
    unsigned nlnps;
    struct gw_enum_plan *enums;
    unsigned nenums;
    struct gw_network network;
    struct gw_emergency emergency;
    struct gw_routes *routes;
    unsigned nroutes;
    unsigned nrows; /**< of all routes */
    unsigned nquotas;
    const char *cache;   /**< folder of compiled tables; NULL: none */
    const char *usage;   /**< file of what limits have counted; NULL: not kept */
    const char *mail;    /**< program that sends mail; NULL: none */
    const char *history; /**< folder of plans that were applied; NULL: none */
    unsigned keep;       /**< plans in it */
    struct gw_plan_test *tests;
    unsigned ntests;
};

#endif
