/* What the parts of the plan's compiler share. Each part reads its statements of the checked tree,
 * fills its structures and reports what the schema could not know. */
#ifndef GW_PLAN_PRIV_H
#define GW_PLAN_PRIV_H

#include "conf/arena.h"
#include "conf/suggest.h"
#include "gw/plan.h"

/** A plan being built. */
struct gw_compile {
    struct gw_plan *plan;
    struct conf_arena *arena; /**< of the plan: lives as long */
    const struct conf_node *root;
    struct conf_diag *diag;
    const struct gw_plan *previous; /**< whose tables stay where new ones are refused; NULL: none */
    bool untested;                  /**< its tests are not run */
};

/* In this order; each may use what those before it made. */
void gw_plan_compile_sip(struct gw_compile *c);
void gw_plan_compile_tls(struct gw_compile *c); /**< certificates, connections */
void gw_plan_compile_media(struct gw_compile *c);
void gw_plan_compile_spans(struct gw_compile *c);
/** A span of an interface card (plan_dahdi.c): what follows `dahdi`; the words after e1 or t1. */
void gw_plan_compile_dahdi(struct gw_compile *c, struct gw_span_plan *s,
                           const struct conf_node *span);
void gw_plan_compile_framing(struct gw_compile *c, struct gw_span_plan *s,
                             const struct conf_node *line);
/** Another kind of span has none of its statements. */
void gw_plan_check_no_dahdi(struct gw_compile *c, const struct conf_node *span);
void gw_plan_compile_sites(struct gw_compile *c);
void gw_plan_compile_mgcp(struct gw_compile *c); /**< gateways, agents; before trunks */
void gw_plan_compile_trunks(struct gw_compile *c);
void gw_plan_compile_exports(struct gw_compile *c); /**< channels that agents direct */
void gw_plan_compile_upkeep(struct gw_compile *c);  /**< of spans: restart, audit, busy-out */
void gw_plan_compile_routes(struct gw_compile *c);
void gw_plan_compile_overload(struct gw_compile *c);
/** `ban` of the block `limits`, or NULL. */
void gw_plan_compile_ban(const struct conf_node *limits, struct sip_limits *out);
void gw_plan_compile_records(struct gw_compile *c); /**< cdr, admin, alarms, traces, log */
void gw_plan_compile_process(struct gw_compile *c); /**< after all that names files */
void gw_plan_check_ports(struct gw_compile *c);     /**< no port is wanted twice */

/** A trunk on an MGCP gateway (plan_lines.c). */
void gw_plan_compile_lines(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk);
/** Other trunks have none of its statements. */
void gw_plan_check_no_lines(struct gw_compile *c, const struct conf_node *trunk);

/* Trunks with a SIP peer: plan_peer.c, which calls the parts after it. */
void gw_plan_compile_peer(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk);
/** Codecs, packet time, comfort noise, gains; and those of trunks on spans: echo, gains
 * (plan_media.c). */
void gw_plan_compile_stream(struct gw_compile *c, struct gw_trunk *t,
                            const struct conf_node *trunk);
void gw_plan_compile_line(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk);
/** SRTP, ICE, RTCP's port (plan_secure.c). */
void gw_plan_compile_secure(struct gw_compile *c, struct gw_trunk *t,
                            const struct conf_node *trunk);
void gw_plan_compile_certificate(struct gw_compile *c); /**< of media's DTLS */
/** The gain after `label` in tenths of a dB, from -24 to `most` dB; 0: it is not there. */
int gw_plan_gain(struct gw_compile *c, const struct conf_node *n, const char *label, int most);
/** What is played and recorded: for all, and on a trunk of either kind (plan_sound.c). */
void gw_plan_compile_sounds(struct gw_compile *c);
void gw_plan_compile_sound(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk);
/** The gateway itself as a target of calls; `file`: what is played. NULL: no memory, or it cannot
 * be read (reported). */
const struct gw_trunk *gw_plan_local(struct gw_compile *c, enum gw_local what,
                                     const struct conf_token *file);
/** The sound file's samples; NULL: it cannot be read (reported). */
struct clip *gw_plan_read_sound(struct gw_compile *c, const struct conf_token *path);
/** Gives back all sound files. */
void gw_plan_free_sounds(struct gw_plan *p);
/** Two trunks must not accept the same caller. */
void gw_plan_check_peers(struct gw_compile *c, const struct gw_trunk *a, const struct gw_trunk *b);
/** How sessions are held: 100rel, session timer, transfer, ... (plan_session.c). */
void gw_plan_compile_session(struct gw_compile *c, struct gw_trunk *t,
                             const struct conf_node *trunk);
/** Which table of causes holds, and the plan's rows before it (plan_causes.c). */
void gw_plan_compile_causes(struct gw_compile *c, struct gw_trunk *t,
                            const struct conf_node *trunk);
/** What is changed in header fields (plan_headers.c). */
void gw_plan_compile_headers(struct gw_compile *c, struct gw_trunk *t,
                             const struct conf_node *trunk);
