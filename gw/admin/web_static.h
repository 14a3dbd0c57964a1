/* The files of the web page, which the program carries in itself (gw/admin/web/embed). */
#ifndef GW_ADMIN_WEB_STATIC_H
#define GW_ADMIN_WEB_STATIC_H

#include "gw/rt/http.h"

struct gw_web_file {
    const char *path, *type;
    const char *etag;          /**< in its quotes */
    const unsigned char *data; /**< compressed by gzip */
    size_t size;
};

extern const struct gw_web_file gw_web_files[];
extern const size_t gw_web_nfiles;

/** The file of a path of the page, or NULL. */
const struct gw_web_file *gw_web_file_find(const char *path);
/** Answers with it. A client that has it already is told so (ETag); with `?v=` and its hash it
 * never has to ask again. */
void gw_web_file_reply(struct rt_http_request *r, const struct gw_web_file *f);
/** Its text, uncompressed. ENOMEM; EBADMSG. */
int gw_web_file_text(struct rt_buf *out, const struct gw_web_file *f);

#endif
