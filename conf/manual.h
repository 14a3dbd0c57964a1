/* A language as a manual page. */
#ifndef CONF_MANUAL_H
#define CONF_MANUAL_H

#include "conf/conf.h"

/** Every statement of a schema, in sections of mdoc(7): `.Ss` for each block. */
void conf_manual(struct rt_buf *out, const struct conf_schema *schema);
/** The beginning of a page: name, section, one line that says what it is. `version`: "tandem
 * 0.1.0"; `date`: "November 22, 2026". */
void conf_manual_head(struct rt_buf *out, const char *name, const char *section, const char *what,
                      const char *version, const char *date);
/** Text with what mdoc would take for something else escaped. */
void conf_manual_text(struct rt_buf *out, const char *text);

#endif
