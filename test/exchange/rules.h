/* The rule file: the lines, and what is done with a call by its called number. */
#ifndef TEST_EXCHANGE_RULES_H
#define TEST_EXCHANGE_RULES_H

#include "conf/conf.h"
#include "isdn/isdn.h"
#include "test/exchange/step.h"

#include <stdbool.h>
#include <stddef.h>

#define EX_PATTERN_MAX 48

/** `number PATTERN { ... }`. A pattern is digits, `x` for any one digit, and `*` at the end for
 * whatever follows. */
struct ex_rule {
    struct ex_rule *next;
    char pattern[EX_PATTERN_MAX];
    unsigned digits; /**< overlap: how many digits are waited for; 0: as many as the pattern has */
    bool deaf;       /**< its calls are not measured */
    bool refuses;    /**< deflection and transfer are refused */
    struct ex_step *steps;
    size_t nsteps;
};

#define EX_SPANS_MAX 64

struct ex_span_rule {
    struct isdn_span_config cfg; /**< `lead` is filled in when it is opened */
    int lead;                    /**< NFAS: place of the span with the first D channel, or -1 */
    char *trace;                 /**< file of its D channel, or NULL */
};

struct ex_rules {
    struct ex_span_rule span[EX_SPANS_MAX];
    unsigned nspans;
    struct ex_rule *first;
};

struct conf_node;
struct conf_diag;

/** What a span is that nothing is said about: an E1, network side, no address. */
void ex_rules_default(struct ex_span_rule *out, unsigned id);
/** Reads one `span` block and appends it. */
void ex_rules_span(struct ex_rules *r, const struct conf_node *span, struct conf_diag *diag);
/** Fills `out` with what holds without a file: one such span, no numbers. */
void ex_rules_init(struct ex_rules *out);
/** The line is DAHDI's span `number`, in blocks of `block` octets; 0: 160. */
void ex_rules_dahdi(struct isdn_span_config *s, unsigned number, unsigned block);
/** Reads a rule file; all errors go to `diag`. EINVAL or the file's errno. */
int ex_rules_read(struct ex_rules *out, const char *path, struct conf_diag *diag);
/** The language of rule files. */
extern const struct conf_schema ex_rules_schema;
/** The same; errors go to standard error. */
int ex_rules_load(struct ex_rules *out, const char *path);
void ex_rules_release(struct ex_rules *r);

/** The first rule that fits. `*more`: there is none yet, but with more digits one could fit. */
const struct ex_rule *ex_rules_find(const struct ex_rules *r, const char *number, bool *more);

#endif
