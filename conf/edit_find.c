/* Which statement a path names, and whether a new one may stand where it is to go. */
#include "conf/edit_priv.h"

#include <errno.h>
#include <stdlib.h>

/** What fits one step of a path so far. */
struct search {
    char **word;
    size_t nwords;
    struct conf_item *exact, *begins;
    struct conf_edit_file *exact_file, *begins_file;
    unsigned nexact, nbegins;
};

static void look(struct search *s, struct conf_edit_file *f, struct conf_item *list)
{
    for (struct conf_item *i = list; i; i = i->next) {
        size_t w = 0;
        while (w < s->nwords && w < i->nwords && strcmp(s->word[w], i->word[w]) == 0)
            w++;
        if (w < s->nwords)
            continue;
        if (i->nwords == s->nwords) {
            s->exact = i;
            s->exact_file = f;
            s->nexact++;
        } else {
            s->begins = i;
            s->begins_file = f;
            s->nbegins++;
        }
    }
}

/** One step: from `*item` (NULL: the top level) to the statement inside it. */
static int step(struct conf_edit *e, struct rt_str words, struct conf_item **item,
                struct conf_edit_file **file)
{
    struct search s = {.nwords = 0};

    if (!conf_item_words(&s.word, &s.nwords, words))
        return ENOMEM;
    if (s.nwords > 0 && *item)
        look(&s, *file, (*item)->child);
    for (struct conf_edit_file *f = e->files; f && s.nwords > 0 && !*item; f = f->next)
        look(&s, f, f->items);
    conf_item_free_words(s.word, s.nwords);
    unsigned n = s.nexact > 0 ? s.nexact : s.nbegins;
    if (n != 1)
        return n == 0 ? ENOENT : ENOTUNIQ;
    *item = s.nexact > 0 ? s.exact : s.begins;
    *file = s.nexact > 0 ? s.exact_file : s.begins_file;
    return 0;
}

/** Takes what is before the next ` / `. */
static struct rt_str cut_step(struct rt_str *path)
{
    const char *slash = path->n > 0 ? memmem(path->p, path->n, " / ", 3) : NULL;
    struct rt_str out = *path;

    if (slash) {
        out.n = (size_t)(slash - path->p);
        path->p = slash + 3;
        path->n -= out.n + 3;
    } else {
        path->n = 0;
    }
    return out;
}

int conf_edit_locate(struct conf_edit *e, struct rt_str path, struct conf_item **item,
                     struct conf_edit_file **file, struct conf_diag *diag)
{
    struct conf_item *at = NULL;
    struct conf_edit_file *f = e->files;
    struct rt_str rest = path;
    int err = 0;

    while (rest.n > 0 && err == 0) {
        struct rt_str words = cut_step(&rest);
        err = step(e, words, &at, &f);
        if (err != 0)
            conf_error(diag, (struct conf_pos){e->files->path, 0, 0},
                       err == ENOENT     ? "there is no statement \"%.*s\""
                       : err == ENOTUNIQ ? "there are several statements \"%.*s\": name more words"
                                         : "out of memory at \"%.*s\"",
                       RT_STR(words));
    }
    if (err == 0) {
        *item = at;
        *file = f;
    }
    return err;
}

int conf_edit_find(struct conf_edit *e, const char *path, struct conf_pos *at,
                   struct conf_diag *diag)
{
    struct conf_item *item;
    struct conf_edit_file *file;
    int err = conf_edit_locate(e, rt_str(path), &item, &file, diag);

    if (err == 0)
        *at = item ? conf_edit_place(file, item) : (struct conf_pos){file->path, 1, 1};
    return err;
}

/** Twice over the same tree: as part of its block without asking what else the block needs, then
 * what is inside it with all that is required there. */
static void check_tree(struct conf_edit *e, struct conf *c, const struct conf_row *in,
                       struct conf_diag *diag)
{
    struct conf_node *n = c->root.node.child;
    unsigned before = diag->errors;

    c->schema = &e->lenient;
    c->root.node.row = in ? &e->rows[in - e->schema->rows] : NULL;
    conf_check(c, diag);
    if (diag->errors > before || !conf_stmt(n)->block)
        return;
    c->schema = e->schema;
    c->root.node = *n;
    c->root.node.row = &e->schema->rows[n->row - e->rows];
    conf_check(c, diag);
}

int conf_edit_check(struct conf_edit *e, const struct conf_row *in, struct rt_str text,
                    struct conf_diag *diag)
{
    struct conf *c;
    unsigned before = diag->errors;
    int err = conf_parse_unchecked(&c, e->schema, "edit", text, diag);

    if (err != 0)
        return err;
    const struct conf_node *n = c->root.node.child;
    if (!n || n->next)
        conf_error(diag, n ? n->next->pos : (struct conf_pos){"edit", 1, 1},
                   n ? "one statement at a time" : "there is no statement in this");
    else
        check_tree(e, c, in, diag);
    err = c->arena.failed ? ENOMEM : diag->errors > before ? EINVAL : 0;
    conf_free(c);
    return err;
}
