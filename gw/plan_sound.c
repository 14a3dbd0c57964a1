/* Sound of the plan's own: what callers hear when a call comes to nothing, which calls are
 * recorded, and whether busy tones on a line are listened for. Sound files are read with the plan,
 * so that a call never waits for a disk and a missing file shows at once. */
#include "codec/clip.h"
#include "gw/plan_priv.h"
#include "gw/sound_load.h"

#include <errno.h>
#include <limits.h>
#include <utlist.h>

#define DIRECTORY "/var/spool/tandem"
#define NAME      "{date}-{time}-{caller}-{called}-{call}"

static const char *const formats[GW_RECORD_FORMATS + 1] = {"wav", "opus"};

/* ---- files ---- */

static void tell(struct gw_compile *c, const struct conf_token *path, int err, const char *why)
{
    if (err == EFBIG)
        conf_error(c->diag, path->pos, "\"%s\" is longer than 10 minutes, or than 20 MB",
                   path->text);
    else if (err == ENOTSUP)
        conf_error(c->diag, path->pos, "\"%s\" has too many channels or too high a rate",
                   path->text);
    else if (err == ENODATA)
        conf_error(c->diag, path->pos, "\"%s\" has no sound in it", path->text);
    else
        conf_error(c->diag, path->pos, "\"%s\" cannot be read: %s", path->text,
                   why ? why : strerror(err));
}

struct clip *gw_plan_read_sound(struct gw_compile *c, const struct conf_token *path)
{
    struct gw_sound *s;
    const char *why = NULL;

    LL_FOREACH(c->plan->sounds, s)
    if (strcmp(s->path, path->text) == 0)
        return s->clip;
    s = conf_alloc(c->arena, sizeof *s);
    if (!s)
        return NULL;
    s->path = path->text;
    int err = gw_sound_load(&s->clip, path->text, &why);
    if (err != 0) {
        tell(c, path, err, why);
        return NULL;
    }
    LL_PREPEND(c->plan->sounds, s);
    return s->clip;
}

void gw_plan_free_sounds(struct gw_plan *p)
{
    struct gw_sound *s;

    LL_FOREACH(p->sounds, s)
    clip_drop(s->clip);
}

/* ---- the gateway as a target ---- */

const struct gw_trunk *gw_plan_local(struct gw_compile *c, enum gw_local what,
                                     const struct conf_token *file)
{
    static const char *const names[GW_LOCALS] = {"play", "echo", "milliwatt"};
    struct clip *clip = file ? gw_plan_read_sound(c, file) : NULL;
    struct gw_trunk *t;

    if (file && !clip)
        return NULL;
    LL_FOREACH2(c->plan->locals, t, local.next)
    if (t->local.what == what && t->local.clip == clip)
        return t;
    t = conf_alloc(c->arena, sizeof *t);
    if (!t)
        return NULL;
    rt_str_copy(t->name, sizeof t->name, rt_str(names[what]));
    t->kind = GW_TRUNK_LOCAL;
    t->index = UINT_MAX;
    t->plan = c->plan;
    t->numbers = DP_E164;
    t->local = (struct gw_local_plan){.what = what, .clip = clip};
    LL_PREPEND2(c->plan->locals, t, local.next);
    return t;
}

/* ---- announcements ---- */

static void read_causes(struct gw_compile *c, struct gw_announcements *a, const struct conf_node *n)
{
    size_t last = 0;

    while (conf_arg(n, last + 1))
        last++;
    struct clip *clip = gw_plan_read_sound(c, conf_arg(n, last));
    for (size_t i = 0; i < last; i++) {
        const struct conf_token *t = conf_arg(n, i);
        unsigned cause = (unsigned)conf_uint(t);
        if (a->cause[cause])
            conf_error(c->diag, t->pos, "cause %u has an announcement already", cause);
        a->cause[cause] = clip;
    }
}

