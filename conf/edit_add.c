/* Adding a statement: its text is laid out for its block, checked, and put between two pieces. */
#include "conf/edit_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

static const struct conf_pos given = {"edit", 1, 1}; /* in the text that the caller gave */

/** Where a statement goes. */
struct spot {
    struct conf_edit *e;
    struct conf_edit_file *file;
    struct conf_item *block; /* NULL: the top level */
    struct conf_item *after; /* NULL: at the end */
    struct rt_buf indent;
};

/* ---- layout ---- */

static struct conf_item **list_of(const struct spot *s)
{
    return s->block ? &s->block->child : &s->file->items;
}

/** True when the statement begins its line; `before` is the piece before it. */
static bool begins_line(const struct conf_item *i, const struct rt_buf *before)
{
    return !before || conf_ends_line(before) || conf_last_line(&i->lead).n < i->lead.n;
}

/** The indentation of the statement that its line begins with: its own, or that of a block it
 * stands in. */
static struct rt_str line_indent(const struct conf_item *i)
{
    while (i->parent && !begins_line(i, i == i->parent->child ? &i->parent->open : &i->prev->trail))
        i = i->parent;
    return conf_last_line(&i->lead);
}

/** That of the statements which are there, else one step more than the block's. */
static void find_indent(struct spot *s)
{
    if (!s->block)
        return;
    const struct rt_buf *before = &s->block->open;
    for (const struct conf_item *i = s->block->child; i; before = &i->trail, i = i->next) {
        if (begins_line(i, before)) {
            struct rt_str own = conf_last_line(&i->lead);
            rt_buf_put(&s->indent, own.p, own.n);
            return;
        }
    }
    struct rt_str outer = line_indent(s->block);
    rt_buf_put(&s->indent, outer.p, outer.n);
    rt_buf_puts(&s->indent, outer.n > 0 && outer.p[0] == '\t' ? "\t" : "    ");
}

static size_t indentation(struct rt_str line)
{
    size_t n = 0;

    while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
        n++;
    return n;
}

/** What all lines but the first have in common is not theirs but their writer's. */
static size_t common_indent(struct rt_str text)
{
    size_t least = SIZE_MAX;

    rt_str_cut(&text, '\n');
    while (text.n > 0) {
        struct rt_str line = rt_str_cut(&text, '\n');
        if (rt_str_trim(line).n > 0 && indentation(line) < least)
            least = indentation(line);
    }
    return least == SIZE_MAX ? 0 : least;
}

/** Every line in the block's indentation, with the file's line ends. */
static void lay_out(const struct spot *s, struct rt_str text, struct rt_buf *out)
{
    size_t common = common_indent(text);
    bool first = true;

    while (text.n > 0) {
        struct rt_str line = rt_str_cut(&text, '\n');
        size_t drop = first || rt_str_trim(line).n == 0 ? 0 : common;
        line = (struct rt_str){line.p + drop, line.n - drop};
        while (line.n > 0 && rt_is_blank(line.p[line.n - 1]))
            line.n--;
        if (line.n > 0)
            rt_buf_put(out, s->indent.p, s->indent.n);
        rt_buf_put(out, line.p, line.n);
        rt_buf_puts(out, conf_edit_eol(s->file));
        first = false;
    }
}

/* ---- checks ---- */

static int check_once(const struct spot *s, const struct conf_item *new, struct conf_diag *diag)
{
    if (!new->row || !(new->row->flags &CONF_ONCE))
        return 0;
    for (const struct conf_edit_file *f = s->e->files; f; f = f->next) {
        const struct conf_item *i = s->block ? s->block->child : f->items;
        while (i && i->row != new->row)
            i = i->next;
        if (i) {
            struct conf_pos at = conf_edit_place(s->block ? s->file : f, i);
            conf_error(diag, given, "\"%s\" stands twice, first at %s:%u:%u", new->word[0], at.file,
                       at.line, at.column);
            return EINVAL;
        }
    }
    return 0;
}

/** An include would be followed already while it is checked. */
static int check_include(struct rt_str text, struct conf_diag *diag)
{
    char **word;
    size_t n;

    if (!conf_item_words(&word, &n, text))
        return ENOMEM;
    bool include = n > 0 && strcmp(word[0], "include") == 0;
    conf_item_free_words(word, n);
    if (include)
        conf_error(diag, given, "which files are included is not edited by program");
    return include ? EINVAL : 0;
}

/** One statement that may stand there, as an item that stands nowhere yet. */
static int make_item(const struct spot *s, struct rt_str text, struct conf_item **out,
                     struct conf_diag *diag)
{
    const struct conf_row *in = s->block ? s->block->row : NULL;
    struct rt_buf laid = {0}, tail = {0};
    struct conf_item *cut = NULL;
    int err = check_include(text, diag);

    if (err == 0)
        err = conf_edit_check(s->e, in, text, diag);
    lay_out(s, text, &laid);
    if (err == 0 && laid.failed)
        err = ENOMEM;
    if (err == 0)
        err = conf_item_cut(&cut, &tail, s->e->schema, in ? in->keyword : "", rt_buf_str(&laid));
    if (err == 0 && tail.n > 0) {
        conf_error(diag, given, "a comment follows the statement");
        err = EINVAL;
    }
    if (err == 0)
        err = check_once(s, cut, diag);
    rt_buf_release(&laid);
    rt_buf_release(&tail);
    if (err != 0)
        conf_item_free(cut);
    else
        *out = cut;
    return err;
}

