/* Mail by the system's own means: the program that the plan names (`mail`), called as sendmail is
 * (`PROGRAM -t -oi`), reads the message with its addressee and sends it whenever it can.
 */
#ifndef GW_MAIL_H
#define GW_MAIL_H

#include "gw/gw.h"

/** Says why a message did not go. */
typedef void gw_mail_failed_fn(const char *address, const char *why);

/** Sends `text` by the present plan's program: 0, or why it is not even tried: ENOENT: the plan
 * names none; EAGAIN: there were too many in the last minute; what starting it says. `failed` is
 * told of what goes wrong later. */
int gw_mail(struct gw *gw, const char *address, const char *text, gw_mail_failed_fn *failed);
/** Programs that still run are ended. */
void gw_mail_stop(struct gw *gw);

#endif
