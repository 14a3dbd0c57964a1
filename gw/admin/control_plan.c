/* `plan`: the plan's files as the web page edits them. They are read, checked and compared without
 * being saved; what comes into force is saved first. Only files that the plan in force was built of
 * can be given: nobody names a path of the machine.
 */
#include "dialplan/deck.h"
#include "dialplan/list.h"
#include "dialplan/ported.h"
#include "gw/admin/control_priv.h"
#include "gw/apply.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- files ---- */

int gw_plan_files(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_plan *p = a->plan;
    const struct gw_sources *s = a->gw->apply ? gw_apply_sources(a->gw->apply) : NULL;
    rt_time until = 0;
    bool waits = s && gw_apply_waiting(a->gw->apply, &until) == p->generation;

    (void)args;
    if (!s)
        return gw_answer_fail(a, GW_EXIT_FAILED, "this gateway has no plan of its own");
    gw_answer_begin(a, "plan");
    gw_answer_number(a, "generation", (int64_t)p->generation);
    gw_answer_text(a, "sha256", p->sha);
    gw_answer_text(a, "who", p->who);
    gw_answer_time(a, "loaded", p->loaded);
    gw_answer_number(a, "confirm_s", waits ? (until - rt_now()) / RT_S : 0);
    gw_answer_end(a);
    for (unsigned i = 0; i < s->n; i++) {
        gw_answer_begin(a, "file");
        gw_answer_text(a, "path", s->file[i].path);
        gw_answer_text(a, "text", s->file[i].text.p);
        gw_answer_end(a);
    }
    return GW_EXIT_OK;
}

/** One of {"files": [{"path": ..., "text": ...}]}. */
static int take_file(struct gw_answer *a, struct gw_sources *edited, const json_t *one)
{
    const json_t *text = json_object_get(one, "text");
    const char *path = json_string_value(json_object_get(one, "path"));

    if (!path || !json_is_string(text) || json_object_size(one) != 2)
        return gw_answer_fail(a, GW_EXIT_USAGE, "files: each has a \"path\" and a \"text\"");
    if (gw_sources_find(edited, path))
        return gw_answer_fail(a, GW_EXIT_USAGE, "files: %.120s is there twice", path);
    if (!gw_sources_find(gw_apply_sources(a->gw->apply), path)) {
        a->status = 403;
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.120s: not a file of the plan in force", path);
    }
    struct rt_str octets = {json_string_value(text), json_string_length(text)};
    return gw_sources_add(edited, path, octets) == 0
               ? GW_EXIT_OK
               : gw_answer_fail(a, GW_EXIT_FAILED, "out of memory");
}

/** Who edits begins with a generation: another may be in force by now. */
static int take_generation(struct gw_answer *a, const json_t *generation)
{
    json_int_t n = json_integer_value(generation);

    if (!generation)
        return GW_EXIT_OK;
    if (!json_is_integer(generation) || n <= 0)
        return gw_answer_fail(a, GW_EXIT_USAGE, "generation: not a whole number above 0");
    if ((uint64_t)n == a->plan->generation)
        return GW_EXIT_OK;
    a->status = 409;
    return gw_answer_fail(a, GW_EXIT_FAILED, "generation %llu is in force, not %lld",
                          (unsigned long long)a->plan->generation, (long long)n);
}

