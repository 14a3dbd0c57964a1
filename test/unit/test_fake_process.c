/* The fake kernel itself: processes that stand still and die, a disk that is slow and dies, cards
 * that take their time.
 */
#include "gw/rt/file.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static struct rt_loop *mine, *theirs; /* of processes 0 and 1 */
static unsigned heard;
static unsigned heard_as; /* the process that a callback ran in */

static void setup(void)
{
    fake_reset();
    heard = heard_as = 0;
    rt_loop_new(&mine, "test");
    fake_process(1);
    rt_loop_new(&theirs, "other");
    fake_process(0);
}

static union rt_addr address(const char *text)
{
    union rt_addr a;

    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 0), 0);
    return a;
}

static void on_datagram(void *arg, struct rt_udp *u)
{
    char buf[2000];
    size_t len;

    (void)arg;
    heard_as = fake_process_now();
    while (rt_udp_recv(u, buf, sizeof buf, &len, NULL) == 0)
        heard++;
}

/** Process 1 hears at 10.0.0.1:5060; returns a socket of the test to send from. */
static struct rt_udp *listener(struct rt_udp **theirs_out)
{
    union rt_addr a = address("10.0.0.1:5060"), b = address("10.0.0.2:5060");
    struct rt_udp *from = NULL;

    fake_process(1);
    ck_assert_int_eq(rt_udp_open(theirs_out, theirs, &a, on_datagram, NULL), 0);
    fake_process(0);
    ck_assert_int_eq(rt_udp_open(&from, mine, &b, NULL, NULL), 0);
    return from;
}

static void say(struct rt_udp *from, size_t len)
{
    static const char text[1500];
    union rt_addr to = address("10.0.0.1:5060");

    ck_assert_int_eq(rt_udp_send(from, text, len, &to), 0);
}

static void on_timer(void *arg)
{
    *(rt_time *)arg = rt_now();
}

/* ---- processes ---- */

START_TEST(a_callback_runs_in_its_own_process)
{
    struct rt_udp *u, *from = listener(&u);

    say(from, 10);
    fake_settle();
    ck_assert_uint_eq(heard, 1);
    ck_assert_uint_eq(heard_as, 1);
    ck_assert_uint_eq(fake_process_now(), 0);
}
END_TEST

START_TEST(a_stalled_process_hears_and_acts_later)
{
    struct rt_udp *u, *from = listener(&u);
    struct rt_timer timer;
    rt_time begun = rt_now(), fired = 0;

    rt_timer_init(&timer, theirs, on_timer, &fired);
    rt_timer_start(&timer, 10 * RT_MS);
    fake_process_stall(1, 500 * RT_MS);
    say(from, 10);
    fake_advance(499 * RT_MS);
    ck_assert_uint_eq(heard, 0);
    ck_assert_int_eq(fired, 0);
    fake_advance(2 * RT_MS);
    ck_assert_uint_eq(heard, 1);
    ck_assert_int_eq(fired - begun, 500 * RT_MS);
}
END_TEST

START_TEST(a_socket_keeps_256_kib_and_loses_the_rest)
{
    struct rt_udp *u, *from = listener(&u);

    fake_process_stall(1, RT_S);
    for (unsigned i = 0; i < 1000; i++)
        say(from, 1000);
    fake_advance(2 * RT_S);
    ck_assert_uint_eq(heard, 262144 / 1028); /* each with 28 octets of headers */
}
END_TEST

START_TEST(the_one_sent_first_lands_first)
{
    union rt_addr to = address("10.0.0.1:5060");
    struct rt_udp *u, *from = listener(&u);
    char buf[4];
    size_t len;

    rt_udp_watch(u, NULL, NULL, NULL);
    for (unsigned char i = 0; i < 200; i++)
        rt_udp_send(from, &i, 1, &to);
    fake_settle();
    for (unsigned i = 0; i < 200; i++) {
        ck_assert_int_eq(rt_udp_recv(u, buf, sizeof buf, &len, NULL), 0);
        ck_assert_uint_eq((unsigned char)buf[0], i);
    }
    ck_assert_int_eq(rt_udp_recv(u, buf, sizeof buf, &len, NULL), EAGAIN);
}
END_TEST

