/* What the readers of the formats share: a neutral plan that they fill and import_write.c prints.
 *
 * Memory runs out once: `failed` is set, everything after it does nothing of use, and dp_import()
 * says ENOMEM. Text that is kept lives until the end of the import.
 */
#ifndef DIALPLAN_IMPORT_IMPORT_PRIV_H
#define DIALPLAN_IMPORT_IMPORT_PRIV_H

#include "dialplan/import/import.h"
#include "dialplan/pattern.h"

#define DP_IM_NAME    32    /**< of a trunk, with NUL */
#define DP_IM_TARGETS 8     /**< of a row */
#define DP_IM_MEMBERS 64    /**< trunks of a group */
#define DP_IM_ROWS    10000 /**< of a block of routes: the language's limit */
#define DP_IM_TOTAL   50000 /**< rows in all */
#define DP_IM_WAYS    1000  /**< trunks and groups */
#define DP_IM_REPORTS 20000 /**< lines of the report */

struct dp_im_pos {
    const char *file;
    unsigned line;
};

/** An ISDN line. */
struct dp_im_span {
    unsigned n;
    const char *kind;    /**< "e1", "t1", "bri" */
    const char *variant; /**< "euroisdn"; NULL: not known */
    const char *id;      /**< what the source calls it: "0/0/0" */
    bool network;
    uint32_t taken; /**< timeslots that trunks have; bit n is n */
    bool card;      /**< the source says that it is span n of a DAHDI card */
    struct dp_im_pos pos;
    struct dp_im_span *next;
};

enum dp_im_kind { DP_IM_SIP, DP_IM_SPAN, DP_IM_GROUP };

/** A row of a trunk's `normalise` block. */
struct dp_im_rule {
    const char *from, *to;
    const char *key; /**< what numbers it is for; NULL: nobody asks */
    struct dp_im_pos pos;
    struct dp_im_rule *next;
};

/** A trunk or a group. */
struct dp_im_way {
    char name[DP_IM_NAME];
    enum dp_im_kind kind;
    const char *source; /**< what the source calls it; what it is found by */
    const char *host;   /**< SIP: "sip:192.0.2.1:5060"; NULL: the source does not say */
    bool placeholder;   /**< SIP: the address is one of ours */
    const char *accept; /**< SIP: who calls from `host` belongs to this other trunk */
    const char *from;   /**< then: an address in its place */
    struct dp_im_span *span;
    const char *channels; /**< NULL: all */
    const char *hunt;     /**< order of channels, or of a group's trunks; NULL: the default */
    char said;            /**< Asterisk: g, G, r or R, as the first Dial names the group */
    const char *context;  /**< what calls from it are routed by, in the source's words */
    struct dp_im_way *member[DP_IM_MEMBERS];
    unsigned nmembers;
    bool grouped;             /**< it is a member: of one group at most */
    struct dp_im_rule *rules; /**< of a normalise block of its own */
    struct dp_im_pos pos;
    struct dp_im_way *next;
};

/** A row of routes: a pattern, what it does to numbers, where it goes. */
struct dp_im_row {
    struct dp_pattern *pattern;
    const char *when; /**< "caller +49*"; NULL: always */
    unsigned strip;
    const char *prepend, *rewrite, *called, *caller, *name;
    const char *target[DP_IM_TARGETS];
    unsigned ntargets;
    const char *set; /**< a fact that is missing, for the comment */
    int rank;        /**< what the reader's order goes by, below the order of adding */
    struct dp_im_pos pos;
};

/** `routes from ...` */
struct dp_im_routes {
    struct dp_im_way **from;
    unsigned nfrom;
    struct dp_im_row **row;
    size_t nrows, cap;
    const char *title; /**< "context office"; a comment */
    struct dp_im_routes *next;
};

/** Anything else that stands between trunks and routes: decks and lcr. */
struct dp_im_memory;

struct dp_im {
    struct dp_import *out;
    const struct dp_import_source *source;
    size_t nsources;
    const char *format, *dialling;
    struct dp_im_span *spans;
    struct dp_im_way *ways;
    struct dp_im_routes *routes;
    struct rt_buf extra; /**< statements that are text already */
    const char
        *numbers; /**< rules that make the number called of what is dialled; NULL: as it is */
    size_t nrows;
    unsigned nways;
    bool failed;
    struct dp_im_memory *memory;
};

/* ---- import.c: memory, text, the report ---- */

/** Zeroed memory that lives as long as the import; NULL without memory. */
void *dp_im_alloc(struct dp_im *im, size_t n);
/** A copy that is never NULL. */
const char *dp_im_keep(struct dp_im *im, struct rt_str s);
/** A copy for a comment of the plan: ASCII, on one line. */
const char *dp_im_plain(struct dp_im *im, struct rt_str s);
const char *dp_im_print(struct dp_im *im, const char *fmt, ...) RT_PRINTF(2, 3);
/** `file:line: what: text`, one line whatever is in it. */
void dp_im_report(struct dp_im *im, struct dp_im_pos pos, const char *fmt, ...) RT_PRINTF(3, 4);

