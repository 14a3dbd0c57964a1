/* Text to words, strings, arrows, commas and braces, each with its place. */
#include "conf/conf_priv.h"

/** The length of the UTF-8 sequence at `p` (RFC 3629 4), or 0 when it is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char first, last, low, high, length;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    size_t i = 0;

    while (i < RT_COUNT(forms) && (p[0] < forms[i].first || p[0] > forms[i].last))
        i++;
    if (i == RT_COUNT(forms) || forms[i].length > left)
        return 0;
    for (size_t k = 1; k < forms[i].length; k++) {
        unsigned char low = k == 1 ? forms[i].low : 0x80, high = k == 1 ? forms[i].high : 0xbf;
        if (p[k] < low || p[k] > high)
            return 0;
    }
    return forms[i].length;
}

bool conf_text_ok(struct rt_str text, const char *file, struct conf_diag *diag)
{
    struct conf_pos at = {file, 1, 1};

    for (size_t i = 0; i < text.n;) {
        const unsigned char *p = (const unsigned char *)text.p + i;
        size_t n = utf8_length(p, text.n - i);
        bool control = (*p < 0x20 && !strchr("\t\r\n", *p)) || *p == 0x7f || *p == 0;
        if (n == 0 || control) {
            const char *what = n == 0    ? "this is not UTF-8 text"
                               : *p == 0 ? "a NUL byte: this is no text file"
                                         : "a control character";
            conf_error(diag, at, "%s", what);
            return false;
        }
        if (*p == '\n')
            at = (struct conf_pos){file, at.line + 1, 1};
        else
            at.column += (unsigned)n;
        i += n;
    }
    return true;
}

struct conf_lexer conf_lexer(struct rt_str text, const char *file, struct conf_arena *arena,
                             struct conf_diag *diag)
{
    struct conf_lexer l = {text.p, text.p + text.n, {file, 1, 1}, arena, diag};

    if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) { /* some editors mark UTF-8 so */
        l.p += 3;
        l.pos.column += 3;
    }
    return l;
}

static void advance(struct conf_lexer *l)
{
    if (*l->p++ == '\n') {
        l->pos.line++;
        l->pos.column = 1;
    } else {
        l->pos.column++;
    }
}

static void skip_blank(struct conf_lexer *l)
{
    while (l->p < l->end && (*l->p == ' ' || *l->p == '\t' || *l->p == '\r'))
        advance(l);
    if (l->p < l->end && *l->p == '#')
        while (l->p < l->end && *l->p != '\n')
            advance(l);
}

static enum conf_lexeme token(struct conf_lexer *l, struct conf_token *out,
                              enum conf_token_kind kind, struct rt_str text)
{
    out->kind = kind;
    out->text = conf_text(l->arena, text);
    return out->text ? CONF_LEX_TOKEN : CONF_LEX_END;
}

static enum conf_lexeme read_string(struct conf_lexer *l, struct conf_token *out)
{
    struct rt_buf text = {0};

    advance(l);
    while (l->p < l->end && *l->p != '"' && *l->p != '\n') {
        if (*l->p == '\\' && l->p + 1 < l->end && l->p[1] != '\n')
            advance(l);
        rt_buf_put(&text, l->p, 1);
        advance(l);
    }
    if (l->p == l->end || *l->p != '"') {
        conf_error(l->diag, out->pos, "string is not closed");
        rt_buf_release(&text);
        return CONF_LEX_BAD;
    }
    advance(l);
    enum conf_lexeme kind = token(l, out, CONF_TOKEN_STRING, rt_buf_str(&text));
    rt_buf_release(&text);
    return kind;
}

static enum conf_lexeme read_word(struct conf_lexer *l, struct conf_token *out)
{
    const char *start = l->p;

    while (l->p < l->end && !strchr(" \t\r\n,{}\"", *l->p))
        advance(l);
    struct rt_str w = {start, (size_t)(l->p - start)};
    bool arrow = rt_str_eq(w, "->") || rt_str_eq(w, "=>") || rt_str_eq(w, "<->");
    return token(l, out, arrow ? CONF_TOKEN_ARROW : CONF_TOKEN_WORD, w);
}

enum conf_lexeme conf_lex(struct conf_lexer *l, struct conf_token *out)
{
    skip_blank(l);
    *out = (struct conf_token){.pos = l->pos};
    if (l->p == l->end || l->arena->failed)
        return CONF_LEX_END;
    switch (*l->p) {
    case '"':
        return read_string(l, out);
    case '\n':
        advance(l);
        return CONF_LEX_NEWLINE;
    case '{':
        advance(l);
        return CONF_LEX_OPEN;
    case '}':
        advance(l);
        return CONF_LEX_CLOSE;
    case ',':
        advance(l);
        return token(l, out, CONF_TOKEN_COMMA, rt_str(","));
    default:
        return read_word(l, out);
    }
}
