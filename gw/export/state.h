/* How far each target is, kept in the file export.state of the journal's folder. Any thread.
 *
 * For a target that cannot keep its position itself: it is written after each batch was taken, and
 * before a batch is sent it says how far that will reach, so that after a crash the very same batch
 * is sent again. For a database it is a hint only.
 */
#ifndef GW_EXPORT_STATE_H
#define GW_EXPORT_STATE_H

#include "gw/export/journal.h"

struct export_state;

/** Reads the file; one that is missing or damaged is begun anew. ENOMEM. */
int export_state_new(struct export_state **out, const char *dir);
void export_state_free(struct export_state *s);
/** `*at` is empty where nothing is known, `*until` where no batch was under way. */
void export_state_get(struct export_state *s, const char *key, struct export_pos *at,
                      struct export_pos *until);
/** Puts both into the file. The errno of writing. */
int export_state_set(struct export_state *s, const char *key, const struct export_pos *at,
                     const struct export_pos *until);

#endif
