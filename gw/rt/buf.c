/* Slices, growing buffers, and cursors over binary messages. */
#include "gw/rt/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int rt_str_escape(struct rt_str s, size_t i)
{
    int high = i + 2 < s.n && s.p[i] == '%' ? hex_digit(s.p[i + 1]) : -1;
    int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;

    return low < 0 ? -1 : high * 16 + low;
}

struct rt_str rt_str_cut(struct rt_str *s, char c)
{
    const char *at = s->n > 0 ? memchr(s->p, c, s->n) : NULL;
    struct rt_str head = *s;

    if (!at) {
        s->p = s->n > 0 ? s->p + s->n : s->p;
        s->n = 0;
        return head;
    }
    head.n = (size_t)(at - s->p);
    s->p = at + 1;
    s->n -= head.n + 1;
    return head;
}

int rt_str_u64(uint64_t *out, struct rt_str s, uint64_t max)
{
    uint64_t v = 0;

    if (s.n == 0)
        return EINVAL;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return EINVAL;
        uint64_t digit = (uint64_t)(s.p[i] - '0');
        if (v > (UINT64_MAX - digit) / 10)
            return ERANGE;
        v = v * 10 + digit;
    }
    if (v > max)
        return ERANGE;
    *out = v;
    return 0;
}

char *rt_str_dup(struct rt_str s)
{
    char *z = malloc(s.n + 1);

    if (!z)
        return NULL;
    if (s.n > 0)
        memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    return z;
}

bool rt_str_copy(char *out, size_t cap, struct rt_str s)
{
    size_t n = s.n < cap ? s.n : cap - 1;

    if (cap == 0)
        return false;
    if (n > 0)
        memmove(out, s.p, n);
    out[n] = '\0';
    return n == s.n;
}

char *rt_str_join(char *out, size_t cap, const struct rt_str *piece, size_t n)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < n && used + 1 < cap; i++) {
        size_t most = cap - used - 1, len = piece[i].n < most ? piece[i].n : most;
        if (len > 0)
            memcpy(out + used, piece[i].p, len);
        used += len;
        out[used] = '\0';
    }
    return out;
}

/** Makes room for `more` octets and a NUL. */
static bool reserve(struct rt_buf *b, size_t more)
{
    size_t cap = b->cap ? b->cap : more < 64 ? 64 : more < SIZE_MAX / 4 ? more + 1 : 0;

    if (b->failed)
        return false;
    if (more < SIZE_MAX / 4 && b->n + more < b->cap)
        return true;
    while (more < SIZE_MAX / 4 && cap <= b->n + more)
        cap *= 2;
    char *p = more < SIZE_MAX / 4 ? realloc(b->p, cap) : NULL;
    if (!p) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void rt_buf_reserve(struct rt_buf *b, size_t more)
{
    if (reserve(b, more))
        b->p[b->n] = '\0';
}

void rt_buf_grow_put(struct rt_buf *b, const void *data, size_t len)
{
    if (!reserve(b, len))
        return;
    if (len > 0)
        memcpy(b->p + b->n, data, len);
    b->n += len;
    b->p[b->n] = '\0';
}

struct rt_str rt_decimal(char room[RT_DECIMAL_LEN], uint64_t v)
{
    size_t i = RT_DECIMAL_LEN;

    do {
        room[--i] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    return (struct rt_str){room + i, RT_DECIMAL_LEN - i};
}

void rt_buf_put_u64(struct rt_buf *b, uint64_t v)
{
    char room[RT_DECIMAL_LEN];
    struct rt_str text = rt_decimal(room, v);

    rt_buf_put(b, text.p, text.n);
}

/** The rest of a conversion after its `%`: what messages are made of. NULL: it is another one. */
static const char *put_conversion(struct rt_buf *b, const char *at, va_list *ap)
{
    if (at[0] == 's') {
        const char *z = va_arg(*ap, const char *);
        rt_buf_puts(b, z ? z : "(null)");
        return at + 1;
    }
    if (at[0] == 'u') {
        rt_buf_put_u64(b, va_arg(*ap, unsigned));
        return at + 1;
    }
    if (at[0] == 'z' && at[1] == 'u') {
        rt_buf_put_u64(b, va_arg(*ap, size_t));
        return at + 2;
    }
    if (at[0] != '.' || at[1] != '*' || at[2] != 's')
        return NULL;
    int n = va_arg(*ap, int);
    const char *p = va_arg(*ap, const char *);
    if (n != 0) /* an empty slice may have no address */
        rt_buf_put(b, p, n < 0 ? strlen(p) : strnlen(p, (size_t)n));
    return at + 3;
}

/** Does it with %s, %.*s, %u and %zu alone: printf itself takes ten times as long. False: there is
 * more to it, and nothing was done. */
static bool put_simply(struct rt_buf *b, const char *fmt, va_list ap)
{
    size_t before = b->n;
    bool simple = true;
    va_list args;

    va_copy(args, ap);
    for (;;) {
        const char *at = strchrnul(fmt, '%');
        rt_buf_put(b, fmt, (size_t)(at - fmt));
        if (!*at)
            break;
        fmt = put_conversion(b, at + 1, &args);
        if (!fmt) {
            b->n = before;
            simple = false;
            break;
        }
    }
    va_end(args);
    return simple;
}

void rt_buf_vprintf(struct rt_buf *b, const char *fmt, va_list ap)
{
    va_list again;

    if (!reserve(b, 64) || put_simply(b, fmt, ap))
        return;
    va_copy(again, ap);
    int n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
    if (n >= 0 && (size_t)n >= b->cap - b->n && reserve(b, (size_t)n))
        n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, again);
    va_end(again);
    if (n < 0 || b->failed) {
        b->failed = true;
        b->p[b->n] = '\0';
        return;
    }
    b->n += (size_t)n;
}

void rt_buf_printf(struct rt_buf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    rt_buf_vprintf(b, fmt, ap);
    va_end(ap);
}

void rt_buf_reset(struct rt_buf *b)
{
    b->n = 0;
    b->failed = false;
    if (b->p)
        b->p[0] = '\0';
}

void rt_buf_release(struct rt_buf *b)
{
    free(b->p);
    *b = (struct rt_buf){0};
}

const uint8_t *rt_read_bytes(struct rt_reader *r, size_t n)
{
    const uint8_t *p = r->p;

    if (r->failed || rt_read_left(r) < n) {
        r->failed = true;
        return NULL;
    }
    r->p += n;
    return p;
}

uint8_t rt_read_u8(struct rt_reader *r)
{
    const uint8_t *p = rt_read_bytes(r, 1);
    return p ? p[0] : 0;
}

uint16_t rt_read_u16(struct rt_reader *r)
{
    const uint8_t *p = rt_read_bytes(r, 2);
    return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

uint32_t rt_read_u32(struct rt_reader *r)
{
    const uint8_t *p = rt_read_bytes(r, 4);
    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

void rt_write_bytes(struct rt_writer *w, const void *p, size_t n)
{
    if (w->failed || (size_t)(w->end - w->p) < n) {
        w->failed = true;
        return;
    }
    if (n > 0)
        memcpy(w->p, p, n);
    w->p += n;
}

void rt_write_u8(struct rt_writer *w, uint8_t v)
{
    rt_write_bytes(w, &v, 1);
}

void rt_write_u16(struct rt_writer *w, uint16_t v)
{
    rt_write_bytes(w, (uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

void rt_write_u32(struct rt_writer *w, uint32_t v)
{
    rt_write_bytes(
        w, (uint8_t[]){(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v}, 4);
}
