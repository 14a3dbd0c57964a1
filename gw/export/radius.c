/* Records to a RADIUS accounting server.
 *
 * Several requests are under way at once, each with an identifier of its own. One that is not
 * answered is sent again, the very same octets, so that the server sees that it has it already (RFC
 * 2866 section 2). When the server stays silent the batch rests; then what was not answered gets a
 * new identifier, because Acct-Delay-Time is another by then (RFC 2866 5.2).
 */
#include "gw/cdr_priv.h"
#include "gw/export/radius_packet.h"
#include "gw/export/target.h"
#include "gw/rt/file.h"
#include "gw/rt/net.h"

#include <errno.h>
#include <stdlib.h>

#define BATCH      64
#define WINDOW     16
#define SECRET_MAX 512
#define AGAIN      RT_S
#define SENDS      4 /* at 0, 1, 3 and 7 s; given up at 15 s */

struct slot {
    uint8_t packet[EXPORT_RADIUS_MAX];
    size_t len;
    unsigned record, sends;
    bool busy;
    struct rt_timer timer;
    struct radius *owner;
};

struct radius {
    struct export_target *target;
    union rt_addr server;
    struct rt_udp *socket;
    struct rt_buf secret_text;
    struct rt_str secret;
    const struct export_batch *batch;
    struct export_pos of; /* the batch that `answered` is about */
    bool answered[BATCH];
    unsigned next, left;
    uint8_t identifier;
    struct slot slot[WINDOW];
};

/* ---- sending ---- */

static void rest(struct radius *r)
{
    for (unsigned i = 0; i < WINDOW; i++) {
        r->slot[i].busy = false;
        rt_timer_stop(&r->slot[i].timer);
    }
    r->batch = NULL;
}

static void give_up(struct radius *r, const char *why)
{
    char where[RT_ADDR_LEN];

    rest(r);
    export_target_why(r->target, "%s: %s", rt_addr_format(where, &r->server), why);
    export_target_done(r->target, ETIMEDOUT);
}

/** A datagram that the kernel does not take is as good as one that was lost. */
static void send_slot(struct slot *s)
{
    (void)rt_udp_send(s->owner->socket, s->packet, s->len, &s->owner->server);
    rt_timer_start(&s->timer, AGAIN << s->sends);
    s->sends++;
}

static void on_silence(void *arg)
{
    struct slot *s = arg;

    if (s->sends < SENDS)
        send_slot(s);
    else
        give_up(s->owner, "no answer");
}

/** An identifier that no other request under way has. */
static uint8_t free_identifier(struct radius *r)
{
    bool taken;

    do {
        r->identifier++;
        taken = false;
        for (unsigned i = 0; i < WINDOW; i++)
            taken = taken || (r->slot[i].busy && r->slot[i].packet[1] == r->identifier);
    } while (taken);
    return r->identifier;
}

static void fill(struct radius *r, struct slot *s, unsigned record)
{
    struct gw_cdr cdr;

    gw_cdr_read(&cdr, r->batch->record[record].json);
    s->len = export_radius_request(s->packet, free_identifier(r), &cdr,
                                   export_target_plan(r->target)->radius_nas, r->secret, rt_wall());
    s->record = record;
    s->sends = 0;
    s->busy = true;
    send_slot(s);
}

static void send_more(struct radius *r)
{
    for (unsigned i = 0; i < WINDOW; i++) {
        while (r->next < r->batch->n && r->answered[r->next])
            r->next++;
        if (r->next == r->batch->n)
            return;
        if (!r->slot[i].busy)
            fill(r, &r->slot[i], r->next++);
    }
}

/* ---- answers ---- */

static struct slot *asked(struct radius *r, const uint8_t *answer, size_t len)
{
    for (unsigned i = 0; i < WINDOW; i++)
        if (r->slot[i].busy && export_radius_answers(answer, len, r->slot[i].packet, r->secret))
            return &r->slot[i];
    return NULL;
}

static void on_answer(void *arg, struct rt_udp *socket)
{
    struct radius *r = arg;
    uint8_t answer[EXPORT_RADIUS_MAX];
    union rt_addr from;
    struct slot *s;
    size_t len;

    while (r->batch && rt_udp_recv(socket, answer, sizeof answer, &len, &from) == 0) {
        if (len > sizeof answer || !rt_addr_equal(&from, &r->server) ||
            !(s = asked(r, answer, len)))
            continue;
        s->busy = false;
        rt_timer_stop(&s->timer);
        r->answered[s->record] = true;
        r->left--;
    }
    if (!r->batch) {
        while (rt_udp_recv(socket, answer, sizeof answer, &len, &from) == 0)
            continue; /* too late */
        return;
    }
    if (r->left > 0) {
        send_more(r);
        return;
    }
    rest(r);
    export_target_done(r->target, 0);
}

static void deliver(void *own, const struct export_batch *b)
{
    struct radius *r = own;

    if (memcmp(&r->of, &b->to, sizeof r->of) != 0) {
        r->of = b->to;
        memset(r->answered, 0, sizeof r->answered);
    }
    r->batch = b;
    r->next = 0;
    r->left = 0;
    for (unsigned i = 0; i < b->n; i++)
        r->left += !r->answered[i];
    send_more(r);
}

/* ---- opening ---- */

static int read_secret(struct radius *r)
{
    const char *path = export_target_plan(r->target)->radius_secret;

    rt_buf_reset(&r->secret_text);
    int err = rt_file_read(&r->secret_text, path, SECRET_MAX);
    r->secret = rt_str_trim(rt_buf_str(&r->secret_text));
    if (err == 0 && r->secret.n == 0)
        err = ENODATA;
    if (err != 0)
        export_target_why(r->target, "%s: %s", path, strerror(err));
    return err;
}

static int open_socket(void *own)
{
    struct radius *r = own;
    const char *any = r->server.sa.sa_family == AF_INET6 ? "[::]:0" : "0.0.0.0:0";
    union rt_addr local;
    int err = read_secret(r);

    if (err != 0)
        return err;
    (void)rt_addr_parse(&local, any, strlen(any), 0);
    err = rt_udp_open(&r->socket, export_target_loop(r->target), &local, on_answer, r);
    if (err != 0)
        export_target_why(r->target, "socket: %s", strerror(err));
    return err;
}

static void close_socket(void *own)
{
    struct radius *r = own;

    rest(r);
    rt_udp_close(r->socket);
    r->socket = NULL;
}

static void free_own(void *own)
{
    struct radius *r = own;

    rt_buf_release(&r->secret_text);
    free(r);
}

static int create(void **own, struct export_target *t)
{
    struct radius *r = calloc(1, sizeof *r);
    const char *where = export_target_where(t);

    if (!r)
        return ENOMEM;
    r->target = t;
    (void)rt_addr_parse(&r->server, where, strlen(where), 1813); /* the plan was checked */
    for (unsigned i = 0; i < WINDOW; i++) {
        r->slot[i].owner = r;
        rt_timer_init(&r->slot[i].timer, export_target_loop(t), on_silence, &r->slot[i]);
    }
    *own = r;
    return 0;
}

const struct export_ops export_radius = {
    .batch = BATCH,
    .create = create,
    .open = open_socket,
    .deliver = deliver,
    .close = close_socket,
    .free = free_own,
};
