/* "Did you mean": the known word that is nearest to an unknown one. */
#ifndef CONF_SUGGEST_H
#define CONF_SUGGEST_H

#include "conf/conf.h"

/** A search: start with conf_suggest(), offer each known word, then read `best`. */
struct conf_suggest {
    const char *word, *best; /**< best NULL: nothing is near enough */
    unsigned distance;       /**< what a better one must stay below */
};
struct conf_suggest conf_suggest(const char *word);
void conf_suggest_offer(struct conf_suggest *s, const char *known);
/** Adds `WHAT "WORD"`, and ` - did you mean "BEST"?` when there is one. */
void conf_suggest_error(struct conf_diag *d, struct conf_pos at, const char *what,
                        const struct conf_suggest *s);

#endif