/* ---- streams of a process that dies ---- */

static struct rt_stream *accepted;
static int ended = -1;

static size_t on_data(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    (void)arg, (void)s, (void)buf;
    heard += (unsigned)len;
    return len;
}

static void on_closed(void *arg, struct rt_stream *s, int err)
{
    (void)arg, (void)s;
    ended = err;
}

static const struct rt_stream_ops ops = {.data = on_data, .closed = on_closed};

static void on_accept(void *arg, struct rt_stream *s)
{
    (void)arg;
    heard_as = fake_process_now();
    accepted = s;
    rt_stream_own(s, &ops, NULL);
}

static struct rt_stream *connect_to_them(void)
{
    union rt_addr a = address("10.0.0.1:5060");
    struct rt_stream *s = NULL;
    struct rt_listener *l;

    accepted = NULL;
    ended = -1;
    fake_process(1);
    ck_assert_int_eq(rt_listen(&l, theirs, &a, on_accept, NULL), 0);
    fake_process(0);
    fake_process_stall(1, 100 * RT_MS);
    ck_assert_int_eq(rt_stream_connect(&s, mine, &a, &ops, NULL), 0);
    rt_stream_write(s, "hello", 5);
    return s;
}

START_TEST(a_stalled_process_accepts_later)
{
    struct rt_stream *s = connect_to_them();

    fake_advance(99 * RT_MS);
    ck_assert_ptr_null(accepted);
    fake_advance(2 * RT_MS);
    ck_assert_ptr_nonnull(accepted);
    ck_assert_uint_eq(heard_as, 1);
    ck_assert_uint_eq(heard, 5);
    rt_stream_close(s);
}
END_TEST

START_TEST(a_killed_process_leaves_nothing)
{
    struct rt_udp *u, *from = listener(&u);
    struct rt_stream *s = connect_to_them();
    struct fake_leaks left;
    struct rt_append *journal;
    struct rt_dahdi *channel;
    struct rt_map *map;

    fake_advance(RT_S);
    fake_dahdi_plug(1, 31, 16);
    fake_process(1);
    ck_assert_int_eq(rt_append_open(&journal, "/journal", 0640), 0);
    ck_assert_int_eq(rt_append_write(journal, "one\n", 4), 0);
    ck_assert_int_eq(rt_map_memory(&map, 100), 0);
    ck_assert_int_eq(rt_dahdi_open(&channel, 1), 0);
    fake_process(0);
    ck_assert_int_eq(rt_dahdi_open(&channel, 1), EBUSY);
    fake_process_kill(1);
    fake_settle();
    ck_assert_int_eq(ended, ECONNRESET);
    fake_leaks(&left);
    ck_assert_uint_eq(left.loops, 1);
    ck_assert_uint_eq(left.udp, 1);
    ck_assert_uint_eq(left.streams, 1);
    ck_assert_uint_eq(left.listeners + left.files + left.dahdi, 0);
    /* everything can be had again, and what was written is there: the machine still runs */
    ck_assert_int_eq(rt_dahdi_open(&channel, 1), 0);
    ck_assert_int_eq(rt_append_open(&journal, "/journal", 0640), 0);
    ck_assert_uint_eq(rt_append_size(journal), 4);
    rt_append_close(journal);
    rt_dahdi_close(channel);
    rt_stream_close(s);
    rt_udp_close(from);
}
END_TEST

/* ---- the disk ---- */

static void write_one(void *arg)
{
    rt_append_write(arg, "x", 1);
    rt_append_sync(arg);
    heard++;
}

