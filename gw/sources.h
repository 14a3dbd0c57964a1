/* The text that a plan was built of: its file and what that includes, byte for byte. What history
 * keeps, and what an earlier plan is built of again.
 */
#ifndef GW_SOURCES_H
#define GW_SOURCES_H

#include "conf/conf.h"

#include <jansson.h>

struct gw_source {
    char *path;
    struct rt_buf text;
};

/** In the order they were read, the plan's own file first. Start zeroed. */
struct gw_sources {
    struct gw_source *file;
    unsigned n;
};
void gw_sources_release(struct gw_sources *s);
/** Another copy. ENOMEM. */
int gw_sources_copy(struct gw_sources *out, const struct gw_sources *s);

/** Adds a text. ENOMEM. */
int gw_sources_add(struct gw_sources *s, const char *path, struct rt_str text);
/** The text of a file, or NULL. */
const struct gw_source *gw_sources_find(const struct gw_sources *s, const char *path);

/** For gw_plan_load_through(): reads files and keeps what they say. */
struct conf_reader gw_sources_record(struct gw_sources *s);
/** Reads what is kept, and no file; ENOENT: it is not. */
struct conf_reader gw_sources_replay(struct gw_sources *s);

/** SHA-256 of all texts one after the other, in hexadecimal: of a plan in one file what sha256sum
 * says of it. */
void gw_sources_sha(char out[65], const struct gw_sources *s);

/** `[{"name": ..., "text": ...}, ...]`; NULL: no memory, or a name that is not UTF-8. */
json_t *gw_sources_json(const struct gw_sources *s);
/** Reads that back. EBADMSG, ENOMEM. */
int gw_sources_parse(struct gw_sources *out, const json_t *array);

#endif
