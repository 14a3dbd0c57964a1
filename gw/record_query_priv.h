/* A query of call records taken apart: what its parser, its test and its SQL share. */
#ifndef GW_RECORD_QUERY_PRIV_H
#define GW_RECORD_QUERY_PRIV_H

#include "gw/record_query.h"

#define RECORD_TERMS_MAX  32
#define RECORD_FIELDS_MAX 14

enum gw_record_kind {
    GW_RECORD_NAME,     /**< the text, or with a final * what begins so */
    GW_RECORD_PART,     /**< the text anywhere in it */
    GW_RECORD_CASE,     /**< the text, whatever its case */
    GW_RECORD_BY,       /**< who released */
    GW_RECORD_NUMBER,   /**< an integer of a range */
    GW_RECORD_STATE,    /**< a word of gw_record_states */
    GW_RECORD_LAST,     /**< started at most so long ago */
    GW_RECORD_SINCE,    /**< started then or later */
    GW_RECORD_UNTIL,    /**< started earlier */
    GW_RECORD_DURATION, /**< compared: milliseconds */
    GW_RECORD_PLAIN,    /**< compared: a number */
    GW_RECORD_PERCENT   /**< compared: a number, a % may follow */
};

enum gw_record_op { GW_RECORD_IS, GW_RECORD_LT, GW_RECORD_LE, GW_RECORD_GT, GW_RECORD_GE };

/** What may stand before `:`, `<` or `>`. */
struct gw_record_word {
    const char *name; /**< NULL: a bare word */
    enum gw_record_kind kind;
    const char *fields; /**< of the record, blanks between */
    unsigned low, high; /**< of GW_RECORD_NUMBER */
    const char *sql;    /**< of what is compared: an expression... */
    bool (*measure)(const struct gw_cdr *r, double *out); /**< ...and the same here; false: NULL */
};
/** NULL: there is none; an empty name is the bare word. */
const struct gw_record_word *gw_record_word(struct rt_str name);
/** Their names: "to, from, ...". */
void gw_record_words(struct rt_buf *out);

/** A word after `state:`. */
struct gw_record_state {
    const char *name, *field;
    bool known; /**< the field has a value, or has none */
};
extern const struct gw_record_state gw_record_states[3];

/** One of several values of a term. */
struct gw_record_choice {
    struct gw_record_value value;
    bool prefix;                         /**< a final * stood there */
    const struct gw_record_state *state; /**< NULL: another kind */
};

struct gw_record_term {
    const struct gw_record_word *word;
    enum gw_record_op op;
    bool negated;
    size_t field[RECORD_FIELDS_MAX]; /**< indexes for gw_cdr_value() */
    unsigned nfields;
    unsigned first, nchoices; /**< in the query's choices */
};

struct gw_record_query {
    char *room; /**< texts of values */
    size_t used, cap;
    struct gw_record_term term[RECORD_TERMS_MAX];
    unsigned nterms;
    struct gw_record_choice choice[GW_RECORD_VALUES_MAX];
    unsigned nchoices;
    unsigned nvalues; /**< of the SQL */
};

/** The index of a record's field; it is there. */
size_t gw_record_field(struct rt_str name);

#endif
