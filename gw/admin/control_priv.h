/* Inside the control socket: an answer being written, a request taken apart, the verbs. */
#ifndef GW_ADMIN_CONTROL_PRIV_H
#define GW_ADMIN_CONTROL_PRIV_H

#include "gw/admin/control.h"
#include "gw/trace.h"

/** Process exit codes. */
enum gw_exit { GW_EXIT_OK, GW_EXIT_FAILED, GW_EXIT_USAGE, GW_EXIT_PLAN, GW_EXIT_UNREACHABLE };

/** A request after its verb: what is left, sorted. */
struct gw_args {
    const char *arg[4];
    unsigned n;
    struct {
        const char *name, *value; /**< "--cause", "17"; a flag's value is "" */
    } option[8];
    unsigned noptions;
};
/** The value of an option, or NULL when it was not given. */
const char *gw_args_option(const struct gw_args *args, const char *name);

struct gw_apply_job;
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
    unsigned uid; /**< of the user who asks */
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

/** Runs the words of a request: the exit code. Writes all but the closing line. */
int gw_control_run(struct gw_answer *a, size_t argc, const char *const *argv);
/** The closing line. */
void gw_answer_close(struct gw_answer *a, int code);

/** Reads a number that a verb was given; an exit code. */
int gw_control_number(struct gw_answer *a, struct dp_number *out, const char *text);
/** The call with this number or with an id that begins so (6 digits at least), or NULL. */
struct gw_call *gw_control_call(struct gw *gw, const char *id);

/* control_show.c */
gw_verb_fn gw_show_status, gw_show_calls, gw_show_call, gw_show_metrics, gw_show_plan;
/** The line of a metric. */
void gw_answer_metric(struct gw_answer *a, const char *name, int64_t value, const char *help);
/* control_dial.c */
gw_verb_fn gw_show_routes, gw_show_groups, gw_show_classes, gw_show_emergency;
/* control_usage.c */
gw_verb_fn gw_show_limits, gw_limits_lift_verb, gw_show_carriers;
/* control_tables.c */
gw_verb_fn gw_show_decks, gw_show_rates, gw_show_lnp, gw_show_enum, gw_show_lists;
/** Rows, octets and age of all tables that the plan reads. */
void gw_answer_table_metrics(struct gw_answer *a);
/* control_quality.c */
/** How the legs of a call sound: a line for each direction. */
void gw_answer_quality(struct gw_answer *a, const struct gw_call *call);
/* control_explain.c */
gw_verb_fn gw_explain_cause, gw_explain_sip;
/* control_peer.c */
gw_verb_fn gw_show_trunk;
/** Says where a trunk leads: `span 1`, `udp:10.0.0.2:5060`, `sip:sbc.example.com`, `registered
 * users of example.com`. */
void gw_answer_where(struct gw_answer *a, const struct gw_trunk *t);
/* control_span.c */
/** The line of one trunk. */
void gw_answer_trunk(struct gw_answer *a, const struct gw_trunk *t);
/** The span whose number was asked for, or NULL and the error. */
const struct gw_span *gw_control_span(struct gw_answer *a, const char *text);
gw_verb_fn gw_show_trunks, gw_show_spans, gw_show_span, gw_show_channels, gw_loopback;
/* control_mgcp.c */
gw_verb_fn gw_show_lines, gw_show_endpoints, gw_verb_mwi;
/* control_upkeep.c */
gw_verb_fn gw_verb_block, gw_verb_unblock, gw_verb_restart;
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
/** What came of a request for another plan; returns the exit code. */
int gw_answer_applied(struct gw_answer *a, const struct gw_apply_result *r);

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