/** The lines of a file. */
struct dp_im_lines {
    struct rt_str rest;
    struct dp_im_pos pos; /**< of the line just read */
};
struct dp_im_lines dp_im_lines(const struct dp_import_source *s);
/** The next line without its end; false: there is none. */
bool dp_im_line(struct dp_im_lines *l, struct rt_str *out);
/** Takes the next word, ended by a blank, off the front; empty: there is none. */
struct rt_str dp_im_word(struct rt_str *s);
/** Takes what stands before the next `c` off the front and trims it; parentheses, brackets and
 * quotes protect it. */
struct rt_str dp_im_field(struct rt_str *s, char c);
bool dp_im_starts(struct rt_str s, const char *prefix);
/** All decimal digits, and there is one. */
bool dp_im_digits(struct rt_str s);
/** Digits, `*`, `#` and a leading `+`: may stand as a number in a plan. At most 30 of them. */
bool dp_im_dialable(struct rt_str s);
/** At most `max`; 0 where it is none. */
unsigned dp_im_number(struct rt_str s, unsigned max);

/* ---- import_model.c ---- */

struct dp_im_span *dp_im_span_add(struct dp_im *im, const char *id, struct dp_im_pos pos);
struct dp_im_span *dp_im_span_find(struct dp_im *im, const char *id);
/** Takes timeslots for a trunk: as ranges, without the D channel and what another trunk has, which
 * is reported. "": none is left. */
const char *dp_im_channels(struct dp_im *im, struct dp_im_span *s, uint32_t want,
                           struct dp_im_pos pos);
/** What the source calls `source`; NULL: there is none. */
struct dp_im_way *dp_im_way_find(struct dp_im *im, struct rt_str source);
/** The same, made when it is not there, with a name that is legal and not taken. NULL: too many. */
struct dp_im_way *dp_im_way(struct dp_im *im, enum dp_im_kind kind, struct rt_str source,
                            struct dp_im_pos pos);
void dp_im_member(struct dp_im *im, struct dp_im_way *group, struct dp_im_way *trunk);
/** Sets the peer's address from `host` or `host:port`; false: it is none. */
bool dp_im_host(struct dp_im *im, struct dp_im_way *w, struct rt_str host);

struct dp_im_routes *dp_im_routes_add(struct dp_im *im, const char *title);
void dp_im_from(struct dp_im *im, struct dp_im_routes *r, struct dp_im_way *w);
/** A row that is not in a block yet. NULL: `pattern` is none, which is reported. */
struct dp_im_row *dp_im_row(struct dp_im *im, struct rt_str pattern, struct dp_im_pos pos);
/** Puts it in. False: there are too many, which is reported. */
bool dp_im_row_add(struct dp_im *im, struct dp_im_routes *r, struct dp_im_row *row);
void dp_im_target(struct dp_im *im, struct dp_im_row *row, const char *target);
/** The same change of the number called. */
bool dp_im_same_digits(const struct dp_im_row *a, const struct dp_im_row *b);

/* ---- import_order.c ---- */

/** There is a number that fits both. */
bool dp_im_overlap(const struct dp_pattern *a, const struct dp_pattern *b);
/** Every number that fits `b` fits `a`. */
bool dp_im_covers(const struct dp_pattern *a, const struct dp_pattern *b);
/** Digits that are one certain digit each, from the left. */
unsigned dp_im_leading(const struct dp_pattern *p);
/** Which of two rows the source would take for a number that fits both: below 0 `a`, 0: it does not
 * say. */
typedef int dp_im_first(const struct dp_im_row *a, const struct dp_im_row *b);
/** Reports the rows of a block that a call would meet in another order than in the source. */
void dp_im_check_order(struct dp_im *im, const struct dp_im_routes *r, dp_im_first *first);

/* ---- import_write.c ---- */

void dp_im_write(struct dp_im *im);

/* ---- the formats ---- */

void dp_im_asterisk(struct dp_im *im);
/** chan_dahdi.conf: spans, and a way for each group of channels ("DAHDI/1"). */
void dp_im_dahdi(struct dp_im *im, const struct dp_import_source *s);
/** sip.conf and pjsip.conf: a way for each peer that has an address. */
void dp_im_sip_conf(struct dp_im *im, const struct dp_import_source *s);
void dp_im_pjsip_conf(struct dp_im *im, const struct dp_import_source *s);
/** Takes `;` comments off a line of Asterisk's; `*block` is whether a `;--` is open. */
struct rt_str dp_im_asterisk_text(struct rt_str line, bool *block);
void dp_im_cisco(struct dp_im *im);
void dp_im_freeswitch(struct dp_im *im);
void dp_im_audiocodes(struct dp_im *im);

#define DP_IM_PREFIXES 64 /**< patterns that one prefix may stand for */

struct dp_im_prefixes {
    const char *text[DP_IM_PREFIXES];
    unsigned n;
};
/** Reads a prefix of AudioCodes': digits, `x`, `n`, `z`, `[2-4]`, `[120-125,150]`, `#` as the
 * number's end, `*` alone. False: it cannot be said here. */
bool dp_im_prefix(struct dp_im *im, struct dp_im_prefixes *p, struct rt_str s);

#endif
