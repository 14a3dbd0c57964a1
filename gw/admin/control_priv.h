/* Inside the control socket: an answer being written, a request taken apart, the verbs. */
#ifndef GW_ADMIN_CONTROL_PRIV_H
#define GW_ADMIN_CONTROL_PRIV_H

#include "gw/admin/control.h"
#include "gw/trace.h"

/** Process exit codes. */
enum gw_exit { GW_EXIT_OK, GW_EXIT_FAILED, GW_EXIT_USAGE, GW_EXIT_PLAN, GW_EXIT_UNREACHABLE };

/** A request after its verb: what is left, sorted. */
struct gw_args {
    const char *arg[6];
    unsigned n;
    struct {
        const char *name, *value; /**< "--cause", "17"; a flag's value is "" */
    } option[8];
    unsigned noptions;
};
/** The value of an option, or NULL when it was not given. */
const char *gw_args_option(const struct gw_args *args, const char *name);

struct gw_apply_job;
struct gw_apply_request;
struct gw_apply_result;

/** An answer: lines of JSON objects. */
struct gw_answer {
    struct gw *gw;              /**< NULL: offline, or not started yet */
    const struct gw_plan *plan; /**< of `gw`, or the one read for this */
    struct rt_buf *out;
    char error[256]; /**< for the closing line */
    char note[80];   /**< for people: "no calls"; empty: none */
    bool stop;
    bool done; /**< there is nothing to `--watch` for */
    /** More lines follow as messages come, instead of the closing one. The pattern is handed over.
     */
    struct gw_trace_filter follow;
    /** The rest is known when this is done: gw_answer_applied(). */
    struct gw_apply_job *job;
    unsigned uid;       /**< of the user who asks */
    const char *who;    /**< an account instead; NULL: none */
    const char *why;    /**< the reason that was given beside the words, or NULL */
    struct rt_str body; /**< JSON that came with the words; empty: none */
    unsigned status;    /**< of HTTP, where it says more than the exit code; 0: it does not */
    uint64_t seen;      /**< an alarm that is acknowledged; 0: none */
    bool tests;         /**< how the plan's tests ended is wanted, not what would change */
};

/* One line: begin, members in order, end. */
void gw_answer_begin(struct gw_answer *a, const char *type);
void gw_answer_text(struct gw_answer *a, const char *key, const char *value);
void gw_answer_number(struct gw_answer *a, const char *key, int64_t value);
void gw_answer_decimal(struct gw_answer *a, const char *key, double value);
void gw_answer_flag(struct gw_answer *a, const char *key, bool value);
/** `object` is JSON text of an object: its members are added. */
void gw_answer_members(struct gw_answer *a, struct rt_str object);
/** A place of the plan as "office.conf:12". */
void gw_answer_place(struct gw_answer *a, const char *key, struct conf_pos pos);
/** Wall clock as RFC 3339; 0: empty. */
void gw_answer_time(struct gw_answer *a, const char *key, rt_time wall);
void gw_answer_end(struct gw_answer *a);
/** Lines of type "text", one for each line of `text`. */
void gw_answer_lines(struct gw_answer *a, struct rt_str text);
/** Sets the error of the closing line; returns `code`. */
int gw_answer_fail(struct gw_answer *a, enum gw_exit code, const char *fmt, ...) RT_PRINTF(3, 4);

/** Does a verb's work; returns the exit code. */
typedef int gw_verb_fn(struct gw_answer *a, const struct gw_args *args);

enum gw_verb_where { GW_VERB_LOCAL, GW_VERB_PLAN, GW_VERB_GATEWAY };
enum gw_verb_kind { GW_VERB_LOOK, GW_VERB_WRITE };

/** A row of verbs.def, which says what each column means. */
struct gw_verb {
    const char *words, *args, *options;
    enum gw_verb_where where;
    bool writes;
    gw_verb_fn *run; /**< NULL: the client's own */
    const char *help;
};
/** The `i`-th; NULL behind the last. */
const struct gw_verb *gw_verb_at(size_t i);
/** The verb of a request, and how many of its words are the verb's. NULL: there is none. */
const struct gw_verb *gw_verb_find(size_t argc, const char *const *argv, size_t *words);

/** Runs the words of a request: the exit code. Writes all but the closing line. */
int gw_control_run(struct gw_answer *a, size_t argc, const char *const *argv);
/** Does the command with these words change anything? */
bool gw_control_writes(size_t argc, const char *const *argv);
/** The closing line. */
void gw_answer_close(struct gw_answer *a, int code);

/** Reads a number that a verb was given; an exit code. */
int gw_control_number(struct gw_answer *a, struct dp_number *out, const char *text);
/** Reads a time like 30s or 5min. */
bool gw_control_duration(rt_time *out, const char *text);
/** The call with this number or with an id that begins so (6 digits at least), or NULL. */
struct gw_call *gw_control_call(struct gw *gw, const char *id);

