/* Events and signals of one endpoint of ours: what its agent asked for, what was seen, what plays.
 *
 * An endpoint has none of this until its agent asks for something or something persistent happens.
 * gw_request.c reads requests, gw_wants.c their lists; gw_detect.c walks through what happens
 * (4.4.1); gw_seen.c keeps what was seen; gw_digits.c is the dial string; gw_signal_read.c reads
 * signals and gw_signal.c plays them. Owners may report events from within the calls that they get:
 * those wait in the quarantine buffer for their turn.
 */
#ifndef MGCP_GW_EVENTS_H
#define MGCP_GW_EVENTS_H

#include "mgcp/digit_map.h"
#include "mgcp/event.h"
#include "mgcp/gw_priv.h"

/** Events kept at a time; B/qbo and B/oef have their place beyond. */
#define MGCP_QUARANTINE 64
#define MGCP_OBSERVED   64
/** Items of a list; 502 beyond. */
#define MGCP_WANTS 255
/** RFC 3660 2.2, timer T. */
#define MGCP_T_CRITICAL (4 * RT_S)
#define MGCP_T_PARTIAL  (16 * RT_S)

/* ---- what is asked for: gw_wants.c ---- */

/** A piece of a list's text. */
struct mgcp_span {
    uint16_t at, n;
};

#define MGCP_ANY_PACKAGE 0xff
#define MGCP_BY_NAME     0xffff

/** An item of R, T or B/PR, compiled. */
struct mgcp_want {
    struct mgcp_span name, connection, params;
    struct mgcp_span r, s, d; /**< of an embedded request */
    uint16_t symbol;          /**< its id; MGCP_BY_NAME: `name` covers several */
    uint8_t package;          /**< its index; MGCP_ANY_PACKAGE */
    uint8_t actions;          /**< enum mgcp_action, never none */
};

/** A list, with its text behind the items: "@$" is expanded there. */
struct mgcp_wants {
    char *text;
    size_t length;
    unsigned n;
    struct mgcp_want want[];
};

/** Something that happened; the texts are borrowed. */
struct mgcp_seen {
    const struct mgcp_package *package;
    const struct mgcp_symbol *symbol;
    struct rt_str connection, params; /**< empty: none */
};

/** What a command has beside the list itself. */
struct mgcp_events_context {
    struct mgcp_gw_endpoint *endpoint;
    struct mgcp_gw_connection *created; /**< "@$"; NULL: none */
    bool remote;                        /**< the command brings `created` a description */
    bool loop;                          /**< N with E is allowed */
    bool map;                           /**< D is allowed */
    bool now;        /**< it takes effect now: hooks and signals are checked (4.4.2) */
    bool persistent; /**< a list without glare detection: B/PR */
};

/** Reads a list of this kind. An empty one is NULL. 200, or the code that refuses it; then `*out`
 * is NULL. */
unsigned mgcp_wants_compile(struct mgcp_wants **out, const struct mgcp_events_context *x,
                            struct rt_str text, enum mgcp_list kind);
/** 515 when the list names a connection that there is not; else 200. */
unsigned mgcp_wants_check(const struct mgcp_wants *w, const struct mgcp_events_context *x);
/** Whether the hook is such that what is asked for may still come (4.4.2): 200, 401, 402. */
unsigned mgcp_wants_glare(const struct mgcp_wants *w, const struct mgcp_gw_endpoint *e);
/** The item that covers an event, an exact one before a range; NULL. */
const struct mgcp_want *mgcp_wants_find(const struct mgcp_wants *w, const struct mgcp_seen *ev);
struct rt_str mgcp_wants_text(const struct mgcp_wants *w, struct mgcp_span s);
/** The connection that an item names; `*refusal` 515 when there is none. NULL for "" and "*". */
struct mgcp_gw_connection *mgcp_wants_connection(const struct mgcp_events_context *x,
                                                 struct rt_str id, unsigned *refusal);
/** Package and symbol of an item. 200, or the code that refuses it. */
unsigned mgcp_wants_symbol(const struct mgcp_gw_endpoint *e, const struct mgcp_item *item,
                           bool signal, const struct mgcp_package **pkg,
                           const struct mgcp_symbol **sym);
/** `text` with the connection's id in place of every "$" after "@". NULL without memory. */
char *mgcp_wants_expand(struct rt_str text, const struct mgcp_gw_connection *created);

/* ---- what was seen: gw_seen.c ---- */

/** A queue of events with texts of their own. */
struct mgcp_seen_list {
    struct mgcp_seen_entry *v;
    uint16_t n, cap;
};
struct mgcp_seen_entry {
    struct mgcp_seen seen;
    char *owned;
};
/** False without memory. */
bool mgcp_seen_add(struct mgcp_seen_list *l, const struct mgcp_seen *ev);
/** Takes the oldest one; free its `owned`. */
struct mgcp_seen_entry mgcp_seen_take(struct mgcp_seen_list *l);
/** Moves all of `from` before what `to` has. */
void mgcp_seen_prepend(struct mgcp_seen_list *to, struct mgcp_seen_list *from);
void mgcp_seen_clear(struct mgcp_seen_list *l);
/** "L/hd,R/qa@0A3F58,G/oc(L/rg)" */
void mgcp_seen_write(const struct mgcp_seen_list *l, struct rt_buf *out);

/* ---- the state of an endpoint ---- */

enum mgcp_events_state {
    MGCP_EVENTS_NORMAL,
    MGCP_EVENTS_NOTIFYING, /**< "notification state": a NTFY waits for its answer */
    MGCP_EVENTS_LOCKSTEP   /**< step mode: the next RQNT is waited for */
};

