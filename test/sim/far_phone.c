/* A telephone of a far end: it makes one call at a time, by its hook and its digits; what it hears,
 * tones and ringing, tells it what became of the call.
 *
 * It cannot refuse: where the script says so, or that it is silent, it rings until the caller
 * leaves.
 */
#include "test/sim/far_lines.h"

#include <utlist.h>

#define RTP_PORT   40000
#define NO_TONE    (20 * RT_S)
#define UNANSWERED (240 * RT_S)
#define OVERDUE    (10 * RT_S)

static rt_time ms(unsigned n)
{
    return n * RT_MS;
}

/** Its side of the ledger; NULL: none. */
static struct sim_seen *seen_of(const struct far_phone *p)
{
    struct sim_seen *seen = !p->c ? NULL : p->caller ? &p->c->a : &p->c->b;

    return seen && seen->placed == p->placed ? seen : NULL;
}

static void on_step(void *arg)
{
    struct far_phone *p = arg;
    p->then(p);
}

static void later(struct far_phone *p, rt_time d, void (*then)(struct far_phone *p))
{
    p->then = then;
    rt_timer_start(&p->step, d);
}

static void take(struct far_phone *p, struct sim_call *c, bool caller)
{
    struct sim_seen *seen = caller ? &c->a : &c->b;

    p->c = c;
    p->caller = caller;
    p->sent = 0;
    p->placed = rt_now();
    *seen =
        (struct sim_seen){.state = SIM_PLACED, .placed = p->placed, .times = seen->times + !caller};
}

/** The call is over; the receiver may still be off. */
static void ended(struct far_phone *p, bool by_us)
{
    struct sim_seen *seen = seen_of(p);

    if (seen && seen->state != SIM_ENDED) {
        seen->state = SIM_ENDED;
        seen->ended = rt_now();
        seen->by_us = by_us;
    }
    rt_timer_stop(&p->give_up);
    rt_timer_stop(&p->step);
}

static void hook(struct far_phone *p, bool off)
{
    p->off_hook = off;
    mgcp_gw_event(p->e, NULL, "L", off ? "hd" : "hu", (struct rt_str){0});
}

static void hang_up(struct far_phone *p)
{
    ended(p, true);
    rt_timer_stop(&p->bound);
    p->c = NULL;
    if (p->off_hook)
        hook(p, false);
}

static void on_hang_up(void *arg)
{
    hang_up(arg);
}

/** The other side ended it: the user needs a moment to see that. */
static void over(struct far_phone *p)
{
    ended(p, false);
    if (p->off_hook)
        later(p, 500 * RT_MS, hang_up);
    else
        p->c = NULL;
}

static void rings(struct far_phone *p)
{
    struct sim_seen *seen = seen_of(p);

    if (seen && seen->state < SIM_RINGS) {
        seen->state = SIM_RINGS;
        seen->rang = rt_now();
    }
}

static void talks(struct far_phone *p)
{
    const struct sim_script *s = &p->c->op->call;
    struct sim_seen *seen = seen_of(p);

    if (seen) {
        seen->state = SIM_TALKS;
        seen->answered = rt_now();
    }
    rt_timer_start(&p->bound, ms(s->talk) + OVERDUE);
    if (p->caller != s->called_ends)
        later(p, ms(s->talk), hang_up);
}

/* ---- calling ---- */

/** Dials "0" and what follows +49, digit by digit. */
static void dial(struct far_phone *p)
{
    const char *number = p->c->called + 3;
    char digit[2] = {p->sent == 0 ? '0' : number[p->sent - 1]};

    if (!digit[0])
        return;
    p->sent++;
    mgcp_gw_event(p->e, NULL, "D", digit, (struct rt_str){0});
    later(p, ms(60 + sim_chance(p->c, 30 + (unsigned)p->sent, 300)), dial);
}

static bool all_dialled(const struct far_phone *p)
{
    return p->c && p->sent > strlen(p->c->called + 3);
}

static void dial_tone(struct far_phone *p)
{
    if (!p->caller || !p->c || p->sent > 0)
        return;
    rt_timer_start(&p->bound, UNANSWERED);
    later(p, 300 * RT_MS, dial);
}

bool far_phone_free(const struct far_phone *p)
{
    return !p->c && !p->off_hook && !p->rings && p->connections == 0 &&
           mgcp_gw_endpoint_in_service(p->e);
}

void far_phone_call(struct far_phone *p, struct sim_call *c)
{
    take(p, c, true);
    rt_timer_start(&p->bound, NO_TONE);
    if (c->op->call.give_up > 0)
        rt_timer_start(&p->give_up, ms(c->op->call.give_up));
    hook(p, true);
}

/* ---- being called ---- */

/** The call of a caller who is another telephone, whose number says nothing. */
static struct sim_call *waiting_call(const struct far_phone *p)
{
    const struct sim_far *f = p->own->far;
    struct sim_call *c;

    DL_FOREACH(f->sim->calls, c)
    if (c->op->to == f->index && c->a.placed && !c->a.ended && !c->b.placed &&
        sim_phone_of(c) == p->number)
        return c;
    return NULL;
}

/** Who calls, as shown: a number as people at the site would dial it. */
static struct sim_call *shown_call(const struct far_phone *p)
{
    const char *digits = p->shown, *head = "+4930";
    char text[64];

    if (digits[0] == '+')
        head = "";
    else if (digits[0] == '0') {
        head = digits[1] == '0' ? "+" : "+49";
        digits += digits[1] == '0' ? 2 : 1;
    }
    RT_JOIN(text, sizeof text, rt_str(head), rt_str(digits));
    return p->shown[0] ? sim_call_of(p->own->far->sim, rt_str(text)) : NULL;
}

