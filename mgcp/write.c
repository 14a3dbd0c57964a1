/* Writing MGCP messages (RFC 3435 3 and appendix A). Texts come from peers and plans: none of them
 * can begin a line of its own.
 */
#include "mgcp/message.h"
#include "mgcp/mgcp.h"

#define EOL "\r\n"

static void put(struct rt_buf *out, struct rt_str s)
{
    rt_buf_put(out, s.p, s.n);
}

/** Ends a line that began at `from`: what would end it earlier becomes a blank. */
static void end_line(struct rt_buf *out, size_t from)
{
    for (size_t i = from; i < out->n; i++)
        if (out->p[i] == '\r' || out->p[i] == '\n' || out->p[i] == '\0')
            out->p[i] = ' ';
    rt_buf_puts(out, EOL);
}

void mgcp_write_command(struct rt_buf *out, enum mgcp_verb v, uint32_t tid, struct rt_str local,
                        struct rt_str domain, const struct mgcp_peculiar *p)
{
    size_t from = out->n;

    rt_buf_puts(out, mgcp_verb_name(v));
    rt_buf_puts(out, " ");
    rt_buf_put_u64(out, tid);
    rt_buf_puts(out, " ");
    put(out, local);
    rt_buf_puts(out, "@");
    put(out, domain);
    rt_buf_puts(out, " ");
    rt_buf_puts(out, p && p->version ? p->version : "MGCP 1.0");
    end_line(out, from);
}

static void put_code(struct rt_buf *out, unsigned code)
{
    char digits[3] = {(char)('0' + code / 100 % 10), (char)('0' + code / 10 % 10),
                      (char)('0' + code % 10)};

    rt_buf_put(out, digits, sizeof digits);
}

void mgcp_write_response(struct rt_buf *out, unsigned code, uint32_t tid, const char *package,
                         const char *comment)
{
    size_t from = out->n;

    put_code(out, code);
    rt_buf_puts(out, " ");
    rt_buf_put_u64(out, tid);
    if (package && *package) {
        rt_buf_puts(out, " /");
        rt_buf_puts(out, package);
    }
    if (!comment)
        comment = mgcp_code_text(code);
    if (*comment) {
        rt_buf_puts(out, " ");
        rt_buf_puts(out, comment);
    }
    end_line(out, from);
}

/** A line without a value ends with its colon, as the standard's do. */
static size_t begin_line(struct rt_buf *out, const char *name, bool value)
{
    size_t from = out->n;

    rt_buf_puts(out, name);
    rt_buf_puts(out, value ? ": " : ":");
    return from;
}

void mgcp_write_line(struct rt_buf *out, const char *name, struct rt_str value)
{
    size_t from = begin_line(out, name, value.n > 0);

    put(out, value);
    end_line(out, from);
}

void mgcp_write_linef(struct rt_buf *out, const char *name, const char *fmt, ...)
{
    size_t from = begin_line(out, name, true);
    va_list ap;

    va_start(ap, fmt);
    rt_buf_vprintf(out, fmt, ap);
    va_end(ap);
    if (!out->failed && out->p[out->n - 1] == ' ')
        out->n--;
    end_line(out, from);
}

void mgcp_write_sdp(struct rt_buf *out, struct rt_str sdp)
{
    rt_buf_puts(out, EOL);
    put(out, sdp);
    if (sdp.n == 0 || sdp.p[sdp.n - 1] != '\n')
        rt_buf_puts(out, EOL);
}

void mgcp_write_separator(struct rt_buf *out)
{
    rt_buf_puts(out, "." EOL);
}
