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
void gw_plan_compile_trunks(struct gw_compile *c);
void gw_plan_compile_upkeep(struct gw_compile *c); /**< of spans: restart, audit, busy-out */
void gw_plan_compile_routes(struct gw_compile *c);
void gw_plan_compile_records(struct gw_compile *c); /**< cdr, admin, log */
void gw_plan_check_ports(struct gw_compile *c);     /**< no port is wanted twice */

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
void gw_plan_compile_group(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk);
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
/** True when `word` is in the NULL-terminated `list`. */
bool gw_plan_among(const char *const *list, const char *word);
/** The argument `i` of `n` as an index into the NULL-terminated `words`; `deflt`: there is no such
 * statement (NULL), no such argument, or it is none of these. */
unsigned gw_plan_choice(const struct conf_node *n, size_t i, const char *const *words,
                        unsigned deflt);
/** Words that begin a target of a route and so cannot name a trunk. */
extern const char *const gw_plan_target_words[];

#endif