/** Trust, and what SIP's header fields say of numbers (plan_identity.c). */
void gw_plan_compile_identity(struct gw_compile *c, struct gw_trunk *t,
                              const struct conf_node *trunk);
/** The trunk group's name; of trunks on a span too. */
void gw_plan_compile_tgrp(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk);
/** Of a trunk whose `span` is known: what its calls are on that line (plan_trunk.c). */
void gw_plan_compile_channels(struct gw_compile *c, struct gw_trunk *t,
                              const struct conf_node *block);
/** Progress indicators, and which caller's number counts, of trunks on spans (plan_isdn.c). */
void gw_plan_compile_isdn(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk);
/** Who may see restricted numbers, of a trunk on a span (plan_identity.c). */
void gw_plan_compile_trust(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk);
/** Supplementary services of trunks on spans; and what SIP trunks cannot say there
 * (plan_services.c). */
void gw_plan_compile_services(struct gw_compile *c, struct gw_trunk *t,
                              const struct conf_node *trunk);
void gw_plan_check_services(struct gw_compile *c, const struct conf_node *trunk);
/** Digits one by one; after the session (plan_session.c). */
void gw_plan_compile_overlap(struct gw_compile *c, struct gw_trunk *t,
                             const struct conf_node *trunk);
/** Reports on quality, and calls without media (plan_quality.c). */
void gw_plan_compile_quality(struct gw_compile *c, struct gw_trunk *t,
                             const struct conf_node *trunk);
/** Credentials, registration, challenges (plan_auth.c). */
void gw_plan_compile_auth(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk);
/** The registrar; compiled once, however often it is called (plan_auth.c). */
void gw_plan_compile_registrar(struct gw_compile *c);

/** Room for one `size` each of the statements `keyword` at the top level, at most `max` of them;
 * `*n` is how many there are. NULL: none, or an error (reported). */
void *gw_plan_array(struct gw_compile *c, const char *keyword, size_t size, unsigned max,
                    unsigned *n);
/** Copies the first argument of `n` as a name. False: it is too long (reported). */
bool gw_plan_name(struct gw_compile *c, char out[GW_NAME_LEN], const struct conf_node *n);
/** Reports that `n` defines again what `first` had defined. */
void gw_plan_twice(struct gw_compile *c, const struct conf_node *n, struct conf_pos first);
/** The trunk `t` names, or NULL (reported, with the nearest name). */
const struct gw_trunk *gw_plan_find_trunk(struct gw_compile *c, const struct conf_token *t);
/** The tokens of a statement, taken from left to right. */
struct gw_words {
    struct gw_compile *c;
    const struct conf_token *t, *end;
    struct conf_pos pos; /**< of the statement: where something is missing when nothing is left */
};
/** Those after the first `skip` tokens of `n`. */
struct gw_words gw_words(struct gw_compile *c, const struct conf_node *n, size_t skip);
/** The next token, NULL: none is left, or a comma is next. */
const struct conf_token *gw_words_peek(const struct gw_words *w);
/** Takes the next token; when there is none, reports that `what` is missing and returns NULL. */
const struct conf_token *gw_words_take(struct gw_words *w, const char *what);
/** Takes the next token when it is this word. */
bool gw_words_is(struct gw_words *w, const char *word);
/** Takes a comma; false: there is none. */
bool gw_words_comma(struct gw_words *w);
/** True when nothing is left; reports what is, else. */
bool gw_words_end(struct gw_words *w);
/** Index in the NULL-terminated `words` of the next token, which is taken; -1: it is none of them
 * (reported, with the nearest one). */
int gw_words_choice(struct gw_words *w, const char *what, const char *const *words);
/** A whole number from `min` to `max`; false: reported. */
bool gw_words_number(struct gw_words *w, const char *what, uint64_t min, uint64_t max,
                     uint64_t *out);
bool gw_words_duration(struct gw_words *w, const char *what, rt_time *out);
/** `30%`, `0.1%` as parts per `scale` (1000: per mille); false: reported. */
bool gw_words_percent(struct gw_words *w, const char *what, unsigned scale, unsigned *out);
/** Reports at the token, with `what` it should have been. */
void gw_words_wrong(struct gw_words *w, const struct conf_token *t, const char *what);

/** Element of an array of structs that begin with `char name[GW_NAME_LEN]`, by name; NULL:
 * reported as `unknown WHAT "..."`, with the nearest. */
const void *gw_plan_named(struct gw_compile *c, const struct conf_token *t, const char *what,
                          const void *array, unsigned n, size_t size);
/** Fills `name` and `pos` of each element and reports names that stand twice. `array` is of structs
 * that begin with a name. */
void gw_plan_names(struct gw_compile *c, const char *keyword, void *array, unsigned n, size_t size,
                   size_t pos_offset);
/** A trunk or a group; false: reported. */
bool gw_plan_way(struct gw_compile *c, struct gw_way *out, const struct conf_token *t);
/** Adds the trunks that `t` names to a list: a trunk, those of a group or of a customer, or
 * `customers`, those of all. */
void gw_plan_add_trunks(struct gw_compile *c, const struct gw_trunk **list, unsigned *n,
                        unsigned max, const struct conf_token *t);
