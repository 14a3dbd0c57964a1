/* The words that people type: cut short (`sh tr pri`), or those of other systems (`show isdn
 * status`), made the words of our table.
 */
#ifndef GW_ADMIN_WORDS_H
#define GW_ADMIN_WORDS_H

#include "gw/rt/buf.h"

/** Room for the words of a command. */
#define GW_WORDS_LEN 64

/** Rewrites the first words of `argv`, which has room for `max`, to a command of verbs.def; what is
 * no short form of any stays as it is, for others to complain about. The words put in are in
 * `room`. EINVAL: it could be several, which `why` names. */
int gw_words_expand(int *argc, char **argv, int max, char room[GW_WORDS_LEN], struct rt_buf *why);

/** Help for the commands that begin with these words; none: for all. False: there are none. */
bool gw_help(struct rt_buf *out, int argc, char **argv);
/** tandem(1), in mdoc(7): made of the same table. */
void gw_manual_commands(struct rt_buf *out);
/** tandem.conf(5): made of the schema. */
void gw_manual_language(struct rt_buf *out);

/** The script that makes a shell complete: "bash", "zsh", "fish". EINVAL: another one. */
int gw_completion(struct rt_buf *out, const char *shell);
/** Candidates for the last of `argv`, a line each, as text or `text<TAB>help`. `live`, or NULL:
 * asks the daemon for names: `kind` "TRUNK", "SPAN", "CALL"...; appends a line each. A line
 * "@files": the shell completes file names. */
void gw_complete(struct rt_buf *out, int argc, char **argv,
                 void (*live)(void *arg, struct rt_buf *out, const char *kind), void *arg);

#endif
