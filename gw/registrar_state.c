/* The file of bindings: one line each, written whole by a thread of its own, so that no disk delays
 * a call. Values are parted by tabs, which none of them can hold.
 */
#include "gw/registrar_priv.h"
#include "gw/rt/chan.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <utlist.h>

#define HEADER   "tandem registrations 1\n"
#define FILE_MAX ((size_t)256 << 20)
#define FIELDS   10

struct text {
    size_t n;
    char p[];
};

struct gw_registrar_state {
    const char *path;
    struct rt_loop *loop;
    struct rt_thread *thread;
    struct rt_chan *bell;
    _Atomic(struct text *) waiting; /* handed over by its pointer: who takes it owns it */
};

/* ---- the thread ---- */

static void write_waiting(struct gw_registrar_state *s)
{
    struct text *t = atomic_exchange(&s->waiting, NULL);

    if (!t)
        return;
    int err = rt_file_replace(s->path, t->p, t->n, 0600);
    if (err != 0) {
        rt_count(&gw_registrar_counters[GW_REGISTRAR_STATE_FAILURES]);
        rt_log(RT_LOG_SIP, RT_ERROR, "registrar: %s: %s", s->path, strerror(err));
    }
    free(t);
}

static void on_bell(void *arg, const void *msg)
{
    (void)msg;
    write_waiting(arg);
}

int gw_registrar_state_new(struct gw_registrar_state **out, const char *path)
{
    struct gw_registrar_state *s = calloc(1, sizeof *s);

    if (!s)
        return ENOMEM;
    s->path = path;
    int err = rt_loop_new(&s->loop, "registrar");
    if (err == 0)
        err = rt_chan_new(&s->bell, s->loop, 1, 16, on_bell, s);
    if (err == 0)
        err = rt_thread_start(&s->thread, s->loop);
    if (err != 0) {
        gw_registrar_state_free(s);
        return err;
    }
    *out = s;
    return 0;
}

void gw_registrar_state_free(struct gw_registrar_state *s)
{
    if (!s)
        return;
    rt_thread_stop(s->thread);
    write_waiting(s);
    rt_chan_free(s->bell);
    rt_loop_free(s->loop);
    free(s);
}

/* ---- writing ---- */

/** A peer's text must not end the field or the line. */
static void put_text(struct rt_buf *out, const char *s)
{
    rt_buf_puts(out, "\t");
    for (; *s; s++)
        rt_buf_put(out, (unsigned char)*s < ' ' ? " " : s, 1);
}

static void put_binding(void *arg, const struct gw_binding *b)
{
    struct rt_buf *out = arg;
    char addr[RT_ADDR_LEN];
    rt_time until = rt_wall() + (b->expires - rt_now());

    rt_buf_puts(out, b->user);
    put_text(out, b->uri);
    rt_buf_printf(out, "\t%u\t%lld\t%u\t%u\t%s", b->q, (long long)(until / RT_MS), b->cseq,
                  (unsigned)b->transport, rt_addr_format(addr, &b->received));
    put_text(out, b->call_id);
    put_text(out, b->path);
    put_text(out, b->agent);
    rt_buf_puts(out, "\n");
}

void gw_registrar_state_write(struct gw_registrar *r)
{
    struct rt_buf out = {0};
    char ring = 1;

    rt_buf_puts(&out, HEADER);
    gw_registrar_each(r, put_binding, &out);
    struct text *t = out.failed ? NULL : malloc(sizeof *t + out.n);
    if (t) {
        t->n = out.n;
        memcpy(t->p, out.p, out.n);
        free(atomic_exchange(&r->state->waiting, t));
        rt_chan_send(r->state->bell, &ring); /* when it is full the thread has been rung enough */
    } else {
        rt_count(&gw_registrar_counters[GW_REGISTRAR_STATE_FAILURES]);
    }
    rt_buf_release(&out);
}

/* ---- reading ---- */

static bool number(uint64_t *out, struct rt_str s, uint64_t max)
{
    return rt_str_u64(out, s, max) == 0;
}

/** One line; false: it is none of ours. */
static bool read_binding(struct gw_registrar *r, struct rt_str line)
{
    struct rt_str f[FIELDS] = {{0}};
    char *text[FIELDS] = {NULL};
    uint64_t q, until, cseq, transport;
    struct gw_binding b = {.conn = 0};
    unsigned n = 0;

    for (; n < FIELDS && (line.n > 0 || n + 1 == FIELDS); n++)
        f[n] = rt_str_cut(&line, '\t');
    if (n < FIELDS || !number(&q, f[2], 1000) || !number(&until, f[3], INT64_MAX / 1000) ||
        !number(&cseq, f[4], UINT32_MAX) || !number(&transport, f[5], SIP_TLS) ||
        rt_addr_parse(&b.received, f[6].p, f[6].n, 0) != 0)
        return false;
    b.q = (unsigned)q;
    b.cseq = (uint32_t)cseq;
    b.transport = (enum sip_transport)transport;
    rt_time left = (rt_time)until * RT_MS - rt_wall();
    if (left > r->plan->max_expires)
        left = r->plan->max_expires; /* the wall clock may have jumped */
    b.expires = rt_now() + left;
    for (n = 0; n < FIELDS; n++)
        text[n] = rt_str_dup(f[n]);
    b.user = text[0], b.uri = text[1], b.call_id = text[7], b.path = text[8], b.agent = text[9];
    if (b.user && b.uri && left > 0 && gw_users_has(r->users, f[0]))
        gw_registrar_bind(r, &b);
    for (n = 0; n < FIELDS; n++)
        free(text[n]);
    return true;
}

int gw_registrar_state_read(struct gw_registrar *r)
{
    struct rt_buf text = {0};
    int err = rt_file_read(&text, r->plan->state, FILE_MAX);
    struct rt_str rest = rt_buf_str(&text), head = rt_str_cut(&rest, '\n');

    if (err == 0 && !rt_str_eq(head, "tandem registrations 1")) {
        rt_count(&gw_registrar_counters[GW_REGISTRAR_STATE_UNREADABLE]);
        rest.n = 0;
    }
    while (err == 0 && rest.n > 0)
        if (!read_binding(r, rt_str_cut(&rest, '\n')))
            rt_count(&gw_registrar_counters[GW_REGISTRAR_STATE_UNREADABLE]);
    rt_buf_release(&text);
    return err == ENOENT ? 0 : err;
}
