/* Setting, adding and deleting statements: everything is made and checked first, then put in its
 * place at once. */
#include "conf/edit_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

static const struct conf_pos given = {"edit", 1, 1}; /* in the text that the caller gave */

/* ---- text ---- */

const char *conf_edit_eol(const struct conf_edit_file *f)
{
    const char *end = f->was.n > 0 ? memchr(f->was.p, '\n', f->was.n) : NULL;

    return end && end > f->was.p && end[-1] == '\r' ? "\r\n" : "\n";
}

static void put_str(struct rt_buf *out, struct rt_str s)
{
    rt_buf_put(out, s.p, s.n);
}

/** The lines before the last one, which is not ended. */
static struct rt_str whole_lines(const struct rt_buf *b)
{
    return (struct rt_str){b->p ? b->p : "", b->n - conf_last_line(b).n};
}

static void swap_in(struct rt_buf *piece, struct rt_buf *made)
{
    rt_buf_release(piece);
    *piece = *made;
    *made = (struct rt_buf){0};
}

/** Columns: characters, not octets. */
static size_t width(struct rt_str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

/** The length of the first word of a head as it is written. */
static size_t first_word(struct rt_str head)
{
    struct conf_arena arena = {NULL, false};
    struct conf_diag quiet = {.errors = 0};
    struct conf_lexer l = conf_lexer(head, "", &arena, &quiet);
    struct conf_token t;

    conf_lex(&l, &t);
    size_t n = (size_t)(l.p - head.p);
    conf_arena_release(&arena);
    conf_diag_release(&quiet);
    return n;
}

/** The comments among the words of a head, each on a line of its own. */
static void put_comments(struct rt_buf *out, struct rt_str head, struct rt_str indent,
                         const char *eol)
{
    struct conf_arena arena = {NULL, false};
    struct conf_diag quiet = {.errors = 0};
    struct conf_lexer l = conf_lexer(head, "", &arena, &quiet);
    struct conf_token t;

    while (l.p < l.end) {
        struct rt_str rest = {l.p, (size_t)(l.end - l.p)};
        if (*l.p == '#') {
            struct rt_str comment = rt_str_trim(rt_str_cut(&rest, '\n'));
            put_str(out, indent);
            put_str(out, comment);
            rt_buf_puts(out, eol);
            l.p = rest.n > 0 ? rest.p : l.end;
        } else if (rt_is_blank(*l.p)) {
            l.p++;
        } else if (conf_lex(&l, &t) == CONF_LEX_END) {
            break;
        }
    }
    conf_arena_release(&arena);
    conf_diag_release(&quiet);
}

/* ---- set ---- */

/** The new words after the keyword, at the column where the old ones began. */
static void make_head(struct rt_buf *out, const struct conf_item *i, struct rt_str arguments)
{
    struct rt_str head = rt_buf_str(&i->head);
    size_t keyword = first_word(head), gap = keyword;

    while (gap < head.n && (head.p[gap] == ' ' || head.p[gap] == '\t'))
        gap++;
    rt_buf_put(out, head.p, keyword);
    if (arguments.n == 0)
        return;
    if (gap == keyword || gap == head.n || head.p[gap] == '#' || rt_is_blank(head.p[gap]))
        rt_buf_puts(out, " ");
    else
        rt_buf_put(out, head.p + keyword, gap - keyword);
    put_str(out, arguments);
}

/** The column after a head that begins at `base`. */
static size_t end_column(const struct rt_buf *head, size_t base)
{
    struct rt_str last = conf_last_line(head);

    return width(last) + (last.n == head->n ? base : 0);
}

/** The comment behind stays in its column as far as the words leave it. */
static void make_trail(struct rt_buf *out, const struct conf_item *i, const struct rt_buf *head)
{
    size_t base = width(conf_last_line(&i->lead)), blanks = 0;
    size_t was = end_column(&i->head, base), is = end_column(head, base);

    while (blanks < i->trail.n && i->trail.p[blanks] == ' ')
        blanks++;
    if (i->trail.n > 0 && i->trail.p[0] == '#')
        rt_buf_puts(out, " "); /* allowed behind a string, not behind a word */
    if (i->block || blanks == 0 || i->trail.p[blanks] != '#') {
        rt_buf_put(out, i->trail.p, i->trail.n);
        return;
    }
    size_t pad = was + blanks > is + 1 ? was + blanks - is : 1;
    while (pad-- > 0)
        rt_buf_puts(out, " ");
    rt_buf_put(out, i->trail.p + blanks, i->trail.n - blanks);
}

/** Nothing but words may come of it: no brace, no comment at its end, no second statement. */
static int check_head(struct conf_edit *e, const struct conf_item *i, const struct rt_buf *head,
                      struct conf_diag *diag)
{
    const struct conf_row *in = i->parent ? i->parent->row : NULL;
    struct conf_item *cut = NULL;
    struct rt_buf tail = {0};
    int err = conf_edit_check(e, in, rt_buf_str(head), diag);

    if (err == 0)
        err = conf_item_cut(&cut, &tail, e->schema, in ? in->keyword : "", rt_buf_str(head));
    if (err == 0 && (cut->block || cut->head.n != head->n)) {
        conf_error(diag, given, "these arguments have a block or a comment with them");
        err = EINVAL;
    }
    conf_item_free(cut);
    rt_buf_release(&tail);
    return err;
}

static int refuse_include(const char *keyword, struct conf_diag *diag)
{
    if (strcmp(keyword, "include") != 0)
        return 0;
    conf_error(diag, given, "which files are included is not edited by program");
    return EINVAL;
}

static int set_item(struct conf_edit *e, struct conf_edit_file *f, struct conf_item *i,
                    struct rt_str arguments, struct conf_diag *diag)
{
    struct rt_buf head = {0}, lead = {0}, trail = {0};
    struct rt_str indent = conf_last_line(&i->lead);
    char **word = NULL;
    size_t n = 0;

    make_head(&head, i, arguments);
    int err = check_head(e, i, &head, diag);
    put_str(&lead, whole_lines(&i->lead));
    put_comments(&lead, rt_buf_str(&i->head), indent, conf_edit_eol(f));
    put_str(&lead, indent);
    make_trail(&trail, i, &head);
    if (err == 0 && (head.failed || lead.failed || trail.failed ||
                     !conf_item_words(&word, &n, rt_buf_str(&head))))
        err = ENOMEM;
    if (err == 0) {
        swap_in(&i->head, &head);
        swap_in(&i->lead, &lead);
        swap_in(&i->trail, &trail);
        conf_item_free_words(i->word, i->nwords);
        i->word = word;
        i->nwords = n;
        f->changed = true;
    }
    rt_buf_release(&head);
    rt_buf_release(&lead);
    rt_buf_release(&trail);
    return err;
}

int conf_edit_set(struct conf_edit *e, const char *path, const char *arguments,
                  struct conf_diag *diag)
{
    struct conf_item *i;
    struct conf_edit_file *f;
    int err = conf_edit_locate(e, rt_str(path), &i, &f, diag);

    if (err == 0 && !i) {
        conf_error(diag, given, "the top level has no arguments");
        err = EINVAL;
    }
    if (err == 0)
        err = refuse_include(i->word[0], diag);
    return err != 0 ? err : set_item(e, f, i, rt_str_trim(rt_str(arguments)), diag);
}

/* ---- delete ---- */

/** Another statement of the same row in the same block, or NULL. */
static const struct conf_item *another(const struct conf_edit *e, const struct conf_item *parent,
                                       const struct conf_row *row, const struct conf_item *but,
                                       const struct conf_edit_file **file)
{
    for (const struct conf_edit_file *f = e->files; f; f = f->next) {
        const struct conf_item *i = parent ? parent->child : f->items;
        while (i && (i == but || i->row != row))
            i = i->next;
        *file = f;
        if (i || parent)
            return i;
    }
    return NULL;
}

static int check_needed(const struct conf_edit *e, const struct conf_item *i,
                        struct conf_diag *diag)
{
    const struct conf_edit_file *f;

    if (!i->row || !(i->row->flags & CONF_REQUIRED) || another(e, i->parent, i->row, i, &f))
        return 0;
    if (i->parent)
        conf_error(diag, given, "\"%s\" must have \"%s\"", i->parent->word[0], i->word[0]);
    else
        conf_error(diag, given, "\"%s\" must be there", i->word[0]);
    return EINVAL;
}

/** Without the comment lines at its end that no blank line parts from what follows. */
static struct rt_str without_attached(struct rt_str lines)
{
    while (lines.n > 0) {
        size_t start = lines.n - 1;
        while (start > 0 && lines.p[start - 1] != '\n')
            start--;
        struct rt_str line = rt_str_trim((struct rt_str){lines.p + start, lines.n - start});
        if (line.n == 0 || line.p[0] != '#')
            break;
        lines.n = start;
    }
    return lines;
}

/** The piece before `i`: it may end in the middle of a line. */
static const struct rt_buf *piece_before(const struct conf_edit_file *f, const struct conf_item *i)
{
    const struct conf_item *head = i->parent ? i->parent->child : f->items;

    return i != head ? &i->prev->trail : i->parent ? &i->parent->open : NULL;
}

/** What stays of a deleted statement: whole lines, but for the end of one that goes on before it.
 */
static void make_remains(struct rt_buf *out, const struct conf_edit_file *f,
                         const struct conf_item *i, enum conf_edit_comments comments)
{
    const struct rt_buf *before = piece_before(f, i);
    struct rt_str kept = whole_lines(&i->lead), behind = rt_str_trim(rt_buf_str(&i->trail));

    if (comments == CONF_EDIT_DROP)
        kept = without_attached(kept);
    bool behind_too = comments == CONF_EDIT_KEEP_ALL && behind.n > 0;
    if (before && !conf_ends_line(before) && (conf_ends_line(&i->trail) || behind_too))
        rt_buf_puts(out, conf_edit_eol(f));
    put_str(out, kept);
    if (behind_too) {
        put_str(out, conf_last_line(&i->lead));
        put_str(out, behind);
        rt_buf_puts(out, conf_edit_eol(f));
    }
}

static void unlink_item(struct conf_edit_file *f, struct conf_item *i)
{
    struct conf_item **list = i->parent ? &i->parent->child : &f->items;

    DL_DELETE(*list, i);
    i->next = NULL;
    conf_item_free(i);
    f->changed = true;
}

int conf_edit_delete(struct conf_edit *e, const char *path, enum conf_edit_comments comments,
                     struct conf_diag *diag)
{
    struct conf_item *i;
    struct conf_edit_file *f;
    struct rt_buf made = {0};
    int err = conf_edit_locate(e, rt_str(path), &i, &f, diag);

    if (err == 0 && !i) {
        conf_error(diag, given, "all cannot be deleted");
        err = EINVAL;
    }
    if (err == 0)
        err = refuse_include(i->word[0], diag);
    if (err == 0)
        err = check_needed(e, i, diag);
    if (err != 0)
        return err;
    struct rt_buf *after = i->next ? &i->next->lead : i->parent ? &i->parent->close : &f->tail;
    make_remains(&made, f, i, comments);
    rt_buf_put(&made, after->p, after->n);
    if (made.failed) {
        rt_buf_release(&made);
        return ENOMEM;
    }
    swap_in(after, &made);
    unlink_item(f, i);
    return 0;
}
