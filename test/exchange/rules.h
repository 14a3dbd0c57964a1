/* The rule file: the span, and what is done with a call by its called number. */
#ifndef TEST_EXCHANGE_RULES_H
#define TEST_EXCHANGE_RULES_H

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
    struct ex_step *steps;
    size_t nsteps;
};

struct ex_rules {
    struct isdn_span_config span;
    struct ex_rule *first;
};

/** Fills `out` with what holds without a file: an E1, network side, no address. */
void ex_rules_init(struct ex_rules *out);
/** Reads a rule file; errors go to standard error, all of them. EINVAL or the file's errno. */
int ex_rules_load(struct ex_rules *out, const char *path);
void ex_rules_release(struct ex_rules *r);

/** The first rule that fits. `*more`: there is none yet, but with more digits one could fit. */
const struct ex_rule *ex_rules_find(const struct ex_rules *r, const char *number, bool *more);

#endif