START_TEST(a_slow_disk_holds_up_the_loop_that_asks)
{
    struct rt_udp *u, *from = listener(&u);
    struct rt_loop *writers;
    struct rt_append *a;
    struct rt_timer first, second;
    rt_time begun = rt_now(), fired = 0;

    fake_process(1);
    rt_loop_new(&writers, "writer");
    rt_append_open(&a, "/journal", 0640);
    fake_process(0);
    fake_disk_slow(30 * RT_MS, 70 * RT_MS);
    rt_timer_init(&first, writers, write_one, a);
    rt_timer_init(&second, writers, on_timer, &fired);
    rt_timer_start(&first, 10 * RT_MS);
    rt_timer_start(&second, 20 * RT_MS);
    fake_advance(15 * RT_MS);
    say(from, 1); /* the other loop of the process goes on */
    fake_advance(RT_MS);
    ck_assert_uint_eq(heard, 2);
    fake_advance(RT_S);
    ck_assert_int_eq(fired - begun, 110 * RT_MS);
    ck_assert_uint_eq(fake_disk_steps(), 2);
    rt_append_close(a);
}
END_TEST

static struct rt_buf text;

static const char *content(const char *path)
{
    rt_buf_reset(&text);
    return rt_file_read(&text, path, 1000) == 0 && text.n > 0 ? text.p : "";
}

START_TEST(the_machine_dies_in_the_middle_of_a_write)
{
    struct rt_append *a;

    rt_append_open(&a, "/journal", 0640);
    fake_disk_die_at(4, 2);
    ck_assert_int_eq(rt_append_write(a, "one\n", 4), 0);
    ck_assert_int_eq(rt_append_sync(a), 0);
    ck_assert_int_eq(rt_append_write(a, "two\n", 4), 0);
    ck_assert(!fake_disk_died());
    ck_assert_int_eq(rt_append_write(a, "three\n", 6), EIO);
    ck_assert(fake_disk_died());
    ck_assert_int_eq(rt_append_write(a, "four\n", 5), EIO);
    ck_assert_int_eq(rt_append_sync(a), EIO);
    ck_assert_int_eq(rt_append_truncate(a, 0), EIO);
    ck_assert_int_eq(rt_file_rename("/journal", "/other"), EIO);
    ck_assert_int_eq(rt_file_replace("/journal", "x", 1, 0640), EIO);
    ck_assert_int_eq(rt_file_remove("/journal"), EIO);
    ck_assert_str_eq(content("/journal"), "one\ntwo\nth");
    fake_files_crash();
    ck_assert_str_eq(content("/journal"), "one\n");
    fake_disk_die_at(0, 0);
    ck_assert_int_eq(rt_append_write(a, "two\n", 4), 0);
    ck_assert_str_eq(content("/journal"), "one\ntwo\n");
    rt_append_close(a);
}
END_TEST

START_TEST(a_handle_follows_its_file)
{
    struct rt_append *a, *b;

    rt_append_open(&a, "/journal", 0640);
    rt_append_write(a, "one\n", 4);
    ck_assert_int_eq(rt_file_rename("/journal", "/moved"), 0);
    ck_assert(!rt_append_there(a, "/journal"));
    rt_append_open(&b, "/journal", 0640);
    rt_append_write(a, "two\n", 4);
    ck_assert_str_eq(content("/moved"), "one\ntwo\n");
    ck_assert_str_eq(content("/journal"), "");
    ck_assert_int_eq(rt_file_remove("/moved"), 0);
    rt_append_write(a, "three\n", 6);
    rt_append_close(a);
    rt_append_close(b);
}
END_TEST

/* ---- cards ---- */

static struct rt_dahdi *dchannel[2], *bchannel[2];
static unsigned frames, blocks;

static void on_frame(void *arg, bool readable, bool event)
{
    uint8_t octets[64];
    size_t len;

    (void)event;
    while (readable && rt_dahdi_read(arg, octets, sizeof octets, &len) == 0)
        frames++;
}

