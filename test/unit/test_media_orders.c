/* Orders that meet a port on its way to another thread, or a ring that is full: each is done at its
 * place, or given up as a whole. Rings are filled by hand where no load of a test would do it.
 */
#include "codec/media_priv.h"
#include "test/unit/media_rig.h"

static struct media_bank *other; /* a line in the second thread */

static void setup(void)
{
    rig_setup();
    ck_assert_int_eq(media_bank_new(&other, rig->m, 1, G711_A), 0);
}

static uint8_t busy_line(unsigned ts, unsigned at)
{
    return (uint8_t)(ts * 16 + at % 16);
}

static struct media_port *rtp_in(unsigned thread, const char *remote, media_event_fn *fn)
{
    union rt_addr local = rig_addr("192.0.2.1:0");
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *p;

    r.remote = rig_addr(remote);
    ck_assert_int_eq(media_rtp_open(&p, rig->m, thread, &local, fn, NULL), 0);
    ck_assert_int_eq(media_rtp_set(p, &r), 0);
    return p;
}

START_TEST(a_join_that_waits_is_undone_by_the_next)
{
    struct media_port *tdm = rig_tdm(5), *late = rtp_in(1, "192.0.2.9:7010", rig_event),
                      *next = rtp_in(0, "192.0.2.9:7000", rig_event);

    rig->line = busy_line;
    rig_run(20);
    ck_assert_int_eq(media_join(tdm, late, MEDIA_BOTH), 0); /* waits for the move */
    ck_assert_int_eq(media_join(tdm, next, MEDIA_BOTH), 0);
    rig_run(500);
    ck_assert_uint_ge(rig->nheard, 22);
    ck_assert_ptr_eq(tdm->peer, next);
    ck_assert_ptr_null(late->peer);
}
END_TEST

START_TEST(a_partner_closed_before_the_join_is_never_joined)
{
    struct media_port *tdm = rig_tdm(5), *late = rtp_in(1, "192.0.2.9:7010", rig_event);

    rig_run(20);
    for (unsigned i = 0; i < 50; i++) {
        ck_assert_int_eq(media_join(tdm, late, MEDIA_BOTH), 0);
        media_close(tdm);
        tdm = rig_tdm(5);
        if (i % 2)
            rig_run(1);
        struct media_port *away;
        ck_assert_int_eq(media_tdm_open(&away, other, 1, NULL, NULL), 0);
        ck_assert_int_eq(media_join(away, late, MEDIA_BOTH), 0); /* back to the other thread */
        media_close(away);
    }
    rig_run(100);
    ck_assert_ptr_null(late->peer);
    ck_assert_uint_eq(rig_count(MEDIA_CLOSED), 50);
}
END_TEST

static bool has_column(const struct media_thread *t, const struct media_port *p)
{
    struct media_thread *any = rig->m->threads;
    struct media_column probe = media_dsp_take_column(&any[t->index].dsp, &rig->m->cfg);
    bool found = probe.dsp == p->column.dsp; /* one bank is enough for the few ports here */

    media_dsp_give_column(probe.dsp, probe.lane);
    return found;
}

START_TEST(a_port_that_moves_listens_in_its_new_thread)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rtp_in(1, "192.0.2.9:7000", rig_event);

    rig_run(20);
    ck_assert_int_eq(media_join(tdm, rtp, MEDIA_BOTH), 0);
    r.listen = true;
    ck_assert_int_eq(media_rtp_set(rtp, &r), 0); /* on its way */
    rig_run(100);
    ck_assert_ptr_eq(rtp->thread, &rig->m->threads[0]);
    ck_assert(has_column(&rig->m->threads[0], rtp));
    ck_assert_ptr_eq(rtp->column.dsp, rtp->dsp);
}
END_TEST

/** In signalling, just before the report that a port has left its thread: its new one is busy. */
static void fill_ring(void *arg, struct media_port *p, const struct media_event *ev)
{
    static struct media_port *line;

    (void)arg;
    (void)p;
    if (!line)
        line = rig_tdm(9);
    for (unsigned i = 0; ev->type == MEDIA_CLOSED && i < 3000; i++)
        media_tone(line, NULL);
    line = NULL;
}

START_TEST(a_port_that_finds_the_ring_full_arrives_later)
{
    struct media_port *tdm = rig_tdm(5), *first = rtp_in(1, "192.0.2.9:7010", fill_ring),
                      *rtp = rtp_in(1, "192.0.2.9:7000", rig_event);
    uint64_t dropped = rt_counted(&media_counters[MEDIA_ORDERS_DROPPED]);

    rig->line = busy_line;
    rig_run(20);
    media_close(first); /* told right before the other one's leaving */
    ck_assert_int_eq(media_join(tdm, rtp, MEDIA_BOTH), 0);
    rig_run(500);
    ck_assert_uint_gt(rt_counted(&media_counters[MEDIA_ORDERS_DROPPED]), dropped);
    ck_assert_ptr_null(rtp->moving);
    ck_assert_uint_ge(rig->nheard, 20);
    media_close(rtp);
    rig_run(50);
    ck_assert_uint_eq(rig_count(MEDIA_CLOSED), 1);
}
END_TEST

