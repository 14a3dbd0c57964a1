/* Messages are written here octet by octet and sent past all call states; libpri answers what comes
 * back as it would any stranger's word.
 */
#include "test/exchange/storm.h"

#include "gw/rt/buf.h"
#include "gw/rt/random.h"
#include "test/exchange/exchange.h"
#include "test/exchange/report.h"

#include <errno.h>
#include <string.h>

#define PACE        (20 * RT_MS)
#define OCTETS      160    /* of a D channel in that time */
#define REST        8      /* of a frame: address, control, check sequence, flag, stuffed bits */
#define FIRST       0x4000 /* call references that no call of libpri's has so soon */
#define GARBAGE_MIN 3
#define GARBAGE_MAX 260
#define FIXED       32 /* octets of a message without its number */

static void head(struct rt_writer *w, const struct ex_span *s, unsigned reference, uint8_t type)
{
    bool bri = s->rule->cfg.rate == ISDN_BRI;

    rt_write_u8(w, 0x08);
    rt_write_u8(w, bri ? 1 : 2);
    if (bri)
        rt_write_u8(w, (uint8_t)(reference & 0x7f));
    else
        rt_write_u16(w, (uint16_t)reference);
    rt_write_u8(w, type);
}

/** Channel identification (4.5.13) of a B channel. */
static void channel(struct rt_writer *w, const struct ex_span *s, unsigned n, bool exclusive)
{
    uint32_t all = ex_span_channels(s);
    unsigned slot = 0, skip = all ? n % (unsigned)__builtin_popcount(all) : 0;

    for (slot = 1; slot < ISDN_TIMESLOTS && (!(all >> slot & 1) || skip-- > 0);)
        slot++;
    rt_write_u8(w, 0x18);
    if (s->rule->cfg.rate == ISDN_BRI) {
        rt_write_u8(w, 1);
        rt_write_u8(w, (uint8_t)(0x80 | (exclusive ? 8 : 0) | (slot & 3)));
        return;
    }
    rt_write_u8(w, 3);
    rt_write_u8(w, exclusive ? 0xa9 : 0xa1);
    rt_write_u8(w, 0x83);
    rt_write_u8(w, (uint8_t)(0x80 | slot));
}

static void write_restart(struct rt_writer *w, const struct ex_span *s, unsigned n)
{
    head(w, s, 0, 0x46);
    channel(w, s, n, true);
    rt_write_u8(w, 0x79); /* restart indicator: the channels named */
    rt_write_u8(w, 1);
    rt_write_u8(w, 0x80);
}

static void write_setup(struct rt_writer *w, const struct ex_span *s, unsigned n)
{
    static const uint8_t bearer[] = {0xa1, 0x04, 0x03, 0x80, 0x90, 0xa3}; /* complete; speech */
    size_t digits = strlen(s->storm.number);

    head(w, s, FIRST + n % FIRST, 0x05);
    rt_write_bytes(w, bearer, sizeof bearer);
    channel(w, s, n, false);
    rt_write_u8(w, 0x70); /* called number, type unknown, ISDN plan */
    rt_write_u8(w, (uint8_t)(digits + 1));
    rt_write_u8(w, 0x81);
    rt_write_bytes(w, s->storm.number, digits);
}

/** Random octets; every other frame has a good address, to get past it. */
static int send_garbage(struct ex_span *s, unsigned n, size_t *len)
{
    uint8_t frame[GARBAGE_MAX];

    *len = GARBAGE_MIN + rt_random_below(GARBAGE_MAX - GARBAGE_MIN);
    rt_random_bytes(frame, *len);
    if (n % 2 == 0) {
        frame[0] = ex_span_network(s) ? 0x02 : 0x00;
        frame[1] = 0x01;
    }
    return isdn_span_send_frame(s->isdn, frame, *len);
}

static int send_one(struct ex_span *s, size_t *len)
{
    uint8_t message[FIXED + sizeof s->storm.number];
    struct rt_writer w = rt_writer(message, sizeof message);

    if (s->storm.kind == EX_STORM_GARBAGE)
        return send_garbage(s, s->storm.sent, len);
    if (s->storm.kind == EX_STORM_RESTART)
        write_restart(&w, s, s->storm.sent);
    else
        write_setup(&w, s, s->storm.sent);
    *len = rt_written(&w);
    return isdn_span_say(s->isdn, message, *len);
}

static void finish(struct ex_span *s, int err)
{
    static const char *const names[] = {
        [EX_STORM_RESTART] = "restart", [EX_STORM_SETUP] = "setup", [EX_STORM_GARBAGE] = "garbage"};
    json_t *o = ex_event("storm");

    s->storm.left = 0;
    ex_put_int(o, "span", s->rule->cfg.id);
    ex_put_text(o, "kind", names[s->storm.kind]);
    ex_put_int(o, "sent", s->storm.sent);
    if (err != 0)
        ex_put_text(o, "error", strerror(err));
    ex_emit(o);
}

static void on_timer(void *arg)
{
    struct ex_span *s = arg;
    struct ex_storm *st = &s->storm;
    int err = 0;

    for (st->credit += OCTETS; st->left > 0 && st->credit > 0 && err == 0; st->left--) {
        size_t len = 0;
        err = s->isdn ? send_one(s, &len) : ENETDOWN;
        st->sent += err == 0;
        st->credit -= (int)len + REST;
    }
    if (st->left > 0 && err == 0)
        rt_timer_start(&st->timer, PACE);
    else
        finish(s, err);
}

void ex_storm_init(struct ex_storm *s, struct rt_loop *loop, struct ex_span *span)
{
    memset(s, 0, sizeof *s);
    rt_timer_init(&s->timer, loop, on_timer, span);
}

void ex_storm_start(struct ex_span *span, enum ex_storm_kind kind, unsigned count,
                    const char *number)
{
    struct ex_storm *s = &span->storm;

    s->kind = kind;
    s->left = count;
    s->sent = 0;
    s->credit = 0;
    rt_str_copy(s->number, sizeof s->number, rt_str(number));
    rt_timer_start(&s->timer, 0);
}

void ex_storm_stop(struct ex_storm *s)
{
    rt_timer_stop(&s->timer);
    s->left = 0;
}