/** What a word's reader came to: true for ENOMEM, which is noted. It is no fault of the text, and
 * gets no line. */
bool gw_plan_starved(struct gw_compile *c, int err);
/** A pattern of numbers, a country's set, or `in LIST`: one or two tokens. NULL: reported. */
struct dp_pattern *gw_plan_pattern(struct gw_compile *c, struct gw_words *w);
/** What a pattern was read from, for messages: "in irsf". */
const char *gw_plan_text(struct gw_compile *c, const struct conf_token *from,
                         const struct conf_token *end);
/** Actions of a route's block (plan_action.c). */
void gw_plan_compile_actions(struct gw_compile *c, struct gw_actions *out,
                             const struct conf_node *row);
/** Targets up to the end of the words (plan_target.c). */
void gw_plan_compile_targets(struct gw_compile *c, struct gw_choice *out, struct gw_words *w);
/** The conditions of a `when` up to its arrow (plan_when.c). */
void gw_plan_compile_when(struct gw_compile *c, struct gw_choice *out, struct gw_words *w);
/** `cause 34, sip 503, timeout 6s` (plan_outcomes.c). */
void gw_plan_compile_outcomes(struct gw_compile *c, struct gw_outcomes *out, struct gw_words *w);
/** All statements `limit` and `fraud` of a block (plan_limit.c). */
void gw_plan_compile_quota(struct gw_compile *c, struct gw_quota *out, bool *per_customer,
                           const struct conf_node *block);
/** `reserve 4 channels for emergency`; NULL: none. */
void gw_plan_compile_reserve(struct gw_compile *c, struct gw_reserve *out,
                             const struct conf_node *n);
/** Who may call over which trunk; after trunks (plan_accepts.c). */
void gw_plan_compile_accepts(struct gw_compile *c);
/** Where plans and tables are kept; before tables (plan_store.c). */
void gw_plan_compile_store(struct gw_compile *c);
/* The dial plan's statements; in this order (plan.c). */
void gw_plan_compile_lists(struct gw_compile *c);     /**< list (plan_tables.c) */
void gw_plan_compile_rules(struct gw_compile *c);     /**< normalise */
void gw_plan_compile_times(struct gw_compile *c);     /**< calendar, time */
void gw_plan_compile_decks(struct gw_compile *c);     /**< deck */
void gw_plan_compile_classes(struct gw_compile *c);   /**< class; before trunks */
void gw_plan_compile_groups(struct gw_compile *c);    /**< after trunks */
void gw_plan_compile_customers(struct gw_compile *c); /**< after trunks */
void gw_plan_compile_lcrs(struct gw_compile *c);
void gw_plan_compile_lnps(struct gw_compile *c);
void gw_plan_compile_enums(struct gw_compile *c);
void gw_plan_compile_network(struct gw_compile *c); /**< our own codes (plan_network.c) */
void gw_plan_compile_emergency(struct gw_compile *c);
/** `silence` of a block: so long a server may say nothing to an INVITE; `otherwise` when absent. */
rt_time gw_plan_silence(struct gw_compile *c, const struct conf_node *block, rt_time otherwise);
/** Whether gw_notify() can tell somebody by this address; else there is an error. */
bool gw_plan_check_notify(struct gw_compile *c, const struct conf_token *t);
/** Names the tests; they are run once all is compiled (plan_test.c). */
void gw_plan_compile_tests(struct gw_compile *c);
/** Warns about what is allowed and looks wrong; the last step (plan_lint.c). */
void gw_plan_lint(struct gw_compile *c);
/** `numbers` of a trunk or a group (plan_trunk.c). */
void gw_plan_compile_numbers(struct gw_compile *c, struct gw_trunk *t,
                             const struct conf_node *block);
/** `cic` of a trunk or a group (plan_identity.c). */
void gw_plan_compile_carrier(struct gw_compile *c, struct gw_trunk *t,
                             const struct conf_node *block);
/** The class that a block names, or NULL. */
const struct gw_class *gw_plan_class(struct gw_compile *c, const struct conf_node *block);
/** A file's path, relative to the folder of the file that names it. */
const char *gw_plan_path(struct gw_compile *c, const struct conf_token *t);
/* What of the dial plan is not in the plan's arena. */
void gw_plan_free_tables(struct gw_plan *p);
void gw_plan_free_times(struct gw_plan *p);
void gw_plan_free_quota(struct gw_quota *q);
/** Words of `when category` and `when redirect reason`. */
extern const char *const gw_category_words[], *const gw_reason_words[];

/** True when `word` is in the NULL-terminated `list`. */
bool gw_plan_among(const char *const *list, const char *word);
/** The argument `i` of `n` as an index into the NULL-terminated `words`; `deflt`: there is no such
 * statement (NULL), no such argument, or it is none of these. */
unsigned gw_plan_choice(const struct conf_node *n, size_t i, const char *const *words,
                        unsigned deflt);
/** Words that begin a target of a route and so cannot name a trunk. */
extern const char *const gw_plan_target_words[];

#endif
