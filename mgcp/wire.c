/* Messages that are written already: what is looked up in them and put into them. */
#include "mgcp/peer_priv.h"

/** The first word, which is cut off. */
static struct rt_str word(struct rt_str *s)
{
    size_t from = 0, to;

    while (from < s->n && (s->p[from] == ' ' || s->p[from] == '\t'))
        from++;
    for (to = from; to < s->n && !rt_is_blank(s->p[to]);)
        to++;
    struct rt_str w = {s->p + from, to - from};
    s->p += to;
    s->n -= to;
    return w;
}

struct rt_str mgcp_wire_local(struct rt_str message)
{
    word(&message);
    word(&message);
    struct rt_str name = word(&message);
    const char *at = name.n > 0 ? memchr(name.p, '@', name.n) : NULL;

    return at ? (struct rt_str){name.p, (size_t)(at - name.p)} : (struct rt_str){NULL, 0};
}

/** Where the lines of a message end: before the first empty one. */
static size_t lines_end(struct rt_str m)
{
    for (size_t i = 0; i + 1 < m.n; i++) {
        if (m.p[i] != '\n')
            continue;
        if (m.p[i + 1] == '\n' || (i + 2 < m.n && m.p[i + 1] == '\r' && m.p[i + 2] == '\n'))
            return i + 1;
    }
    return m.n;
}

void mgcp_wire_with_line(struct rt_buf *out, struct rt_str message, const char *name,
                         struct rt_str value)
{
    size_t end = lines_end(message);

    rt_buf_reserve(out, message.n + value.n + 16);
    rt_buf_put(out, message.p, end);
    if (end > 0 && message.p[end - 1] != '\n')
        rt_buf_puts(out, "\r\n");
    mgcp_write_line(out, name, value);
    rt_buf_put(out, message.p + end, message.n - end);
}
