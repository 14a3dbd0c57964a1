/* Words to statements and blocks, files including files. The grammar is the same for every schema;
 * of the keywords it knows `include` alone. After an error it goes on with the next line. */
#include "conf/edit_priv.h"

#include "gw/rt/file.h"

#include <errno.h>
#include <stdlib.h>

/** A file being read, and the one that includes it. */
struct source {
    const char *path;
    const struct source *from;
};

/** What all files of a plan share. */
struct reading {
    const struct conf_reader *reader;
    size_t octets;
    unsigned files;
};

struct parser {
    struct conf *conf;
    struct conf_diag *diag;
    struct conf_lexer lex;
    struct source source;
    struct conf_token *token; /* those of the statement being read */
    size_t ntokens, cap;
    struct reading *all;
    bool stop; /* nested too deep: nothing sensible can follow */
};

/** Where the next statement of a block goes. */
struct place {
    struct conf_node *parent, **tail;
};

static void parse_block(struct parser *p, struct place *at, unsigned depth, struct conf_pos open);
static void parse_file(struct parser *p, struct rt_str text, struct place *at);

static void push(struct parser *p, const struct conf_token *t)
{
    if (p->ntokens == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 32;
        struct conf_token *more = realloc(p->token, cap * sizeof *more);
        if (!more) {
            p->conf->arena.failed = true;
            return;
        }
        p->token = more;
        p->cap = cap;
    }
    p->token[p->ntokens++] = *t;
}

/** Goes on where a line or a block begins or ends. */
static void recover(struct parser *p)
{
    for (;;) {
        struct conf_lexer before = p->lex;
        struct conf_token t;
        enum conf_lexeme x = conf_lex(&p->lex, &t);
        if (x != CONF_LEX_TOKEN && x != CONF_LEX_BAD) {
            p->lex = before;
            return;
        }
    }
}

static bool line_may_break(const struct conf_token *last)
{
    return last->kind == CONF_TOKEN_COMMA || last->kind == CONF_TOKEN_ARROW;
}

/** Collects the tokens of a statement; what ends it is left in the lexer, an opening brace is
 * taken. True: a block follows. */
static bool collect(struct parser *p, bool *broken, struct conf_pos *open)
{
    for (;;) {
        struct conf_lexer before = p->lex;
        struct conf_token t;
        enum conf_lexeme x = conf_lex(&p->lex, &t);
        const struct conf_token *last = &p->token[p->ntokens - 1];

        if (x == CONF_LEX_TOKEN) {
            push(p, &t);
        } else if (x == CONF_LEX_BAD) {
            *broken = true;
            recover(p);
        } else if (x != CONF_LEX_NEWLINE || *broken || !line_may_break(last)) {
            if (line_may_break(last) && !*broken) {
                conf_error(p->diag, last->pos, "nothing follows \"%s\"", last->text);
                *broken = true;
            }
            *open = t.pos;
            if (x != CONF_LEX_OPEN)
                p->lex = before;
            return x == CONF_LEX_OPEN;
        }
    }
}

/* ---- include ---- */

static const struct conf_row *include_row(const struct parser *p, const struct conf_node *n)
{
    const struct conf_row *row = conf_row(p->conf->schema, "", "include");
    return n->parent == &p->conf->root.node && strcmp(n->token[0].text, "include") == 0 ? row
                                                                                        : NULL;
}

/** The path as seen from the including file's folder. */
static const char *resolve(struct parser *p, const char *path)
{
    const char *slash = strrchr(p->source.path, '/');
    struct rt_buf full = {0};

    if (path[0] != '/' && slash)
        rt_buf_put(&full, p->source.path, (size_t)(slash + 1 - p->source.path));
    rt_buf_puts(&full, path);
    const char *kept = conf_text(&p->conf->arena, rt_buf_str(&full));
    rt_buf_release(&full);
    return kept;
}

/** Why this file cannot be included here, or NULL. */
static const char *forbidden(const struct parser *p, const char *path)
{
    unsigned depth = 0;

    for (const struct source *s = &p->source; s; s = s->from, depth++)
        if (strcmp(s->path, path) == 0)
            return "includes itself";
    if (depth > CONF_DEPTH_MAX)
        return "is included too deep: at most 8 files may include one another";
    return p->all->files >= CONF_FILES_MAX ? "is one file too many: at most 1000 may be included"
                                           : NULL;
}

static const char *reason(int err)
{
    return err == EFBIG ? "the plan is larger than 16 MiB" : strerror(err);
}