struct mgcp_gw_events {
    struct mgcp_gw_endpoint *endpoint;
    struct mgcp_wants *requested, *detect, *persistent; /**< R, T, B/PR; NULL: empty */
    struct mgcp_map *map;                               /**< NULL: none */
    struct mgcp_map_run run;                            /**< the current dial string */
    struct mgcp_seen_list quarantine, observed;
    struct mgcp_signal *signals;
    struct rt_timer interdigit;     /**< T */
    struct rt_defer process;        /**< quarantined events, after the answer to the request */
    char *entity;                   /**< N as the request had it; NULL: it had none */
    char id[MGCP_ID_LEN];           /**< X */
    uint32_t serial;                /**< of the request in force */
    uint8_t state;                  /**< enum mgcp_events_state */
    uint16_t unanswered;            /**< NTFYs under way */
    uint16_t loop : 1, discard : 1, /**< Q */
        dialling : 1,               /**< `run` began */
        timing : 1,                 /**< the timer runs beside the dial string, not in it */
        busy : 1;                   /**< an event or a request is worked on: what happens waits */
};

/** The endpoint's, made when there is none; NULL without memory. */
struct mgcp_gw_events *mgcp_events_get(struct mgcp_gw_endpoint *e);

/* ---- gw_detect.c ---- */

/** An event came: it is processed, quarantined or ignored. */
void mgcp_events_detected(struct mgcp_gw_events *v, const struct mgcp_seen *ev);
/** Works off the quarantine buffer until a NTFY goes. */
void mgcp_events_process(struct mgcp_gw_events *v);
/** Does what `want` says of an event; NULL: notifies it. */
void mgcp_events_act(struct mgcp_gw_events *v, const struct mgcp_seen *ev,
                     const struct mgcp_wants *in, const struct mgcp_want *want);
/** Whether an event would be detected in any state: it is in R, T, B/PR or persistent. */
bool mgcp_events_detectable(const struct mgcp_gw_events *v, const struct mgcp_seen *ev);
/** It is told without being asked for: the package says so, or it is a line's hook. */
bool mgcp_events_is_persistent(const struct mgcp_gw_endpoint *e, const struct mgcp_seen *ev);

/* ---- gw_request.c, gw_events_audit.c ---- */

/** Puts the embedded request of an item in force (2.3.3), or reports B/enf. */
void mgcp_events_embedded(struct mgcp_gw_events *v, const struct mgcp_wants *in,
                          const struct mgcp_want *want);
/** Writes the value of B/PR or B/NS for AUEP; false: `name` is neither. */
bool mgcp_events_audit_base(const struct mgcp_gw_endpoint *e, struct rt_str name,
                            struct rt_buf *out);

/* ---- gw_digits.c ---- */

/** The package that digits are of, by the agent's dialect. */
const struct mgcp_package *mgcp_digits_package(const struct mgcp_gw_endpoint *e);
/** The package's symbols of digits are those of D, whatever the package. */
const struct mgcp_symbol *mgcp_digits_symbol(struct rt_str name);
/** A name of one digit or letter of digit strings, T and X included. */
bool mgcp_is_digit_name(struct rt_str name);
/** A request came into force: a T without D begins. */
void mgcp_digits_begin(struct mgcp_gw_events *v);
/** An event happened: a digit ends the T that began so. */
void mgcp_digits_heard(struct mgcp_gw_events *v, const struct mgcp_seen *ev);
/** Adds it to the dial string. True when that is to be notified. */
bool mgcp_digits_feed(struct mgcp_gw_events *v, const struct mgcp_seen *ev);
/** Resets the dial string. */
void mgcp_digits_reset(struct mgcp_gw_events *v);
/** T ran out. */
void mgcp_digits_expired(void *arg);

/* ---- gw_signal_read.c, gw_signal.c ---- */

/** A signal that plays, waits or is asked for. */
struct mgcp_signal {
    struct mgcp_signal *prev, *next;
    struct mgcp_gw_endpoint *endpoint;
    const struct mgcp_package *package;
    const struct mgcp_symbol *symbol;
    struct rt_timer timer;
    rt_time timeout;              /**< 0: none */
    bool pending;                 /**< a brief one that waits for another */
    bool off;                     /**< asked for: it is to be turned off */
    char connection[MGCP_ID_LEN]; /**< "": on the endpoint; "*": on all connections */
    char params[];
};

/** Reads S. 200, or the code that refuses it; then `*out` is NULL. */
unsigned mgcp_signals_compile(struct mgcp_signal **out, const struct mgcp_events_context *x,
                              struct rt_str text);
void mgcp_signals_drop(struct mgcp_signal *list);
/** The same signal at the same place; NULL. */
struct mgcp_signal *mgcp_signals_find(struct mgcp_signal *list, const struct mgcp_signal *like);
/** The new list takes the old one's place. Takes what is in it. */
void mgcp_signals_apply(struct mgcp_gw_events *v, struct mgcp_signal *list);
/** A requested event came: what has a time-out stops, what waits is forgotten. */
void mgcp_signals_interrupt(struct mgcp_gw_events *v);
/** Stops all. */
void mgcp_signals_clear(struct mgcp_gw_events *v);
void mgcp_signals_connection_gone(struct mgcp_gw_events *v, struct mgcp_gw_connection *c);
/** What can be audited: "L/vmwi(+),G/rt@0A3F58". */
void mgcp_signals_write(const struct mgcp_gw_events *v, struct rt_buf *out);
/** A connection was made: signals on all connections are on it too. */
void mgcp_events_connection_made(struct mgcp_gw_endpoint *e, struct mgcp_gw_connection *c);

#endif