/* control_show.c */
gw_verb_fn gw_show_status, gw_show_calls, gw_show_call, gw_show_plan;
/** The line of a call. */
void gw_answer_call(struct gw_answer *a, const struct gw_call *call);
/* control_dial.c */
gw_verb_fn gw_show_routes, gw_show_groups, gw_show_classes, gw_show_emergency;
/* control_metrics.c */
gw_verb_fn gw_show_metrics;
/* control_usage.c */
gw_verb_fn gw_show_limits, gw_limits_lift_verb, gw_show_carriers;
/* control_alarm.c */
gw_verb_fn gw_show_alarms, gw_verb_acknowledge, gw_show_series, gw_show_log;
struct gw_alarm;
/** The line of an alarm. */
void gw_answer_alarm(struct gw_answer *a, const struct gw_alarm *alarm);
/* control_exports.c */
gw_verb_fn gw_show_exports;
/* control_tables.c */
gw_verb_fn gw_show_decks, gw_show_rates, gw_show_lnp, gw_show_enum, gw_show_lists;
/* control_quality.c */
/** How the legs of a call sound: a line for each direction. */
void gw_answer_quality(struct gw_answer *a, const struct gw_call *call);
/* control_explain.c */
gw_verb_fn gw_explain_cause, gw_explain_sip, gw_show_explanation;
/* control_peer.c */
gw_verb_fn gw_show_trunk;
/** Says where a trunk leads: `span 1`, `udp:10.0.0.2:5060`, `sip:sbc.example.com`, `registered
 * users of example.com`. */
void gw_answer_where(struct gw_answer *a, const struct gw_trunk *t);
/* control_span.c */
/** The line of one trunk. */
void gw_answer_trunk(struct gw_answer *a, const struct gw_trunk *t);
/** The line of one span. */
void gw_answer_span(struct gw_answer *a, const struct gw_span *span);
/** The span whose number was asked for, or NULL and the error. */
const struct gw_span *gw_control_span(struct gw_answer *a, const char *text);
gw_verb_fn gw_show_trunks, gw_show_spans, gw_show_span, gw_show_channels, gw_loopback;
/* control_channel.c */
gw_verb_fn gw_show_channel;
/* control_siege.c */
gw_verb_fn gw_show_bans, gw_verb_unban;
/* control_mgcp.c */
gw_verb_fn gw_show_lines, gw_show_endpoints, gw_verb_mwi;
/* control_upkeep.c */
gw_verb_fn gw_verb_block, gw_verb_unblock, gw_verb_restart;
/* control_call.c */
gw_verb_fn gw_verb_call, gw_verb_drain;
/* control_register.c */
gw_verb_fn gw_show_registrations;
/* control_verbs.c */
gw_verb_fn gw_release_call, gw_verb_mcid, gw_verb_stop;
/* control_route.c */
gw_verb_fn gw_route_explain, gw_route_test, gw_verb_diff;

/* control_apply.c */
gw_verb_fn gw_verb_apply, gw_verb_confirm, gw_verb_history, gw_verb_rollback;
/** What a file would change in the running gateway. */
gw_verb_fn gw_verb_diff_aside;
/** Asks for another plan, with what the options say; the rest is known later. */
int gw_control_apply(struct gw_answer *a, struct gw_apply_request *r, const struct gw_args *args);
/** What came of a request for another plan; returns the exit code. */
int gw_answer_applied(struct gw_answer *a, const struct gw_apply_result *r);

/* control_plan.c */
gw_verb_fn gw_plan_files, gw_plan_check, gw_plan_diff_verb, gw_plan_apply, gw_plan_tables;
gw_verb_fn gw_plan_refresh;
/** Lines of type `type` for lines like "office.conf:24:5: unknown word": file, line, column, text.
 */
void gw_answer_places(struct gw_answer *a, const char *type, struct rt_str text);

/* control_audit.c */
gw_verb_fn gw_show_audit;
/* client_records.c */
gw_verb_fn gw_records_path_verb;
/* control_record.c */
gw_verb_fn gw_verb_record;
/* control_trace.c */
gw_verb_fn gw_verb_trace_call, gw_verb_trace_number, gw_verb_trace_span, gw_verb_trace_endpoint;
/** The line that carries a pcapng block. */
void gw_answer_pcapng(struct rt_buf *out, struct rt_str block);

/* client_table.c */

struct gw_printer;
/** Prints an answer's lines to standard output as tables and ladders. NULL: out of memory. */
struct gw_printer *gw_printer_new(bool json);
/** Takes one line; true when it was the closing one, whose code is then in `*code`. Complaints go
 * to standard error. */
bool gw_printer_line(struct gw_printer *p, struct rt_str line, int *code);
/** True when the closing line said that watching is over. */
bool gw_printer_done(const struct gw_printer *p);
void gw_printer_free(struct gw_printer *p);

/* client_pcap.c */

/** The file that packets of an answer go to. */
struct gw_pcap;
/** What `--pcap FILE` names, borrowed; without, `*out` stays as it is. */
int gw_pcap_new(struct gw_pcap **out, int argc, char **argv);
void gw_pcap_free(struct gw_pcap *p);
/** True when the line is a packet, which is then in the file. `*err`: it could not be written,
 * which was said. */
bool gw_pcap_line(struct gw_pcap *p, struct rt_str line, int *err);
/** How many it has. */
unsigned gw_pcap_packets(const struct gw_pcap *p);

/* client_ladder.c */
void gw_ladder_head(struct rt_buf *out, const char *a, const char *b);
void gw_ladder_line(struct rt_buf *out, int64_t ms, char side, bool sent, const char *text);

#endif
