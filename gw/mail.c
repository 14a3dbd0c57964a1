/* One program per message, at most so many a minute, each ended when it hangs. */
#include "gw/mail.h"

#include "gw/rt/child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define A_MINUTE_MAX 10
/** A program that takes longer is ended: a queue is the mail system's, not ours. */
#define PATIENCE (60 * RT_S)
/** Characters of the text that the subject has. */
#define SUBJECT_LEN 72

/** A program that runs. */
struct gw_mail_run {
    struct gw_mail *mail;
    struct rt_child *child;
    struct rt_timer patience;
    gw_mail_failed_fn *failed;
    char address[96];
    struct gw_mail_run *prev, *next;
};

struct gw_mail {
    struct gw_mail_run *runs;
    rt_time sent[A_MINUTE_MAX]; /* when, in a ring */
    unsigned at, n;
};

/* ---- the message (RFC 5322) ---- */

/** A header field is one line of ASCII, whatever a peer's name has in it. */
static void put_line(struct rt_buf *out, const char *text, size_t most)
{
    for (size_t i = 0; text[i] && i < most; i++) {
        unsigned char c = (unsigned char)text[i];
        rt_buf_put(out, c < 0x20 || c == 0x7f ? " " : c > 0x7f ? "?" : &text[i], 1);
    }
    rt_buf_puts(out, "\n");
}

/** "Sun, 22 Nov 2026 01:10:48 +0000", out of "2026-11-22T01:10:48.000Z". */
static void put_date(struct rt_buf *out, rt_time wall)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char at[RT_RFC3339_LEN];

    rt_rfc3339(at, wall);
    unsigned month = (unsigned)(at[5] - '0') * 10 + (unsigned)(at[6] - '0');
    rt_buf_printf(out, "Date: %s, %.2s %s %.4s %.8s +0000\n", days[wall / RT_S / 86400 % 7], at + 8,
                  months[(month + 11) % 12], at, at + 11);
}

static void compose(struct rt_buf *out, const char *address, const char *text)
{
    rt_buf_puts(out, "To: ");
    put_line(out, address, SIZE_MAX);
    rt_buf_puts(out, "Subject: tandem: ");
    put_line(out, text, SUBJECT_LEN);
    put_date(out, rt_wall());
    rt_buf_puts(out, "Auto-Submitted: auto-generated\n" /* RFC 3834 5: nobody is to answer */
                     "MIME-Version: 1.0\n"
                     "Content-Type: text/plain; charset=UTF-8\n"
                     "Content-Transfer-Encoding: 8bit\n"
                     "\n");
    rt_buf_puts(out, text);
    rt_buf_puts(out, "\n");
}

/* ---- its program ---- */

static void end(struct gw_mail_run *r)
{
    rt_timer_stop(&r->patience);
    rt_child_stop(r->child);
    DL_DELETE(r->mail->runs, r);
    free(r);
}

static void on_ended(void *arg, int code, int signo)
{
    struct gw_mail_run *r = arg;
    char why[64];

    snprintf(why, sizeof why, "the program has ended by %s %d",
             signo ? "signal" : "itself with code", signo ? signo : code);
    if (code != 0 || signo != 0)
        r->failed(r->address, why);
    end(r);
}

static void on_patience(void *arg)
{
    struct gw_mail_run *r = arg;

    r->failed(r->address, "the program takes too long");
    end(r);
}

static int run(struct gw_mail *m, struct gw *gw, const char *address, struct rt_str message,
               gw_mail_failed_fn *failed)
{
    char name[] = "sendmail", recipients[] = "-t", dots[] = "-oi";
    char *const argv[] = {name, recipients, dots, NULL};
    struct gw_mail_run *r = calloc(1, sizeof *r);

    if (!r)
        return ENOMEM;
    r->mail = m;
    r->failed = failed;
    rt_str_copy(r->address, sizeof r->address, rt_str(address));
    rt_timer_init(&r->patience, gw->loop, on_patience, r);
    int err = rt_child_feed(&r->child, gw->loop, gw->plan->dial.mail, argv, message, on_ended, r);
    if (err != 0) {
        free(r);
        return err;
    }
    DL_APPEND(m->runs, r);
    rt_timer_start_loose(&r->patience, PATIENCE);
    return 0;
}

/** Whether there may be one more now; it is counted then. */
static bool may(struct gw_mail *m, rt_time now)
{
    if (m->n == A_MINUTE_MAX && now - m->sent[m->at] < 60 * RT_S)
        return false;
    m->sent[m->at] = now;
    m->at = (m->at + 1) % A_MINUTE_MAX;
    if (m->n < A_MINUTE_MAX)
        m->n++;
    return true;
}

int gw_mail(struct gw *gw, const char *address, const char *text, gw_mail_failed_fn *failed)
{
    struct rt_buf message = {0};

    if (!gw->plan->dial.mail)
        return ENOENT;
    if (!gw->mail && !(gw->mail = calloc(1, sizeof *gw->mail)))
        return ENOMEM;
    if (!may(gw->mail, rt_loop_now(gw->loop)))
        return EAGAIN;
    compose(&message, address, text);
    int err = message.failed ? ENOMEM : run(gw->mail, gw, address, rt_buf_str(&message), failed);
    rt_buf_release(&message);
    return err;
}

void gw_mail_stop(struct gw *gw)
{
    if (!gw->mail)
        return;
    while (gw->mail->runs)
        end(gw->mail->runs);
    free(gw->mail);
    gw->mail = NULL;
}
