/* The files of a plan in memory. */
#include "gw/sources.h"

#include "gw/rt/file.h"

#include <errno.h>
#include <fnmatch.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>

void gw_sources_release(struct gw_sources *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        free(s->file[i].path);
        rt_buf_release(&s->file[i].text);
    }
    free(s->file);
    *s = (struct gw_sources){.n = 0};
}

int gw_sources_add(struct gw_sources *s, const char *path, struct rt_str text)
{
    struct gw_source *more = realloc(s->file, (s->n + 1) * sizeof *more);

    if (!more)
        return ENOMEM;
    s->file = more;
    struct gw_source *f = &s->file[s->n];
    *f = (struct gw_source){.path = rt_str_dup(rt_str(path))};
    rt_buf_put(&f->text, text.p, text.n);
    if (!f->path || f->text.failed) {
        free(f->path);
        rt_buf_release(&f->text);
        return ENOMEM;
    }
    s->n++;
    return 0;
}

int gw_sources_copy(struct gw_sources *out, const struct gw_sources *s)
{
    int err = 0;

    *out = (struct gw_sources){.n = 0};
    for (unsigned i = 0; i < s->n && err == 0; i++)
        err = gw_sources_add(out, s->file[i].path, rt_buf_str(&s->file[i].text));
    if (err != 0)
        gw_sources_release(out);
    return err;
}

const struct gw_source *gw_sources_find(const struct gw_sources *s, const char *path)
{
    for (unsigned i = 0; i < s->n; i++)
        if (strcmp(s->file[i].path, path) == 0)
            return &s->file[i];
    return NULL;
}

/* ---- as a reader ---- */

static int read_and_keep(void *arg, struct rt_buf *out, const char *path, size_t max)
{
    size_t before = out->n;
    int err = rt_file_read(out, path, max);

    if (err == 0 && !gw_sources_find(arg, path))
        err = gw_sources_add(arg, path, (struct rt_str){out->p + before, out->n - before});
    return err;
}

struct conf_reader gw_sources_record(struct gw_sources *s)
{
    return (struct conf_reader){.read = read_and_keep, .arg = s};
}

static int read_kept(void *arg, struct rt_buf *out, const char *path, size_t max)
{
    const struct gw_source *f = gw_sources_find(arg, path);

    if (!f)
        return ENOENT;
    if (f->text.n > max)
        return EFBIG;
    rt_buf_put(out, f->text.p ? f->text.p : "", f->text.n);
    return out->failed ? ENOMEM : 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/** The files that a pattern meant, in the order of rt_glob(). */
static int glob_kept(void *arg, const char *pattern, int (*fn)(void *arg, const char *path),
                     void *fn_arg)
{
    const struct gw_sources *s = arg;
    const char **found = malloc((s->n + 1) * sizeof *found);
    unsigned n = 0;
    int err = 0;

    if (!found)
        return ENOMEM;
    for (unsigned i = 0; i < s->n; i++)
        if (fnmatch(pattern, s->file[i].path, FNM_PATHNAME | FNM_PERIOD) == 0)
            found[n++] = s->file[i].path;
    qsort(found, n, sizeof *found, by_name);
    for (unsigned i = 0; i < n && err == 0; i++)
        err = fn(fn_arg, found[i]);
    free(found);
    return n == 0 ? ENOENT : err;
}

struct conf_reader gw_sources_replay(struct gw_sources *s)
{
    return (struct conf_reader){.read = read_kept, .glob = glob_kept, .arg = s};
}

/* ---- as one text ---- */

void gw_sources_sha(char out[65], const struct gw_sources *s)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    for (unsigned i = 0; i < s->n; i++) {
        const struct rt_buf *text = &s->file[i].text;
        if (text->n > 0)
            sha256_update(&ctx, text->n, (const uint8_t *)text->p);
    }
    sha256_digest(&ctx, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

json_t *gw_sources_json(const struct gw_sources *s)
{
    json_t *array = json_array();

    for (unsigned i = 0; array && i < s->n; i++) {
        struct rt_str text = rt_buf_str(&s->file[i].text);
        json_t *one = json_pack("{s:s, s:s%}", "name", s->file[i].path, "text", text.p, text.n);
        if (!one || json_array_append_new(array, one) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

int gw_sources_parse(struct gw_sources *out, const json_t *array)
{
    int err = json_is_array(array) && json_array_size(array) > 0 ? 0 : EBADMSG;

    *out = (struct gw_sources){.n = 0};
    for (size_t i = 0; i < json_array_size(array) && err == 0; i++) {
        const json_t *one = json_array_get(array, i), *text = json_object_get(one, "text");
        const char *name = json_string_value(json_object_get(one, "name"));
        if (!name || !json_is_string(text))
            err = EBADMSG;
        else
            err = gw_sources_add(
                out, name, (struct rt_str){json_string_value(text), json_string_length(text)});
    }
    if (err != 0)
        gw_sources_release(out);
    return err;
}
