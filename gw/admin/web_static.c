/* Files of the web page: found, and sent as they are kept, compressed; to the few clients that do
 * not take that, as they were.
 */
#include "gw/admin/web_static.h"

#include <errno.h>
#include <stdio.h>
#include <zlib.h>

#define FOR_EVER "public, max-age=31536000, immutable"
#define ASK      "no-cache" /* keep it, but ask whether it is still the same */

const struct gw_web_file *gw_web_file_find(const char *path)
{
    for (size_t i = 0; i < gw_web_nfiles; i++)
        if (strcmp(gw_web_files[i].path, path) == 0)
            return &gw_web_files[i];
    return NULL;
}

int gw_web_file_text(struct rt_buf *out, const struct gw_web_file *f)
{
    z_stream z = {.avail_in = (uInt)f->size};
    unsigned char room[8192];
    int state = inflateInit2(&z, MAX_WBITS + 16); /* 16: gzip's frame */

    if (state != Z_OK)
        return ENOMEM;
    memcpy(&z.next_in, &f->data, sizeof f->data); /* it is only read */
    while (state == Z_OK) {
        z.next_out = room;
        z.avail_out = sizeof room;
        state = inflate(&z, Z_NO_FLUSH);
        rt_buf_put(out, room, sizeof room - z.avail_out);
    }
    inflateEnd(&z);
    return out->failed ? ENOMEM : state == Z_STREAM_END ? 0 : EBADMSG;
}

/** True when a list of the kind `gzip;q=1.0, br` has the word, and not with q=0. */
static bool accepts(const char *list, const char *word)
{
    struct rt_str rest = rt_str(list ? list : "");

    while (rest.n > 0) {
        struct rt_str params = rt_str_cut(&rest, ',');
        struct rt_str name = rt_str_trim(rt_str_cut(&params, ';'));
        if (!rt_str_caseeq(name, word))
            continue;
        params = rt_str_trim(params);
        for (size_t i = 2; i < params.n; i++)
            if (params.p[i] >= '1' && params.p[i] <= '9')
                return true;
        return params.n == 0;
    }
    return false;
}

/** True when the client has what the tag says. */
static bool has(const char *tags, const char *etag)
{
    return tags && (strcmp(tags, "*") == 0 || strstr(tags, etag));
}

/** True when the query says which one is wanted, and it is this. */
static bool is_version(const char *v, const char *etag)
{
    size_t n = strlen(etag) - 2;

    return v && strlen(v) == n && strncmp(v, etag + 1, n) == 0;
}

void gw_web_file_reply(struct rt_http_request *r, const struct gw_web_file *f)
{
    bool gzip = accepts(rt_http_header(r, "Accept-Encoding"), "gzip");
    const char *keep = is_version(rt_http_query(r, "v"), f->etag) ? FOR_EVER : ASK;
    const struct rt_http_header headers[] = {{"Content-Type", f->type},
                                             {"ETag", f->etag},
                                             {"Cache-Control", keep},
                                             {"Vary", "Accept-Encoding"},
                                             {gzip ? "Content-Encoding" : NULL, "gzip"},
                                             {NULL, NULL}};
    struct rt_buf text = {0};

    if (has(rt_http_header(r, "If-None-Match"), f->etag)) {
        rt_http_reply(r, 304, headers + 1, rt_str(""));
    } else if (gzip) {
        rt_http_reply_static(r, 200, headers, (struct rt_str){(const char *)f->data, f->size});
    } else {
        int err = gw_web_file_text(&text, f);
        rt_http_reply(r, err == 0 ? 200 : 500, err == 0 ? headers : NULL, rt_buf_str(&text));
        rt_buf_release(&text);
    }
}
