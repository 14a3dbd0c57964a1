/* Generations of the plan, remembered. */
#include "gw/history.h"

#include "gw/rt/file.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/** Sources that stay in memory though a file has them. */
#define IN_MEMORY 2
/** Of one file: the sources of a plan, as JSON at worst six octets for one. */
#define FILE_MAX ((size_t)100 << 20)

struct gw_history {
    struct gw_aside *aside;
    char *folder;
    unsigned keep, n;
    struct gw_history_entry *entries; /* the oldest first */
};

static void free_entry(struct gw_history_entry *e)
{
    free(e->file);
    gw_sources_release(&e->sources);
    free(e);
}

char *gw_history_path(const struct gw_history *h, uint64_t generation)
{
    struct rt_buf path = {0};

    if (!h->folder)
        return NULL;
    rt_buf_printf(&path, "%s/%06llu.json", h->folder, (unsigned long long)generation);
    return path.failed ? NULL : path.p;
}

/* ---- files ---- */

/** Writes a file, or removes it. */
struct save {
    struct gw_aside_job job;
    char *path, *text;
    int err;
};

static void save_free(struct gw_aside_job *j)
{
    struct save *s = (struct save *)j;

    free(s->path);
    free(s->text);
    free(s);
}

static void save_work(struct gw_aside_job *j)
{
    struct save *s = (struct save *)j;

    s->err = s->text ? rt_file_replace(s->path, s->text, strlen(s->text), 0640)
                     : rt_file_remove(s->path);
}

static void save_done(struct gw_aside_job *j)
{
    struct save *s = (struct save *)j;

    if (s->err != 0)
        rt_log(RT_LOG_PLAN, RT_ERROR, "history: %s: %s", s->path, strerror(s->err));
    save_free(j);
}

/** `text` is taken over; NULL: the file goes. */
static void save(struct gw_history *h, uint64_t generation, char *text)
{
    struct save *s = calloc(1, sizeof *s);

    if (!s) {
        free(text);
        return;
    }
    *s = (struct save){.job = {.work = save_work, .done = save_done, .drop = save_free},
                       .path = gw_history_path(h, generation),
                       .text = text};
    if (s->path)
        gw_aside_do(h->aside, &s->job);
    else
        save_free(&s->job);
}

static char *to_text(const struct gw_history_entry *e)
{
    char when[RT_RFC3339_LEN];
    json_t *root = json_pack(
        "{s:I, s:s, s:I, s:s, s:s, s:s, s:s, s:b, s:o}", "generation", (json_int_t)e->generation,
        "when", rt_rfc3339(when, e->when), "when_us", (json_int_t)e->when, "who", e->who, "why",
        e->why, "file", e->file, "sha256", e->sha, "confirmed", e->state == GW_HISTORY_CONFIRMED,
        "sources", gw_sources_json(&e->sources));
    char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;

    json_decref(root);
    return text;
}

static void write_entry(struct gw_history *h, const struct gw_history_entry *e)
{
    char *text = h->folder ? to_text(e) : NULL;

    if (text)
        save(h, e->generation, text);
    else if (h->folder)
        rt_log(RT_LOG_PLAN, RT_ERROR, "history: generation %llu cannot be kept",
               (unsigned long long)e->generation);
}

static int load(json_t **out, const char *path)
{
    struct rt_buf text = {0};
    int err = rt_file_read(&text, path, FILE_MAX);

    *out = err == 0 ? json_loadb(rt_buf_str(&text).p, text.n, JSON_REJECT_DUPLICATES, NULL) : NULL;
    rt_buf_release(&text);
    return err == 0 && !*out ? EBADMSG : err;
}

int gw_history_read(struct gw_sources *out, const char *path)
{
    json_t *root;
    int err = load(&root, path);

    if (err == 0)
        err = gw_sources_parse(out, json_object_get(root, "sources"));
    json_decref(root);
    return err;
}

static void copy_member(char *out, size_t cap, const json_t *root, const char *name)
{
    rt_str_copy(out, cap, rt_str(json_string_value(json_object_get(root, name))));
}

/** NULL: it is none of ours. */
static struct gw_history_entry *from_file(const char *path)
{
    struct gw_history_entry *e = NULL;
    json_t *root;

