/* Collected errors: one line each, every one with its place. */
#include "conf/conf.h"

/** More than anybody reads; a file of rubbish must not fill the memory with its description. */
#define DIAG_MAX 1000

static void add(struct rt_buf *out, unsigned n, struct conf_pos at, const char *kind,
                const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

/** One line with its place; `n` is how many there are with it. */
static void add(struct rt_buf *out, unsigned n, struct conf_pos at, const char *kind,
                const char *fmt, va_list ap)
{
    if (n > DIAG_MAX)
        return;
    rt_buf_puts(out, at.file ? at.file : "-");
    if (at.line > 0)
        rt_buf_printf(out, ":%u:%u", at.line, at.column);
    rt_buf_puts(out, kind);
    rt_buf_vprintf(out, fmt, ap);
    rt_buf_puts(out, n == DIAG_MAX ? "\n(more are not shown)\n" : "\n");
}

void conf_error(struct conf_diag *d, struct conf_pos at, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(&d->text, ++d->errors, at, ": ", fmt, ap);
    va_end(ap);
}

void conf_warn(struct conf_diag *d, struct conf_pos at, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(&d->warned, ++d->warnings, at, ": warning: ", fmt, ap);
    va_end(ap);
}

void conf_diag_release(struct conf_diag *d)
{
    rt_buf_release(&d->text);
    rt_buf_release(&d->warned);
    d->errors = d->warnings = 0;
}