/** The block `announcements` in `in`; NULL: there is none. */
static struct gw_announcements *read_announcements(struct gw_compile *c, const struct conf_node *in)
{
    const struct conf_node *block = conf_child(in, "announcements");
    struct gw_announcements *a = block ? conf_alloc(c->arena, sizeof *a) : NULL;

    if (!a)
        return NULL;
    const struct conf_node *n = conf_child(block, "cause");
    for (; n; n = conf_again(n, "cause"))
        read_causes(c, a, n);
    n = conf_child(block, "default");
    if (n)
        a->other = gw_plan_read_sound(c, conf_arg(n, 0));
    return a;
}

static struct clip *find(const struct gw_announcements *a, unsigned cause)
{
    return !a ? NULL : a->cause[cause] ? a->cause[cause] : a->other;
}

struct clip *gw_plan_announcement(const struct gw_plan *p, const struct gw_trunk *t, unsigned cause)
{
    if (!t->sound.announce || cause > 127)
        return NULL;
    struct clip *own = find(t->sound.announcements, cause);
    return own ? own : find(p->announcements, cause);
}

/* ---- recordings ---- */

/** Without the call's id two calls could have one file. */
static void check_name(struct gw_compile *c, const struct conf_token *t)
{
    static const char *const words[] = {"{call}",   "{date}",  "{time}", "{caller}",
                                        "{called}", "{trunk}", NULL};

    if (!strstr(t->text, "{call}"))
        conf_error(c->diag, t->pos, "\"%s\" needs {call}: no two calls may have one file", t->text);
    for (const char *p = strchr(t->text, '{'); p; p = strchr(p + 1, '{')) {
        unsigned i = 0;
        while (words[i] && strncmp(p, words[i], strlen(words[i])) != 0)
            i++;
        if (!words[i])
            conf_error(c->diag, t->pos,
                       "unknown word at \"%s\": there are {call}, {date}, {time}, {caller}, "
                       "{called}, {trunk}",
                       p);
    }
    if (strstr(t->text, "..") || t->text[0] == '/')
        conf_error(c->diag, t->pos, "\"%s\" must stay in the directory", t->text);
}

void gw_plan_compile_sounds(struct gw_compile *c)
{
    struct gw_record_plan *r = &c->plan->record;
    const struct conf_node *block = conf_child(c->root, "recordings");
    const struct conf_node *n = block ? conf_child(block, "directory") : NULL;
    const struct conf_token *directory = n ? conf_arg(n, 0) : NULL;

    n = block ? conf_child(block, "name") : NULL;
    const struct conf_token *name = n ? conf_arg(n, 0) : NULL;
    r->directory = directory ? directory->text : DIRECTORY;
    r->name = name ? name->text : NAME;
    r->format = (enum gw_record_format)gw_plan_choice(block ? conf_child(block, "format") : NULL, 0,
                                                      formats, GW_RECORD_WAV);
    if (name)
        check_name(c, name);
    c->plan->announcements = read_announcements(c, c->root);
}

/* ---- a trunk ---- */

static void read_record(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "record");
    const struct conf_token *to = n ? conf_labelled(n, "to") : NULL;
    struct gw_record_plan *r = &t->sound.record;

    *r = c->plan->record;
    r->on = n && conf_has(n, "both");
    if (to)
        r->directory = to->text;
    for (unsigned f = 0; n && f < GW_RECORD_FORMATS; f++)
        if (conf_has(n, formats[f]))
            r->format = (enum gw_record_format)f;
}

void gw_plan_compile_sound(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const words[] = {"off", "on", NULL};
    const struct conf_node *detect = conf_child(trunk, "progress-detect");

    t->sound.announce =
        gw_plan_choice(conf_child(trunk, "announce"), 0, words, t->kind != GW_TRUNK_SIP);
    t->sound.announcements = read_announcements(c, trunk);
    t->sound.detect = gw_plan_choice(detect, 0, words, false);
    if (detect && t->kind != GW_TRUNK_SPAN)
        conf_error(c->diag, detect->pos, "\"progress-detect\" is for trunks on spans");
    read_record(c, t, trunk);
}
