/* A file cut at its statements, so that the pieces put together are the file again. */
#include "conf/edit_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

struct cutter {
    struct conf_lexer lex;
    const struct conf_schema *schema;
    const char *from; /* text from here on belongs to no piece yet */
    bool failed;
};

/* ---- words ---- */

void conf_item_free_words(char **word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(word[i]);
    free(word);
}

bool conf_item_words(char ***word, size_t *n, struct rt_str text)
{
    struct conf_arena arena = {NULL, false};
    struct conf_diag quiet = {.errors = 0};
    struct conf_lexer l = conf_lexer(text, "", &arena, &quiet);
    struct conf_token t;
    enum conf_lexeme x;
    char **v = NULL;
    size_t have = 0;
    bool ok = true;

    while (ok && (x = conf_lex(&l, &t)) != CONF_LEX_END) {
        if (x != CONF_LEX_TOKEN)
            continue;
        char **more = realloc(v, (have + 1) * sizeof *more);
        v = more ? more : v;
        ok = more && (v[have] = rt_str_dup(rt_str(t.text))) != NULL;
        have += ok;
    }
    ok = ok && !arena.failed;
    conf_arena_release(&arena);
    conf_diag_release(&quiet);
    if (!ok) {
        conf_item_free_words(v, have);
        return false;
    }
    *word = v;
    *n = have;
    return true;
}

/* ---- pieces ---- */

/** Everything up to where the lexer stands. */
static void take(struct cutter *c, struct rt_buf *piece)
{
    rt_buf_put(piece, c->from, (size_t)(c->lex.p - c->from));
    c->failed = c->failed || piece->failed;
    c->from = c->lex.p;
}

static void skip_blank(struct conf_lexer *l)
{
    while (l->p < l->end && (*l->p == ' ' || *l->p == '\t' || *l->p == '\r'))
        l->p++;
    if (l->p < l->end && *l->p == '#')
        while (l->p < l->end && *l->p != '\n')
            l->p++;
}

static void skip_lines(struct conf_lexer *l)
{
    skip_blank(l);
    while (l->p < l->end && *l->p == '\n') {
        l->p++;
        skip_blank(l);
    }
}

/** The rest of the line when nothing but a comment is on it. */
static void take_line(struct cutter *c, struct rt_buf *piece)
{
    skip_blank(&c->lex);
    if (c->lex.p == c->lex.end)
        take(c, piece);
    else if (*c->lex.p == '\n') {
        c->lex.p++;
        take(c, piece);
    } else {
        c->lex.p = c->from;
    }
}

static void cut_block(struct cutter *c, struct conf_item *parent, const char *in,
                      struct conf_item **list, struct rt_buf *rest);

/** The words of a statement; what follows is left to be read. True: a brace opens. */
static bool cut_head(struct cutter *c, struct rt_buf *head)
{
    bool goes_on = false;

    for (;;) {
        struct conf_lexer before = c->lex;
        struct conf_token t;
        enum conf_lexeme x = conf_lex(&c->lex, &t);
        if (x == CONF_LEX_TOKEN) {
            goes_on = t.kind == CONF_TOKEN_COMMA || t.kind == CONF_TOKEN_ARROW;
            take(c, head);
        } else if (x != CONF_LEX_NEWLINE || !goes_on) {
            if (x != CONF_LEX_OPEN)
                c->lex = before;
            return x == CONF_LEX_OPEN;
        }
    }
}

static struct conf_item *cut_item(struct cutter *c, struct conf_item *parent, const char *in)
{
    struct conf_item *i = calloc(1, sizeof *i);

    if (!i) {
        c->failed = true;
        return NULL;
    }
    i->parent = parent;
    take(c, &i->lead);
    i->block = cut_head(c, &i->head);
    if (!conf_item_words(&i->word, &i->nwords, rt_buf_str(&i->head)) || i->nwords == 0) {
        c->failed = true;
        conf_item_free(i);
        return NULL;
    }
    i->row = conf_row(c->schema, in, i->word[0]);
    if (i->block) {
        take(c, &i->open);
        take_line(c, &i->open);
        cut_block(c, i, i->row ? i->row->keyword : "", &i->child, &i->close);
        c->lex.p += c->lex.p < c->lex.end; /* the closing brace */
        take(c, &i->close);
    }
    c->lex.p = c->from;
    take_line(c, &i->trail);
    return i;
}

/** Ends at a closing brace or at the end of the text; what is before it goes to `rest`. */
static void cut_block(struct cutter *c, struct conf_item *parent, const char *in,
                      struct conf_item **list, struct rt_buf *rest)
{
    for (;;) {
        skip_lines(&c->lex);
        if (c->failed || c->lex.p == c->lex.end || *c->lex.p == '}')
            break;
        struct conf_item *i = cut_item(c, parent, in);
        if (!i)
            break;
        DL_APPEND(*list, i);
    }
    take(c, rest);
}

int conf_item_cut(struct conf_item **items, struct rt_buf *tail, const struct conf_schema *schema,
                  const char *in, struct rt_str text)
{
    struct conf_arena arena = {NULL, false};
    struct conf_diag quiet = {.errors = 0};
    struct cutter c = {.schema = schema, .from = text.p};
    struct conf_item *list = NULL;

    c.lex = conf_lexer(text, "", &arena, &quiet);
    cut_block(&c, NULL, in, &list, tail);
    bool failed = c.failed || arena.failed;
    conf_arena_release(&arena);
    conf_diag_release(&quiet);
    if (failed) {
        conf_item_free(list);
        return ENOMEM;
    }
    *items = list;
    return 0;
}

void conf_item_free(struct conf_item *list)
{
    struct conf_item *i, *next;

    DL_FOREACH_SAFE(list, i, next)
    {
        conf_item_free(i->child);
        conf_item_free_words(i->word, i->nwords);
        rt_buf_release(&i->lead);
        rt_buf_release(&i->head);
        rt_buf_release(&i->open);
        rt_buf_release(&i->close);
        rt_buf_release(&i->trail);
        free(i);
    }
}

static void put(struct rt_buf *out, const struct rt_buf *piece)
{
    rt_buf_put(out, piece->p, piece->n);
}

void conf_item_text(const struct conf_item *list, struct rt_buf *out)
{
    for (const struct conf_item *i = list; i; i = i->next) {
        put(out, &i->lead);
        put(out, &i->head);
        put(out, &i->open);
        conf_item_text(i->child, out);
        put(out, &i->close);
        put(out, &i->trail);
    }
}

/** The text before `item`; true when it is in the list. */
static bool text_before(const struct conf_item *list, const struct conf_item *item,
                        struct rt_buf *out)
{
    for (const struct conf_item *i = list; i; i = i->next) {
        put(out, &i->lead);
        if (i == item)
            return true;
        put(out, &i->head);
        put(out, &i->open);
        if (text_before(i->child, item, out))
            return true;
        put(out, &i->close);
        put(out, &i->trail);
    }
    return false;
}

struct conf_pos conf_edit_place(const struct conf_edit_file *f, const struct conf_item *item)
{
    struct conf_pos at = {f->path, 1, 1};
    struct rt_buf text = {0};

    text_before(f->items, item, &text);
    for (size_t i = 0; i < text.n; i++) {
        at.column++;
        if (text.p[i] == '\n')
            at = (struct conf_pos){f->path, at.line + 1, 1};
    }
    rt_buf_release(&text);
    return at;
}
