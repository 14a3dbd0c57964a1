/* Octets: slices that borrow, buffers that own and grow, and cursors over binary messages.
 *
 * A buffer or a cursor remembers its first failure and does nothing after it, so a builder is a
 * straight line with one check at the end.
 */
#ifndef GW_RT_BUF_H
#define GW_RT_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define RT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define RT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** Borrowed text, not NUL-terminated. Print with "%.*s" and RT_STR(). */
struct rt_str {
    const char *p;
    size_t n;
};
#define RT_STR(s) (int)(s).n, (s).p

static inline struct rt_str rt_str(const char *z)
{
    return (struct rt_str){z, z ? strlen(z) : 0};
}
static inline bool rt_str_eq(struct rt_str s, const char *z)
{
    return strlen(z) == s.n && (s.n == 0 || memcmp(s.p, z, s.n) == 0);
}
/** Equal but for ASCII case. */
static inline bool rt_str_caseeq(struct rt_str s, const char *z)
{
    return strlen(z) == s.n && (s.n == 0 || strncasecmp(s.p, z, s.n) == 0);
}
/** One of the blanks and line ends of a text protocol. */
static inline bool rt_is_blank(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}
/** Without leading and trailing spaces, tabs, CR and LF. */
static inline struct rt_str rt_str_trim(struct rt_str s)
{
    while (s.n > 0 && rt_is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && rt_is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}
/** Takes what stands before the first `c` off the front of `*s` (all of it when there is none). */
struct rt_str rt_str_cut(struct rt_str *s, char c);
/** The octet 0..255 that `%XX` at `i` stands for; -1: none does. */
int rt_str_escape(struct rt_str s, size_t i);
/** Reads a decimal number that fills the whole slice and is at most `max`. EINVAL, ERANGE. */
int rt_str_u64(uint64_t *out, struct rt_str s, uint64_t max);
/** A NUL-terminated copy, or NULL without memory. */
char *rt_str_dup(struct rt_str s);
/** Room for any number in decimal; rt_decimal() does not end it with NUL. */
#define RT_DECIMAL_LEN 20
/** Writes `v` in decimal at the end of `room`. */
struct rt_str rt_decimal(char room[RT_DECIMAL_LEN], uint64_t v);
/** Copies into `out[cap]`, cut if need be, always NUL-terminated. True when it fitted. */
bool rt_str_copy(char *out, size_t cap, struct rt_str s);
/** Writes the pieces one after the other into `out[cap]`, cut where there is no more room: what
 * snprintf() would do with %s alone, in a tenth of its time. Returns `out`. */
char *rt_str_join(char *out, size_t cap, const struct rt_str *piece, size_t n);
#define RT_JOIN(out, cap, ...)                                                                     \
    rt_str_join(out, cap, (const struct rt_str[]){__VA_ARGS__},                                    \
                sizeof((const struct rt_str[]){__VA_ARGS__}) / sizeof(struct rt_str))

/** Octets that grow. Start zeroed. `p` is NUL-terminated whenever it is not NULL. */
struct rt_buf {
    char *p;
    size_t n, cap;
    bool failed; /**< memory ran out: nothing since was appended */
};
/** rt_buf_put() where there may be no room. */
void rt_buf_grow_put(struct rt_buf *b, const void *data, size_t len);
static inline void rt_buf_put(struct rt_buf *b, const void *data, size_t len)
{
    if (len >= b->cap - b->n || b->failed) {
        rt_buf_grow_put(b, data, len);
        return;
    }
    if (len > 0)
        memcpy(b->p + b->n, data, len);
    b->n += len;
    b->p[b->n] = '\0';
}
static inline void rt_buf_puts(struct rt_buf *b, const char *z)
{
    rt_buf_put(b, z, strlen(z));
}
void rt_buf_put_u64(struct rt_buf *b, uint64_t v);
void rt_buf_printf(struct rt_buf *b, const char *fmt, ...) RT_PRINTF(2, 3);
void rt_buf_vprintf(struct rt_buf *b, const char *fmt, va_list ap) RT_PRINTF(2, 0);
/** Makes room for `more` octets at once, where what is to come is known. */
void rt_buf_reserve(struct rt_buf *b, size_t more);
/** Empties it and keeps the memory. */
void rt_buf_reset(struct rt_buf *b);
void rt_buf_release(struct rt_buf *b);
static inline struct rt_str rt_buf_str(const struct rt_buf *b)
{
    return (struct rt_str){b->p ? b->p : "", b->n};
}

/** Reads a binary message, big endian. After the first short read everything is 0 and `failed` is
 * set. */
struct rt_reader {
    const uint8_t *p, *end;
    bool failed;
};
static inline struct rt_reader rt_reader(const void *p, size_t n)
{
    return (struct rt_reader){p, (const uint8_t *)p + n, false};
}
uint8_t rt_read_u8(struct rt_reader *r);
uint16_t rt_read_u16(struct rt_reader *r);
uint32_t rt_read_u32(struct rt_reader *r);
/** The next `n` octets in place, or NULL. */
const uint8_t *rt_read_bytes(struct rt_reader *r, size_t n);
static inline size_t rt_read_left(const struct rt_reader *r)
{
    return (size_t)(r->end - r->p);
}

/** Writes a binary message into room that the caller owns. After the first overflow `failed` is
 * set. */
struct rt_writer {
    uint8_t *start, *p, *end;
    bool failed;
};
static inline struct rt_writer rt_writer(void *p, size_t cap)
{
    return (struct rt_writer){p, p, (uint8_t *)p + cap, false};
}
void rt_write_u8(struct rt_writer *w, uint8_t v);
void rt_write_u16(struct rt_writer *w, uint16_t v);
void rt_write_u32(struct rt_writer *w, uint32_t v);
void rt_write_bytes(struct rt_writer *w, const void *p, size_t n);
static inline size_t rt_written(const struct rt_writer *w)
{
    return (size_t)(w->p - w->start);
}

#endif