    if (load(&root, path) != 0)
        return NULL;
    const char *file = json_string_value(json_object_get(root, "file"));
    json_int_t generation = json_integer_value(json_object_get(root, "generation"));
    if (generation > 0 && file && json_is_array(json_object_get(root, "sources")))
        e = calloc(1, sizeof *e);
    if (e) {
        e->generation = (uint64_t)generation;
        e->when = json_integer_value(json_object_get(root, "when_us"));
        copy_member(e->who, sizeof e->who, root, "who");
        copy_member(e->why, sizeof e->why, root, "why");
        copy_member(e->sha, sizeof e->sha, root, "sha256");
        e->state = json_is_true(json_object_get(root, "confirmed")) ? GW_HISTORY_CONFIRMED
                                                                    : GW_HISTORY_UNCONFIRMED;
        e->file = rt_str_dup(rt_str(file));
    }
    json_decref(root);
    return e;
}

static int by_generation(const struct gw_history_entry *a, const struct gw_history_entry *b)
{
    return (a->generation > b->generation) - (a->generation < b->generation);
}

static int on_file(void *arg, const char *path)
{
    struct gw_history *h = arg;
    struct gw_history_entry *e = from_file(path);

    if (!e || !e->file || gw_history_find(h, e->generation)) {
        rt_log(RT_LOG_PLAN, RT_WARN, "history: %s: not read", path);
        if (e)
            free_entry(e);
        return 0;
    }
    DL_INSERT_INORDER(h->entries, e, by_generation);
    h->n++;
    return 0;
}

static void read_folder(struct gw_history *h)
{
    struct rt_buf pattern = {0};

    rt_buf_printf(&pattern, "%s/[0-9]*.json", h->folder);
    int err = pattern.failed ? ENOMEM : rt_glob(pattern.p, on_file, h);
    if (err != 0 && err != ENOENT)
        rt_log(RT_LOG_PLAN, RT_WARN, "history: %s: %s", h->folder, strerror(err));
    rt_buf_release(&pattern);
}

/* ---- life ---- */

int gw_history_new(struct gw_history **out, struct gw_aside *aside, const char *folder,
                   unsigned keep)
{
    struct gw_history *h = calloc(1, sizeof *h);

    if (!h)
        return ENOMEM;
    h->aside = aside;
    h->keep = keep;
    h->folder = folder ? rt_str_dup(rt_str(folder)) : NULL;
    if (folder && !h->folder) {
        free(h);
        return ENOMEM;
    }
    if (h->folder)
        read_folder(h);
    *out = h;
    return 0;
}

void gw_history_free(struct gw_history *h)
{
    struct gw_history_entry *e, *next;

    if (!h)
        return;
    DL_FOREACH_SAFE(h->entries, e, next)
    {
        DL_DELETE(h->entries, e);
        free_entry(e);
    }
    free(h->folder);
    free(h);
}

/* ---- entries ---- */

/** Those that are too many go, with their files; older ones leave their sources to theirs. */
static void forget(struct gw_history *h)
{
    struct gw_history_entry *e;
    unsigned kept = 0;

    while (h->n > h->keep) {
        e = h->entries;
        DL_DELETE(h->entries, e);
        h->n--;
        if (h->folder)
            save(h, e->generation, NULL);
        free_entry(e);
    }
    for (e = h->entries ? h->entries->prev : NULL; h->folder && e;
         e = e == h->entries ? NULL : e->prev)
        if (++kept > IN_MEMORY)
            gw_sources_release(&e->sources);
}

int gw_history_add(struct gw_history *h, struct gw_history_entry *e)
{
    struct gw_history_entry *mine = malloc(sizeof *mine);

    if (!mine) {
        free(e->file);
        gw_sources_release(&e->sources);
        return ENOMEM;
    }
    *mine = *e;
    DL_APPEND(h->entries, mine);
    h->n++;
    write_entry(h, mine);
    forget(h);
    return 0;
}

void gw_history_mark(struct gw_history *h, uint64_t generation, enum gw_history_state state)
{
    struct gw_history_entry *e;

    DL_FOREACH(h->entries, e)
    if (e->generation == generation && e->state != state) {
        e->state = state;
        if (e->sources.n > 0)
            write_entry(h, e);
    }
}

const struct gw_history_entry *gw_history_last(const struct gw_history *h)
{
    return h->entries ? h->entries->prev : NULL;
}

const struct gw_history_entry *gw_history_before(const struct gw_history *h,
                                                 const struct gw_history_entry *e)
{
    return e == h->entries ? NULL : e->prev;
}

const struct gw_history_entry *gw_history_find(const struct gw_history *h, uint64_t generation)
{
    const struct gw_history_entry *e;

    DL_FOREACH(h->entries, e)
    if (e->generation == generation)
        return e;
    return NULL;
}