/** One `include` being done: the token that says so, and where the statements go. */
struct inclusion {
    struct parser *p;
    const struct conf_token *t;
    struct place *at;
};

static int include_file(void *arg, const char *found)
{
    struct inclusion *i = arg;
    struct parser *p = i->p;
    const char *path = conf_text(&p->conf->arena, rt_str(found));
    struct rt_buf text = {0};

    if (!path)
        return ENOMEM;
    const char *why = forbidden(p, path);
    if (why) {
        conf_error(p->diag, i->t->pos, "\"%s\" %s", path, why);
        return 0;
    }
    const struct conf_reader *r = p->all->reader;
    int err = r->read(r->arg, &text, path, CONF_FILE_MAX - p->all->octets);
    if (err != 0) {
        conf_error(p->diag, i->t->pos, "cannot read \"%s\": %s", path, reason(err));
    } else {
        struct parser inner = {
            .conf = p->conf, .diag = p->diag, .source = {path, &p->source}, .all = p->all};
        parse_file(&inner, rt_buf_str(&text), i->at);
    }
    rt_buf_release(&text);
    return 0;
}

/** A path with wildcards means the files there are, which may be none; one without has to be. */
static void include(struct parser *p, const struct conf_token *t, struct place *at)
{
    const char *path = resolve(p, t->text);
    struct inclusion i = {p, t, at};

    if (!path)
        return;
    if (!strpbrk(path, "*?[")) {
        include_file(&i, path);
        return;
    }
    const struct conf_reader *r = p->all->reader;
    int err = r->glob ? r->glob(r->arg, path, include_file, &i) : rt_glob(path, include_file, &i);
    if (err != 0 && err != ENOENT)
        conf_error(p->diag, t->pos, "cannot look for \"%s\": %s", path, strerror(err));
}

static void include_all(struct parser *p, const struct conf_node *n, const struct conf_row *row,
                        struct place *at)
{
    bool used[CONF_MAX_ARGS];

    if (conf_stmt(n)->broken || !conf_match(n, row, used, p->diag))
        return;
    for (size_t i = 1; i < n->ntokens; i++)
        if (n->token[i].kind != CONF_TOKEN_COMMA)
            include(p, &n->token[i], at);
}

/* ---- statements ---- */

static struct conf_stmt *new_statement(struct parser *p, struct conf_node *parent)
{
    struct conf_stmt *s = conf_alloc(&p->conf->arena, sizeof *s);
    size_t size = p->ntokens * sizeof *p->token;
    struct conf_token *tokens = conf_alloc(&p->conf->arena, size);

    if (!s || !tokens)
        return NULL;
    memcpy(tokens, p->token, size);
    s->node = (struct conf_node){
        .token = tokens, .ntokens = p->ntokens, .parent = parent, .pos = tokens[0].pos};
    return s;
}

static void parse_statement(struct parser *p, const struct conf_token *first, struct place *at,
                            unsigned depth)
{
    bool broken = false;
    struct conf_pos open;

    p->ntokens = 0;
    push(p, first);
    if (p->ntokens == 0)
        return;
    bool block = collect(p, &broken, &open);
    struct conf_stmt *s = new_statement(p, at->parent);
    if (!s)
        return;
    s->broken = broken;
    s->block = block;
    struct place inside = {&s->node, &s->node.child};
    if (block)
        parse_block(p, &inside, depth + 1, open);
    const struct conf_row *row = include_row(p, &s->node);
    if (row && !block) {
        include_all(p, &s->node, row, at);
        return;
    }
    *at->tail = &s->node;
    at->tail = &s->node.next;
}

/** A block that belongs to nothing is read for its errors and its end, and forgotten. */
static void parse_orphan(struct parser *p, struct place *at, unsigned depth, struct conf_pos open)
{
    struct conf_stmt nobody = {.node = {.parent = at->parent}};
    struct place inside = {&nobody.node, &nobody.node.child};

    conf_error(p->diag, open, "\"{\" must stand on the line of its statement");
    parse_block(p, &inside, depth + 1, open);
}