/* ---- putting it in ---- */

/** A statement that shares its line with others gets one of its own, its block's brace too. Each
 * step leaves a text that means the same. */
static bool spread(struct spot *s)
{
    const char *eol = conf_edit_eol(s->file);
    struct rt_str outer = line_indent(s->block);
    struct rt_buf *before = &s->block->open;

    for (struct conf_item *i = s->block->child; i; before = &i->trail, i = i->next) {
        if (conf_ends_line(before))
            continue;
        rt_buf_puts(before, eol);
        rt_buf_reset(&i->lead);
        rt_buf_put(&i->lead, s->indent.p, s->indent.n);
        if (before->failed || i->lead.failed)
            return false;
    }
    if (!conf_ends_line(before)) {
        struct rt_buf close = {0};
        rt_buf_put(&close, outer.p, outer.n);
        rt_buf_puts(&close, "}");
        rt_buf_puts(before, eol);
        if (close.failed || before->failed) {
            rt_buf_release(&close);
            return false;
        }
        rt_buf_release(&s->block->close);
        s->block->close = close;
    }
    return true;
}

/** A statement without braces that may have some gets them. */
static bool make_block(struct spot *s)
{
    struct conf_item *b = s->block;
    struct rt_str outer = line_indent(b);

    rt_buf_puts(&b->open, " {");
    rt_buf_puts(&b->open, conf_edit_eol(s->file));
    rt_buf_put(&b->close, outer.p, outer.n);
    rt_buf_puts(&b->close, "}");
    b->block = !b->open.failed && !b->close.failed;
    return b->block;
}

/** The comments at the end of the list stay before the statement. */
static bool take_rest(struct spot *s, struct conf_item *new)
{
    struct rt_buf *rest = s->block ? &s->block->close : &s->file->tail;
    struct rt_buf lead = {0}, left = {0};
    struct rt_str last = conf_last_line(rest);

    rt_buf_put(&lead, rest->p, rest->n - last.n);
    if (s->block)
        rt_buf_put(&left, last.p, last.n);
    else if (last.n > 0) {
        rt_buf_put(&lead, last.p, last.n);
        rt_buf_puts(&lead, conf_edit_eol(s->file));
    }
    rt_buf_put(&lead, new->lead.p, new->lead.n);
    if (lead.failed || left.failed) {
        rt_buf_release(&lead);
        rt_buf_release(&left);
        return false;
    }
    rt_buf_release(&new->lead);
    new->lead = lead;
    rt_buf_release(rest);
    *rest = left;
    return true;
}

static bool put_in(struct spot *s, struct conf_item *new)
{
    struct conf_item **list = list_of(s);

    if (s->block && !(s->block->block ? spread(s) : make_block(s)))
        return false;
    struct conf_item *last = s->after ? s->after : *list ? (*list)->prev : NULL;
    if (last && !conf_ends_line(&last->trail)) {
        rt_buf_puts(&last->trail, conf_edit_eol(s->file));
        if (last->trail.failed)
            return false;
    }
    if (!s->after && !take_rest(s, new))
        return false;
    new->parent = s->block;
    if (s->after)
        DL_APPEND_ELEM(*list, s->after, new);
    else
        DL_APPEND(*list, new);
    s->file->changed = true;
    return true;
}

/** Finds the block and, in it, the statement to follow. */
static int find_spot(struct spot *s, const char *block, const char *after, struct conf_diag *diag)
{
    struct rt_buf path = {0};
    int err = conf_edit_locate(s->e, rt_str(block), &s->block, &s->file, diag);

    if (err == 0 && s->block && (!s->block->row || !(s->block->row->flags & CONF_BLOCK))) {
        conf_error(diag, given, "\"%s\" takes no { } block", s->block->word[0]);
        return EINVAL;
    }
    if (err != 0 || !after)
        return err;
    if (block[0])
        rt_buf_printf(&path, "%s / ", block);
    rt_buf_puts(&path, after);
    err =
        path.failed ? ENOMEM : conf_edit_locate(s->e, rt_buf_str(&path), &s->after, &s->file, diag);
    rt_buf_release(&path);
    if (err == 0 && (!s->after || s->after->parent != s->block)) {
        conf_error(diag, given, "\"%s\" is no statement of this block", after);
        err = EINVAL;
    }
    return err;
}

int conf_edit_add(struct conf_edit *e, const char *block, const char *text, const char *after,
                  struct conf_diag *diag)
{
    struct spot s = {.e = e};
    struct rt_str given_text = rt_str_trim(rt_str(text));
    struct conf_item *new = NULL;
    int err = find_spot(&s, block, after, diag);

    if (err != 0)
        return err;
    if (given_text.n >= 3 && memcmp(given_text.p, "\xef\xbb\xbf", 3) == 0)
        given_text = rt_str_trim((struct rt_str){given_text.p + 3, given_text.n - 3});
    find_indent(&s);
    err = s.indent.failed ? ENOMEM : make_item(&s, given_text, &new, diag);
    if (err == 0 && !put_in(&s, new)) {
        conf_item_free(new);
        err = ENOMEM;
    }
    rt_buf_release(&s.indent);
    return err;
}
