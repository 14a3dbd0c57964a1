/* Positions in a JSON object, replaced whole. */
#include "gw/export/state.h"

#include "gw/rt/file.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define STATE_MAX ((size_t)1 << 20)

struct export_state {
    pthread_mutex_t lock;
    char *path;
    json_t *targets; /* name to {"segment", "offset", "until"} */
};

static void load(struct export_state *s)
{
    struct rt_buf text = {0};
    int err = rt_file_read(&text, s->path, STATE_MAX);
    json_t *root = err == 0 ? json_loadb(text.p ? text.p : "", text.n, 0, NULL) : NULL;
    json_t *targets = json_object_get(root, "targets");

    if (json_is_object(targets))
        s->targets = json_incref(targets);
    else if (err != ENOENT)
        rt_log(RT_LOG_CDR, RT_WARN,
               "%s: unreadable: databases know where they are, others get "
               "what the journals have",
               s->path);
    json_decref(root);
    rt_buf_release(&text);
}

int export_state_new(struct export_state **out, const char *dir)
{
    struct export_state *s = calloc(1, sizeof *s);
    struct rt_buf path = {0};

    if (!s)
        return ENOMEM;
    pthread_mutex_init(&s->lock, NULL);
    rt_buf_printf(&path, "%s/export.state", dir);
    s->path = path.p;
    if (!path.failed)
        load(s);
    if (!s->targets)
        s->targets = json_object();
    if (path.failed || !s->targets) {
        export_state_free(s);
        return ENOMEM;
    }
    *out = s;
    return 0;
}

void export_state_free(struct export_state *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    json_decref(s->targets);
    free(s->path);
    free(s);
}

static void read_pos(struct export_pos *out, const json_t *target, const char *offset,
                     json_int_t least)
{
    const char *segment = json_string_value(json_object_get(target, "segment"));
    json_int_t n = json_integer_value(json_object_get(target, offset));

    *out = (struct export_pos){.offset = 0};
    if (segment && n >= least && rt_str_copy(out->segment, sizeof out->segment, rt_str(segment)))
        out->offset = (uint64_t)n;
}

void export_state_get(struct export_state *s, const char *key, struct export_pos *at,
                      struct export_pos *until)
{
    pthread_mutex_lock(&s->lock);
    const json_t *target = json_object_get(s->targets, key);
    read_pos(at, target, "offset", 0);
    read_pos(until, target, "until", 1);
    pthread_mutex_unlock(&s->lock);
}

static int write_file(struct export_state *s)
{
    json_t *root = json_pack("{s:O}", "targets", s->targets);
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
    int err = text ? rt_file_replace(s->path, text, strlen(text), 0600) : ENOMEM;

    free(text);
    json_decref(root);
    return err;
}

int export_state_set(struct export_state *s, const char *key, const struct export_pos *at,
                     const struct export_pos *until)
{
    bool pending = until->segment[0] != '\0';
    const char *segment = pending ? until->segment : at->segment;
    bool moved = pending && strcmp(at->segment, until->segment) != 0;
    json_t *target =
        json_pack("{s:s,s:I,s:I}", "segment", segment, "offset",
                  (json_int_t)(moved ? 0 : at->offset), "until", (json_int_t)until->offset);

    pthread_mutex_lock(&s->lock);
    int err = json_object_set_new(s->targets, key, target) == 0 ? write_file(s) : ENOMEM;
    pthread_mutex_unlock(&s->lock);
    return err;
}