static int take_body(struct gw_answer *a, struct gw_sources *edited)
{
    json_t *root = json_loadb(a->body.p, a->body.n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *files = json_object_get(root, "files");
    int code = take_generation(a, json_object_get(root, "generation"));

    if (code == GW_EXIT_OK && (!json_is_array(files) || json_array_size(files) == 0))
        code = gw_answer_fail(a, GW_EXIT_USAGE, "files: not a list of files");
    for (size_t i = 0; code == GW_EXIT_OK && i < json_array_size(files); i++)
        code = take_file(a, edited, json_array_get(files, i));
    json_decref(root);
    return code;
}

static int submit(struct gw_answer *a, const struct gw_args *args, enum gw_apply_kind kind)
{
    struct gw_sources edited = {.n = 0};
    struct gw_apply_request r = {.kind = kind, .edited = &edited};
    int code = GW_EXIT_OK;

    if (!a->gw->apply)
        return gw_answer_fail(a, GW_EXIT_FAILED, "this gateway has no plan of its own");
    if (a->body.n > 0)
        code = take_body(a, &edited);
    if (code == GW_EXIT_OK)
        code = gw_control_apply(a, &r, args);
    gw_sources_release(&edited);
    return code;
}

int gw_plan_check(struct gw_answer *a, const struct gw_args *args)
{
    a->tests = true;
    return submit(a, args, GW_APPLY_DIFF);
}

int gw_plan_diff_verb(struct gw_answer *a, const struct gw_args *args)
{
    return submit(a, args, GW_APPLY_DIFF);
}

int gw_plan_apply(struct gw_answer *a, const struct gw_args *args)
{
    return submit(a, args, GW_APPLY_FILE);
}

int gw_plan_refresh(struct gw_answer *a, const struct gw_args *args)
{
    return submit(a, args, GW_APPLY_REFRESH);
}

/* ---- places ---- */

/** The number that ends `s` after a colon is taken off it; 0: none does. */
static unsigned take_number(struct rt_str *s)
{
    size_t n = s->n;
    uint64_t value = 0;

    while (n > 0 && s->p[n - 1] >= '0' && s->p[n - 1] <= '9')
        n--;
    if (n == 0 || n == s->n || s->p[n - 1] != ':' ||
        rt_str_u64(&value, (struct rt_str){s->p + n, s->n - n}, UINT32_MAX) != 0)
        return 0;
    s->n = n - 1;
    return (unsigned)value;
}

/** "office.conf:24:5" before the first ": " of a line; false: there is no place. */
static bool take_place(struct rt_str *line, struct rt_str *file, unsigned *row, unsigned *column)
{
    const char *colon = line->n > 0 ? memmem(line->p, line->n, ": ", 2) : NULL;

    if (!colon)
        return false;
    *file = (struct rt_str){line->p, (size_t)(colon - line->p)};
    *column = take_number(file);
    *row = take_number(file);
    if (*row == 0)
        return false;
    *line = (struct rt_str){colon + 2, line->n - (size_t)(colon + 2 - line->p)};
    return true;
}

static void answer_place(struct gw_answer *a, const char *type, struct rt_str line)
{
    struct rt_str file = {"", 0};
    unsigned row = 0, column = 0;
    bool placed = take_place(&line, &file, &row, &column);
    char *path = rt_str_dup(placed ? file : rt_str("")), *text;

    if (placed && line.n > 9 && memcmp(line.p, "warning: ", 9) == 0)
        line = (struct rt_str){line.p + 9, line.n - 9};
    text = rt_str_dup(line);
    gw_answer_begin(a, type);
    gw_answer_text(a, "file", path);
    gw_answer_number(a, "line", placed ? row : 0);
    gw_answer_number(a, "column", placed ? column : 0);
    gw_answer_text(a, "text", text);
    gw_answer_end(a);
    free(path);
    free(text);
}

void gw_answer_places(struct gw_answer *a, const char *type, struct rt_str text)
{
    while (text.n > 0) {
        struct rt_str line = rt_str_cut(&text, '\n');
        answer_place(a, type, line);
    }
}

/* ---- tables ---- */

/** What is known of a table as a whole. */
struct table {
    const char *kind, *name;
    uint64_t rows, bad;
};

static void answer_table(struct gw_answer *a, const struct table *t, const char *path,
                         const char *columns, const char *query)
{
    gw_answer_begin(a, "table_file");
    gw_answer_text(a, "kind", t->kind);
    gw_answer_text(a, "name", t->name);
    gw_answer_text(a, "path", path);
    gw_answer_text(a, "columns", columns);
    gw_answer_text(a, "query", query);
    gw_answer_number(a, "rows", (int64_t)t->rows);
    gw_answer_number(a, "rejects", (int64_t)t->bad);
    gw_answer_end(a);
}

/** A name beside the file that names it, unless it is a whole path. */
static void path_of(struct rt_buf *out, const struct conf_token *t)
{
    const char *file = t->pos.file, *slash = file ? strrchr(file, '/') : NULL;

    if (t->text[0] != '/' && slash)
        rt_buf_put(out, file, (size_t)(slash - file) + 1);
    rt_buf_puts(out, t->text);
}

static void columns_of(struct rt_buf *out, const struct conf_node *block)
{
    const struct conf_node *n = block ? conf_child(block, "columns") : NULL;

    for (size_t i = 1; n && i < n->ntokens; i++) {
        bool comma = n->token[i].kind == CONF_TOKEN_COMMA;
        rt_buf_puts(out, i == 1 || comma ? "" : " ");
        rt_buf_puts(out, comma ? "," : n->token[i].text);
    }
}

static void answer_files(struct gw_answer *a, const struct table *t, const struct conf_node *block,
                         const char *keyword)
{
    struct rt_buf path = {0}, columns = {0};
    const struct conf_token *token;

    columns_of(&columns, block);
    for (const struct conf_node *n = block ? conf_child(block, keyword) : NULL; n;
         n = conf_again(n, keyword))
        for (size_t i = 0; (token = conf_arg(n, i)) != NULL; i++) {
            const struct conf_token *query = conf_labelled(n, "table");
            rt_buf_reset(&path);
            path_of(&path, token);
            answer_table(a, t, rt_buf_str(&path).p, rt_buf_str(&columns).p,
                         query ? query->text : "");
        }
    rt_buf_release(&path);
    rt_buf_release(&columns);
}

/** The block `keyword NAME` of the plan. */
static const struct conf_node *block_of(const struct gw_plan *p, const char *keyword,
                                        const char *name)
{
    const struct conf_node *n = conf_child(conf_root(p->conf), keyword);

    while (n && strcmp(conf_arg(n, 0)->text, name) != 0)
        n = conf_again(n, keyword);
    return n;
}

static void list_decks(struct gw_answer *a, const struct gw_dial_plan *d)
{
    for (unsigned i = 0; i < d->ndecks; i++) {
        const struct conf_node *n = block_of(a->plan, "deck", d->decks[i].name);
        struct dp_deck_info info;
        dp_deck_info(d->decks[i].deck, &info);
        struct table t = {"deck", d->decks[i].name, info.rows, info.bad};
        answer_files(a, &t, n, n && conf_child(n, "sqlite") ? "sqlite" : "csv");
    }
}

int gw_plan_tables(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_dial_plan *d = &a->plan->dial;

    (void)args;
    list_decks(a, d);
    for (unsigned i = 0; i < d->nlists; i++) {
        struct table t = {"list", d->lists[i].name, dp_list_rows(d->lists[i].list),
                          dp_list_bad(d->lists[i].list)};
        answer_files(a, &t, block_of(a->plan, "list", t.name), "csv");
    }
    for (unsigned i = 0; i < d->nlnps; i++) {
        const struct gw_lnp *l = &d->lnps[i];
        struct table t = {"lnp", l->name, l->table ? dp_ported_rows(l->table) : 0, 0};
        answer_table(a, &t, l->path, "", "");
    }
    if (d->ndecks + d->nlists + d->nlnps == 0)
        snprintf(a->note, sizeof a->note, "the plan reads no tables");
    return GW_EXIT_OK;
}