static void lift(struct far_phone *p)
{
    hook(p, true);
    talks(p);
}

static void offered(struct far_phone *p)
{
    struct sim_call *c = shown_call(p);

    if (!c)
        c = waiting_call(p);
    if (!c)
        return; /* it rings, and nobody is there */
    const struct sim_script *s = &c->op->call;
    take(p, c, false);
    rings(p);
    rt_timer_start(&p->bound, UNANSWERED);
    if (!s->silent && s->refuse == 0)
        later(p, ms(s->ring), lift);
}

static void ringing(struct far_phone *p, bool on)
{
    p->rings = on;
    if (on && !p->c)
        later(p, 100 * RT_MS, offered); /* the number comes with it */
    else if (!on && !p->off_hook && p->c && !p->caller)
        over(p);
    else if (!on && !p->c)
        rt_timer_stop(&p->step);
}

/* ---- what the agent asks ---- */

static unsigned prepare(void *arg, struct mgcp_gw_connection *c, const struct mgcp_gw_media *m,
                        struct rt_buf *local)
{
    struct far_phone *p = arg;
    const char *host = p->own->far->host;

    (void)c;
    p->mode = m->mode;
    if (m->modify)
        return 200;
    rt_buf_printf(local,
                  "v=0\r\no=- %u 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
                  "m=audio %u RTP/AVP 8\r\n",
                  p->number, host, host, RTP_PORT + 2 * p->number);
    return 200;
}

/** Voice both ways is the answer; before it the caller only hears. */
static void commit(void *arg, struct mgcp_gw_connection *c)
{
    struct far_phone *p = arg;
    const struct sim_seen *seen = seen_of(p);

    p->connections += mgcp_gw_connection_owned(c) != p;
    mgcp_gw_connection_own(c, p);
    if (p->mode == MGCP_SENDRECV && p->caller && all_dialled(p) && seen && seen->state < SIM_TALKS)
        talks(p);
}

/** It keeps nothing of a connection before commit(). */
static void abort_connection(void *arg, struct mgcp_gw_connection *c)
{
    (void)arg;
    (void)c;
}

static bool statistics(void *arg, struct mgcp_gw_connection *c, struct mgcp_statistics *out)
{
    (void)arg;
    (void)c;
    *out = (struct mgcp_statistics){.present = true, .ps = 10, .os = 1600, .pr = 10, .orx = 1600};
    return true;
}

static bool remove_connection(void *arg, struct mgcp_gw_connection *c, struct mgcp_statistics *out)
{
    struct far_phone *p = arg;

    p->connections--;
    if (p->c && p->off_hook)
        over(p);
    return statistics(arg, c, out);
}

static void show(struct far_phone *p, struct rt_str params)
{
    rt_str_cut(&params, ',');
    rt_str_copy(p->shown, sizeof p->shown, rt_str_trim(rt_str_cut(&params, ',')));
    rt_timer_start(&p->caller_id, 400 * RT_MS);
}

static void on_shown(void *arg)
{
    struct far_phone *p = arg;
    mgcp_gw_played(p->e, NULL, "L", "ci", false);
}

static bool is_refusal(const char *symbol)
{
    static const char *const tones[] = {"bz", "cg", "ot", "ro"};

    for (size_t i = 0; i < RT_COUNT(tones); i++)
        if (strcmp(symbol, tones[i]) == 0)
            return true;
    return false;
}

static void signal_phone(void *arg, struct mgcp_gw_connection *c, enum mgcp_signal_verb what,
                         const char *package, const char *symbol, struct rt_str params)
{
    struct far_phone *p = arg;
    bool on = what == MGCP_SIGNAL_START;

    (void)c;
    (void)package;
    if (strcmp(symbol, "rg") == 0)
        ringing(p, on);
    else if (!on)
        return;
    else if (strcmp(symbol, "ci") == 0)
        show(p, params);
    else if (strcmp(symbol, "dl") == 0)
        dial_tone(p);
    else if (strcmp(symbol, "rt") == 0 && p->caller)
        rings(p);
    else if (is_refusal(symbol))
        over(p);
}

static unsigned check(void *arg, struct mgcp_gw_connection *c, const char *package,
                      const char *symbol, struct rt_str params)
{
    (void)arg;
    (void)c;
    (void)package;
    (void)symbol;
    (void)params;
    return 200;
}

static bool off_hook(void *arg)
{
    const struct far_phone *p = arg;
    return p->off_hook;
}

static void capabilities(void *arg, struct rt_buf *out)
{
    (void)arg;
    rt_buf_puts(out, "a:PCMA, m:sendonly;recvonly;sendrecv;inactive");
}

const struct mgcp_gw_ops far_phone_ops = {.prepare = prepare,
                                          .commit = commit,
                                          .abort = abort_connection,
                                          .remove = remove_connection,
                                          .statistics = statistics,
                                          .check = check,
                                          .signal = signal_phone,
                                          .off_hook = off_hook,
                                          .capabilities = capabilities};

void far_phone_init(struct far_phone *p, struct far_lines *own, unsigned number)
{
    struct rt_loop *loop = own->far->sim->loop;

    p->own = own;
    p->number = number;
    rt_timer_init(&p->step, loop, on_step, p);
    rt_timer_init(&p->give_up, loop, on_hang_up, p);
    rt_timer_init(&p->bound, loop, on_hang_up, p);
    rt_timer_init(&p->caller_id, loop, on_shown, p);
}

void far_phone_stop(struct far_phone *p)
{
    rt_timer_stop(&p->step);
    rt_timer_stop(&p->give_up);
    rt_timer_stop(&p->bound);
    rt_timer_stop(&p->caller_id);
}
