/* Telephone events to and from packets. */
#include "codec/event.h"

#include "gw/rt/buf.h"

/* In ticks of 10 ms, whatever the clock of the timestamps is. */

/** Updates go out each 50 ms or oftener (2.5.1.2); here each 20 ms, like the voice they replace. */
#define UPDATE 2u

/** A tone sounds at least this long, so that the far end's detector hears it (Q.24: 40 ms). */
#define SHORTEST 5u

/** Without an end packet the tone stops this long after the last update (2.5.2.3). */
#define PATIENCE 15u

/** The duration field's largest value. */
#define LONGEST 0xffffu

static const char digits[] = "0123456789*#ABCD";

int event_of_digit(char digit)
{
    const char *at = digit ? strchr(digits, digit) : NULL;
    return at ? (int)(at - digits) : -1;
}

char event_digit(uint8_t event)
{
    return event < sizeof digits - 1 ? digits[event] : '\0';
}

void event_write(uint8_t out[EVENT_PAYLOAD], uint8_t event, bool end, uint8_t volume,
                 uint16_t duration)
{
    struct rt_writer w = rt_writer(out, EVENT_PAYLOAD);

    rt_write_u8(&w, event);
    rt_write_u8(&w, (uint8_t)(end << 7 | (volume & 63)));
    rt_write_u16(&w, duration);
}

/* ---- sending ---- */

void event_sender_start(struct event_sender *s, uint8_t event, uint32_t ts)
{
    *s = (struct event_sender){
        .active = true, .event = event, .ts = ts, .first = true, .ends_left = 3};
}

void event_sender_stop(struct event_sender *s)
{
    s->stopping = true;
}

/** A digit longer than the duration field holds: after a packet with the largest duration it goes
 * on as a new segment (2.5.1.3). */
static void next_segment(struct event_sender *s)
{
    if (s->elapsed <= LONGEST)
        return;
    s->ts += LONGEST;
    s->elapsed -= LONGEST;
}

bool event_sender_tick(struct event_sender *s, unsigned n, uint8_t payload[EVENT_PAYLOAD],
                       bool *marker)
{
    if (!s->active)
        return false;
    next_segment(s);
    uint32_t before = s->elapsed;
    if (!s->stopping)
        s->elapsed += n;
    bool full = s->elapsed > LONGEST;
    if (!s->first && !s->stopping && !full && before / (UPDATE * n) == s->elapsed / (UPDATE * n))
        return false;
    *marker = s->first;
    s->first = false;
    event_write(payload, s->event, s->stopping, 10, (uint16_t)(full ? LONGEST : s->elapsed));
    if (s->stopping && --s->ends_left == 0)
        s->active = false;
    return true;
}

/* ---- receiving ---- */

bool event_receiver_packet(struct event_receiver *r, uint32_t ts, const uint8_t *payload,
                           size_t len)
{
    struct rt_reader in = rt_reader(payload, len);
    uint8_t event = rt_read_u8(&in), flags = rt_read_u8(&in);
    uint16_t duration = rt_read_u16(&in);

    if (in.failed || !event_digit(event))
        return false;
    bool fresh = !r->known || (int32_t)(ts - r->ts) > 0;
    if (!fresh && ts != r->ts)
        return false; /* an old digit's straggler */
    /* the next segment of a long digit, not a digit of its own (2.5.1.3) */
    if (fresh && r->active && !r->ended && r->event == event && ts == r->ts + LONGEST) {
        r->ts = ts;
        r->earlier += LONGEST;
        r->duration = 0;
        r->played = 0;
        fresh = false;
    }
    if (fresh)
        *r = (struct event_receiver){.known = true, .active = true, .ts = ts, .event = event};
    if (duration > r->duration)
        r->duration = duration;
    if (flags & 0x80)
        r->ended = true;
    return fresh;
}

bool event_receiver_tick(struct event_receiver *r, unsigned n)
{
    uint32_t length = r->duration < SHORTEST * n ? SHORTEST * n : r->duration;

    if (!r->active)
        return false;
    r->played += n;
    if (r->played > (r->ended ? length : length + PATIENCE * n))
        r->active = false;
    return r->active;
}

uint32_t event_receiver_length(const struct event_receiver *r)
{
    return r->earlier + r->duration;
}