static void on_block(void *arg, bool readable, bool event)
{
    uint8_t octets[160];
    size_t len;

    (void)event;
    while (readable && rt_dahdi_read(arg, octets, sizeof octets, &len) == 0)
        blocks++;
}

/** Two spans with a D channel and a B channel each; this end hears its B channel. */
static void open_cards(void)
{
    frames = blocks = 0;
    fake_dahdi_lazy(80);
    for (unsigned i = 0; i < 2; i++) {
        fake_dahdi_plug(i + 1, 31, 16);
        rt_dahdi_open(&dchannel[i], 31 * i + 16);
        rt_dahdi_open(&bchannel[i], 31 * i + 1);
        rt_dahdi_buffers(dchannel[i], 64, 8);
        rt_dahdi_buffers(bchannel[i], 160, 8);
        rt_dahdi_watch(dchannel[i], mine, on_frame, dchannel[i]);
    }
    rt_dahdi_watch(bchannel[0], mine, on_block, bchannel[0]);
    fake_dahdi_join(1, 2);
}

static void close_cards(void)
{
    for (unsigned i = 0; i < 2; i++) {
        rt_dahdi_close(dchannel[i]);
        rt_dahdi_close(bchannel[i]);
    }
}

START_TEST(a_lazy_card_loses_no_time)
{
    open_cards();
    fake_advance(10 * RT_S);
    ck_assert_uint_ge(blocks, 496);
    ck_assert_uint_le(blocks, 500);
    ck_assert_uint_lt(fake_dahdi_wakeups(), 130);
    close_cards();
}
END_TEST

START_TEST(a_frame_wakes_a_lazy_card)
{
    for (unsigned i = 0; i < 2; i++) {
        if (i == 0)
            open_cards();
        frames = 0;
        fake_advance(533 * RT_MS); /* somewhere within its rest */
        ck_assert_int_eq(rt_dahdi_write(dchannel[i], (uint8_t[14]){0}, 14), 0);
        fake_advance(3 * RT_MS);
        ck_assert_uint_eq(frames, 1);
    }
    close_cards();
}
END_TEST

START_TEST(sound_on_a_lazy_card_is_carried_as_on_any)
{
    uint8_t tone[160];

    open_cards();
    fake_advance(533 * RT_MS);
    rt_dahdi_watch(bchannel[0], mine, on_block, bchannel[0]);
    rt_dahdi_tell_dry(bchannel[1], true);
    memset(tone, 0x2a, sizeof tone);
    unsigned before = fake_dahdi_wakeups();
    for (unsigned i = 0; i < 50; i++) {
        rt_dahdi_write(bchannel[1], tone, sizeof tone);
        fake_advance(20 * RT_MS);
    }
    ck_assert_uint_ge(fake_dahdi_wakeups() - before, 49); /* one block at a time */
    close_cards();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fake");
    TCase *t = tcase_create("process");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, a_callback_runs_in_its_own_process);
    tcase_add_test(t, a_stalled_process_hears_and_acts_later);
    tcase_add_test(t, a_socket_keeps_256_kib_and_loses_the_rest);
    tcase_add_test(t, the_one_sent_first_lands_first);
    tcase_add_test(t, a_stalled_process_accepts_later);
    tcase_add_test(t, a_killed_process_leaves_nothing);
    suite_add_tcase(s, t);
    t = tcase_create("disk");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, a_slow_disk_holds_up_the_loop_that_asks);
    tcase_add_test(t, the_machine_dies_in_the_middle_of_a_write);
    tcase_add_test(t, a_handle_follows_its_file);
    suite_add_tcase(s, t);
    t = tcase_create("cards");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, a_lazy_card_loses_no_time);
    tcase_add_test(t, a_frame_wakes_a_lazy_card);
    tcase_add_test(t, sound_on_a_lazy_card_is_carried_as_on_any);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    rt_buf_release(&text);
    return failed != 0;
}
