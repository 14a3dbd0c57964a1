/* cdrwrite: call records for tests of what reads them, written by the gateway's own writer.
 *
 *   cdrwrite FOLDER CALLS RATE [ROTATE]
 *
 * CALLS calls of two records each, the call and its one attempt, begun and ended at RATE calls per
 * second (0: as fast as they can be), into FOLDER/cdr.journal, which is rotated at ROTATE octets.
 * In each run call ids go on after the last sequence number.
 */
#include "gw/cdr_priv.h"
#include "gw/rt/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACE (10 * RT_MS)

struct work {
    struct gw_cdr_writer *writer;
    struct rt_loop *loop;
    struct rt_timer timer;
    unsigned calls, rate, done;
    rt_time began;
    char run[17]; /* call ids begin with it */
};

static void fill(struct gw_cdr *r, const char *run, uint64_t seq, uint64_t call, unsigned attempt)
{
    *r = (struct gw_cdr){.seq = seq,
                         .attempt = attempt,
                         .generation = 1,
                         .start_time = rt_wall() - 65 * RT_S,
                         .answer_time = rt_wall() - 60 * RT_S,
                         .end_time = rt_wall(),
                         .duration_ms = 65000,
                         .talk_ms = 60000,
                         .presentation = "allowed",
                         .cause = {.q850 = 16, .location = 2, .by = GW_BY_CALLER},
                         .codec_a = "PCMA",
                         .codec_b = "PCMA",
                         .srtp_a = "",
                         .srtp_b = "",
                         .bearer = "audio",
                         .have_rtp = true,
                         .rtp = {.rx_packets = 3000, .tx_packets = 3001},
                         .mos_a = 441};
    snprintf(r->call_id, sizeof r->call_id, "%.16s%016llx", run, (unsigned long long)call);
    strcpy(r->from_trunk, "carrier");
    strcpy(r->to_trunk, "office");
    strcpy(r->from_channel, "1/17");
    strcpy(r->caller, "+4930901821");
    snprintf(r->called, sizeof r->called, "+4989%06llu", (unsigned long long)(call % 1000000));
    strcpy(r->sip_call_id, "b'\"\\\xc3\xa4@example.com");
}

static void one_call(struct work *w)
{
    uint64_t seq = gw_cdr_next_seq(w->writer), second = gw_cdr_next_seq(w->writer);
    struct gw_cdr call, attempt;

    fill(&call, w->run, seq, seq, 0);
    fill(&attempt, w->run, second, seq, 1);
    gw_cdr_open(w->writer, &call);
    gw_cdr_open(w->writer, &attempt);
    gw_cdr_close(w->writer, &attempt);
    gw_cdr_close(w->writer, &call);
    w->done++;
}

static void on_timer(void *arg)
{
    struct work *w = arg;
    unsigned due = (unsigned)((rt_now() - w->began) * w->rate / RT_S);

    if (w->rate == 0)
        due = w->done + 1000;
    while (w->done < w->calls && w->done < due)
        one_call(w);
    if (w->done == w->calls)
        rt_loop_stop(w->loop);
    else
        rt_timer_start(&w->timer, PACE);
}

int main(int argc, char **argv)
{
    struct gw_cdr_plan plan = {.journal = argc > 1 ? argv[1] : NULL};
    struct work w = {.done = 0};
    const char *failed;

    if (argc < 4) {
        fputs("usage: cdrwrite FOLDER CALLS RATE [ROTATE]\n", stderr);
        return 2;
    }
    w.calls = (unsigned)atoi(argv[2]);
    w.rate = (unsigned)atoi(argv[3]);
    if (rt_loop_new(&w.loop, "work") != 0 || gw_cdr_writer_new(&w.writer, &plan, &failed) != 0) {
        fprintf(stderr, "cdrwrite: cannot write %s\n", argv[1]);
        return 1;
    }
    if (argc > 4)
        gw_cdr_rotate_at(w.writer, (uint64_t)atoll(argv[4]));
    rt_random_hex(w.run, sizeof w.run - 1);
    rt_timer_init(&w.timer, w.loop, on_timer, &w);
    w.began = rt_now();
    rt_timer_start(&w.timer, 0);
    rt_loop_run(w.loop);
    gw_cdr_writer_free(w.writer);
    rt_loop_free(w.loop);
    printf("%u\n", w.done);
    return 0;
}
