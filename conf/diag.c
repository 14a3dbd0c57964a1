/* Collected errors: one line each, every one with its place. */
#include "conf/conf.h"

/** More than anybody reads; a file of rubbish must not fill the memory with its description. */
#define DIAG_MAX 1000

void conf_error(struct conf_diag *d, struct conf_pos at, const char *fmt, ...)
{
    va_list ap;

    if (++d->errors > DIAG_MAX)
        return;
    rt_buf_puts(&d->text, at.file ? at.file : "-");
    if (at.line > 0)
        rt_buf_printf(&d->text, ":%u:%u", at.line, at.column);
    rt_buf_puts(&d->text, ": ");
    va_start(ap, fmt);
    rt_buf_vprintf(&d->text, fmt, ap);
    va_end(ap);
    rt_buf_puts(&d->text, d->errors == DIAG_MAX ? "\n(more errors are not shown)\n" : "\n");
}

void conf_diag_release(struct conf_diag *d)
{
    rt_buf_release(&d->text);
    d->errors = 0;
}
