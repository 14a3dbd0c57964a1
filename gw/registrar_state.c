/* The file of bindings: one line each. Values are parted by tabs, which none of them can hold.
 */
#include "gw/registrar_priv.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdlib.h>

#define TITLE    "tandem registrations 1"
#define FILE_MAX ((size_t)256 << 20)
#define FIELDS   10

static const struct gw_state_owner owner = {
    .name = "registrar",
    .log = RT_LOG_SIP,
    .failures = &gw_registrar_counters[GW_REGISTRAR_STATE_FAILURES]};

int gw_registrar_state_new(struct gw_state_file **out, const char *path)
{
    return gw_state_file_new(out, path, &owner);
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

    gw_state_head(&out, TITLE);
    gw_registrar_each(r, put_binding, &out);
    gw_state_file_write(r->state, &out);
    rt_buf_release(&out);
}

/* ---- reading ---- */

static bool number(uint64_t *out, struct rt_str s, uint64_t max)
{
    return rt_str_u64(out, s, max) == 0;
}

/** One line, when its clock would show `wall`; false: it is none of ours. */
static bool read_binding(struct gw_registrar *r, struct rt_str line, rt_time wall)
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
    rt_time left = (rt_time)until * RT_MS - wall;
    if (left > r->plan->max_expires)
        left = r->plan->max_expires; /* which may be less than it was */
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
    struct rt_str rest = rt_buf_str(&text);
    rt_time wall;

    if (err == 0 && !gw_state_open(&wall, &rest, TITLE, &owner)) {
        rt_count(&gw_registrar_counters[GW_REGISTRAR_STATE_UNREADABLE]);
        rest.n = 0;
    }
    while (err == 0 && rest.n > 0)
        if (!read_binding(r, rt_str_cut(&rest, '\n'), wall))
            rt_count(&gw_registrar_counters[GW_REGISTRAR_STATE_UNREADABLE]);
    rt_buf_release(&text);
    return err == ENOENT ? 0 : err;
}