START_TEST(a_port_closed_before_it_arrives_at_a_full_ring_closes)
{
    struct media_port *tdm = rig_tdm(5), *first = rtp_in(1, "192.0.2.9:7010", fill_ring),
                      *rtp = rtp_in(1, "192.0.2.9:7000", rig_event);

    rig_run(20);
    media_close(first);
    ck_assert_int_eq(media_join(tdm, rtp, MEDIA_BOTH), 0);
    media_tone(rtp, tone_country("de", TONE_BUSY)); /* all these wait, */
    media_close(rtp);                               /* and this is done */
    rig_run(500);
    ck_assert_uint_eq(rig_count(MEDIA_CLOSED), 1);
}
END_TEST

/** Things that wait for an arrival are given back when the engine goes. */
START_TEST(what_waits_goes_with_the_engine)
{
    static const struct media_srtp_keys keys = {.suite = MEDIA_SRTP_AES_128_SHA1_80};
    struct media_port *tdm = rig_tdm(5), *rtp = rtp_in(1, "192.0.2.9:7000", rig_event);
    struct media_rtp r = rig_agreed(CODEC_OPUS);
    struct tape *tape;

    r.payload[CODEC_OPUS] = 96;
    rig_run(20);
    ck_assert_int_eq(tape_new(&tape), 0);
    ck_assert_int_eq(media_join(tdm, rtp, MEDIA_BOTH), 0);
    ck_assert_int_eq(media_rtp_set(rtp, &r), 0);
    ck_assert_int_eq(media_rtp_secure(rtp, &keys, &keys), 0);
    ck_assert_int_eq(media_record(rtp, tape), 0);
    media_tone(rtp, tone_country("de", TONE_BUSY));
    ck_assert_ptr_nonnull(rtp->held);
    tape_drop(tape);
}
END_TEST

/** Both ends of a cord go back while no report can: two loans, not one twice. */
START_TEST(a_cord_goes_back_from_both_ends)
{
    struct media_port *a = rig_tdm(3), *b = rig_tdm(4);
    struct media_thread *t = &rig->m->threads[0];
    struct media_report idle = {.type = MEDIA_REPORT_CPU};

    ck_assert_int_eq(media_join(a, b, MEDIA_BOTH), 0);
    rig_run(50);
    while (rt_chan_post(t->reports, &idle) == 0)
        continue;
    media_thread_order(t, &(struct media_order){.type = MEDIA_ORDER_PART, .port = a});
    media_thread_order(t, &(struct media_order){.type = MEDIA_ORDER_PART, .port = b});
    unsigned n = 0;
    for (const struct media_loan *l = t->loans; l && n < 10; l = l->next)
        n++;
    ck_assert_uint_eq(n, 2);
    rig_run(100);
    ck_assert_ptr_null(t->loans);
}
END_TEST

START_TEST(a_port_that_echoes_has_left_its_partner)
{
    struct media_port *a = rig_tdm(3), *b = rig_tdm(4);

    rig->line = busy_line;
    ck_assert_int_eq(media_join(a, b, MEDIA_BOTH), 0);
    rig_run(50);
    ck_assert_int_eq(media_echo(a), 0);
    rig_run(50);
    ck_assert_uint_eq(rig->out[3][rig->at - 1] >> 4, 3);
    ck_assert_uint_eq(rig->out[4][rig->at - 1], 0xd5);
    ck_assert_int_eq(media_join(a, b, MEDIA_BOTH), 0);
    rig_run(100);
    ck_assert_uint_eq(rig->out[3][rig->at - 1] >> 4, 4);
    ck_assert_uint_eq(rig->out[4][rig->at - 1] >> 4, 3);
}
END_TEST

/** Ticks stay where spans tick, and sound that was not sent is a gap, not a delay. */
START_TEST(a_thread_that_stood_still_leaves_ticks_out)
{
    struct media_port *rtp = rtp_in(0, "192.0.2.9:7000", rig_event);
    struct media_thread *t = &rig->m->threads[0];

    rig_run(20);
    uint32_t ts = rtp->rtp.ts;
    rt_time due = t->due, now = rt_loop_now(t->loop);
    t->due -= 300 * RT_MS;
    media_thread_tick(t);
    ck_assert_int_eq((due - t->due) % (10 * RT_MS), 0);
    ck_assert_int_gt(t->due, now - 10 * RT_MS);
    ck_assert_int_le(t->due, now);
    ck_assert_uint_eq(rtp->rtp.ts - ts, 8000 / 1000 * (t->due - (due - 300 * RT_MS)) / RT_MS);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, rig_teardown);
    tcase_add_test(tc, a_join_that_waits_is_undone_by_the_next);
    tcase_add_test(tc, a_partner_closed_before_the_join_is_never_joined);
    tcase_add_test(tc, a_port_that_moves_listens_in_its_new_thread);
    tcase_add_test(tc, a_port_that_finds_the_ring_full_arrives_later);
    tcase_add_test(tc, a_port_closed_before_it_arrives_at_a_full_ring_closes);
    tcase_add_test(tc, what_waits_goes_with_the_engine);
    tcase_add_test(tc, a_cord_goes_back_from_both_ends);
    tcase_add_test(tc, a_port_that_echoes_has_left_its_partner);
    tcase_add_test(tc, a_thread_that_stood_still_leaves_ticks_out);
}

int main(void)
{
    return rig_main("media orders", add);
}
