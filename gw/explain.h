/* The explanation of a decision, written while it is made: numbered steps, each with the line of
 * the plan that decided it, and lines below them. As text for people and as one JSON object for
 * everything else.
 *
 *  2 normalise   called 30123456 -> +493030123456   (de area 30: subscriber)    office.conf:6
 *                caller 123      -> +493090182123   (ddi)                       office.conf:9
 *
 *     {"steps": [{"step": "normalise", "text": "called ...", "at": "office.conf:6", "lines":
 * [...]}, ...], ...}
 */
#ifndef GW_EXPLAIN_H
#define GW_EXPLAIN_H

#include "conf/conf.h"

struct json_t;

/** Zeroed to begin with. All functions take NULL: nobody asks, and nothing is done. */
struct gw_explain {
    struct rt_buf text; /**< lines */
    struct rt_buf json; /**< members of the object, without its braces; complete after the end */
    unsigned step;
    bool open;         /**< a step is open in `json` */
    const char *later; /**< the step that the next line begins; NULL: none */
    const struct conf_pos *later_at;
};

/** Begins a step. `name` is its label; `at` may be NULL. */
void gw_explain_step(struct gw_explain *e, const char *name, const struct conf_pos *at,
                     const char *fmt, ...) RT_PRINTF(4, 5);
/** The next line begins a step of this name; with none it is empty. */
void gw_explain_later(struct gw_explain *e, const char *name, const struct conf_pos *at);
/** A line below it. */
void gw_explain_line(struct gw_explain *e, const struct conf_pos *at, const char *fmt, ...)
    RT_PRINTF(3, 4);
/** Closes the last step. Members may be added to `json` after it, each after a comma. */
void gw_explain_end(struct gw_explain *e);
/** Adds a member to the object, after the end. */
void gw_explain_text(struct gw_explain *e, const char *key, const char *value);
void gw_explain_number(struct gw_explain *e, const char *key, int64_t value);
/** The whole object as one line of JSON. */
void gw_explain_json(struct rt_buf *out, const struct gw_explain *e);
/** The lines again, of an object that was kept; what is no explanation gives none. */
void gw_explain_lines(struct rt_buf *out, const struct json_t *object);
void gw_explain_release(struct gw_explain *e);

#endif