static void parse_block(struct parser *p, struct place *at, unsigned depth, struct conf_pos open)
{
    if (depth > CONF_NEST_MAX) {
        conf_error(p->diag, open, "blocks are nested deeper than %d", CONF_NEST_MAX);
        p->stop = true;
    }
    while (!p->stop) {
        struct conf_token t;
        enum conf_lexeme x = conf_lex(&p->lex, &t);

        if (x == CONF_LEX_END && depth > 0)
            conf_error(p->diag, open, "this \"{\" is never closed");
        if (x == CONF_LEX_END || (x == CONF_LEX_CLOSE && depth > 0))
            return;
        if (x == CONF_LEX_CLOSE)
            conf_error(p->diag, t.pos, "this \"}\" closes nothing");
        else if (x == CONF_LEX_OPEN)
            parse_orphan(p, at, depth, t.pos);
        else if (x == CONF_LEX_BAD)
            recover(p);
        else if (x == CONF_LEX_TOKEN && line_may_break(&t)) {
            conf_error(p->diag, t.pos, "a statement begins with a word, not with \"%s\"", t.text);
            recover(p);
        } else if (x == CONF_LEX_TOKEN)
            parse_statement(p, &t, at, depth);
    }
}

/* ---- files ---- */

/** `p` knows the file and what it belongs to, and nothing yet of its text. */
static void parse_file(struct parser *p, struct rt_str text, struct place *at)
{
    p->all->octets += text.n;
    p->all->files++;
    if (!conf_text_ok(text, p->source.path, p->diag))
        return;
    p->lex = conf_lexer(text, p->source.path, &p->conf->arena, p->diag);
    parse_block(p, at, 0, p->lex.pos);
    free(p->token);
}

static int from_disk(void *arg, struct rt_buf *out, const char *path, size_t max)
{
    (void)arg;
    return rt_file_read(out, path, max);
}

static const struct conf_reader disk = {.read = from_disk};

/** Takes `text` over, whatever comes out. */
static int parse_top(struct conf **out, const struct conf_schema *schema, const char *name,
                     struct rt_buf *text, const struct conf_reader *reader, bool check,
                     struct conf_diag *diag)
{
    struct conf *c = calloc(1, sizeof *c);
    unsigned before = diag->errors;

    if (!c || text->failed) {
        rt_buf_release(text);
        free(c);
        return ENOMEM;
    }
    c->schema = schema;
    c->source = *text;
    const char *file = conf_text(&c->arena, rt_str(name));
    struct place at = {&c->root.node, &c->root.node.child};
    if (file) {
        struct reading all = {.reader = reader};
        struct parser p = {.conf = c, .diag = diag, .source = {file, NULL}, .all = &all};
        c->root.node.pos = (struct conf_pos){file, 1, 1};
        parse_file(&p, rt_buf_str(&c->source), &at);
        if (check)
            conf_check(c, diag);
    }
    int err = c->arena.failed ? ENOMEM : diag->errors > before ? EINVAL : 0;
    if (err != 0)
        conf_free(c);
    else
        *out = c;
    return err;
}

int conf_load_through(struct conf **out, const struct conf_schema *schema, const char *path,
                      const struct conf_reader *reader, struct conf_diag *diag)
{
    struct rt_buf text = {0};
    int err = reader->read(reader->arg, &text, path, CONF_FILE_MAX);

    if (err != 0) {
        conf_error(diag, (struct conf_pos){path, 0, 0}, "cannot read this file: %s", reason(err));
        rt_buf_release(&text);
        return err;
    }
    return parse_top(out, schema, path, &text, reader, true, diag);
}

int conf_load(struct conf **out, const struct conf_schema *schema, const char *path,
              struct conf_diag *diag)
{
    return conf_load_through(out, schema, path, &disk, diag);
}

static int parse_copy(struct conf **out, const struct conf_schema *schema, const char *name,
                      struct rt_str text, bool check, struct conf_diag *diag)
{
    struct rt_buf copy = {0};

    if (text.n > CONF_FILE_MAX) {
        conf_error(diag, (struct conf_pos){name, 0, 0}, "%s", reason(EFBIG));
        return EINVAL;
    }
    rt_buf_put(&copy, text.p, text.n);
    return parse_top(out, schema, name, &copy, &disk, check, diag);
}

int conf_parse(struct conf **out, const struct conf_schema *schema, const char *name,
               struct rt_str text, struct conf_diag *diag)
{
    return parse_copy(out, schema, name, text, true, diag);
}

int conf_parse_unchecked(struct conf **out, const struct conf_schema *schema, const char *name,
                         struct rt_str text, struct conf_diag *diag)
{
    return parse_copy(out, schema, name, text, false, diag);
}

void conf_free(struct conf *c)
{
    if (!c)
        return;
    rt_buf_release(&c->source);
    conf_arena_release(&c->arena);
    free(c);
}
