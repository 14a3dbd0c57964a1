/* HDLC in a timeslot. An input that begins with an odd octet is what the line brings, in pieces;
 * what ours makes of it, which skips flags, is compared with spandsp alone, which looks at each
 * bit. Any other is a list of frames to send, each an octet with its length and the octets: what
 * ours sends, another of ours receives, and nothing else.
 */
#include "isdn/hdlc.h"
#include "test/fuzz/fuzz.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <tiffio.h>

#include <spandsp.h>

#define FRAMES 256

/** What was heard, as a list of lengths and a sum over the octets. */
struct heard {
    size_t n, len[FRAMES];
    uint64_t sum;
};

static void note(struct heard *h, const uint8_t *frame, size_t len)
{
    h->len[h->n++ % FRAMES] = len;
    for (size_t i = 0; i < len; i++)
        h->sum = (h->sum ^ frame[i]) * 0x100000001b3u;
}

static void on_ours(void *arg, const uint8_t *frame, size_t len)
{
    fuzz_check(len <= HDLC_FRAME_MAX);
    note(arg, frame, len);
}

static void on_plain(void *arg, const uint8_t *frame, int len, int ok)
{
    if (len >= 0 && ok && len <= HDLC_FRAME_MAX)
        note(arg, frame, (size_t)len);
}

static void check_same(const struct heard *a, const struct heard *b)
{
    fuzz_check(a->n == b->n && a->sum == b->sum && memcmp(a->len, b->len, sizeof a->len) == 0);
}

static void receive(const uint8_t *data, size_t size, unsigned piece)
{
    struct heard ours = {0}, plain = {0};
    hdlc_rx_state_t *rx = hdlc_rx_init(NULL, false, true, 1, on_plain, &plain);
    struct hdlc *h = NULL;

    fuzz_check(rx && hdlc_new(&h, on_ours, &ours) == 0);
    for (size_t i = 0; i < size; i++)
        hdlc_rx_put_byte(rx, data[i]);
    for (size_t n; size > 0; data += n, size -= n) {
        n = size < piece ? size : piece;
        hdlc_receive(h, data, n);
    }
    check_same(&ours, &plain);
    hdlc_free(h);
    hdlc_rx_free(rx);
}

/** All that was queued is on its way, and some flags after it. */
static void carry(struct hdlc *from, struct hdlc *to, size_t octets)
{
    uint8_t line[8];

    for (size_t i = 0; i < octets; i += sizeof line) {
        hdlc_transmit(from, line, sizeof line);
        hdlc_receive(to, line, sizeof line);
    }
}

static void deliver(const uint8_t *data, size_t size)
{
    struct heard sent = {0}, arrived = {0};
    struct hdlc *a = NULL, *b = NULL;
    size_t octets = 64;

    fuzz_check(hdlc_new(&a, on_ours, &sent) == 0 && hdlc_new(&b, on_ours, &arrived) == 0);
    carry(a, b, 16);
    while (size > 1) {
        size_t n = data[0] < size - 1 ? data[0] : size - 1;
        if (n >= 2 && hdlc_send(a, data + 1, n) == 0) { /* LAPD has no shorter frames */
            note(&sent, data + 1, n);
            octets += n * 2 + 8;
        }
        data += 1 + n;
        size -= 1 + n;
        if (octets > 4096) {
            carry(a, b, octets);
            octets = 64;
        }
    }
    carry(a, b, octets);
    check_same(&sent, &arrived);
    fuzz_check(hdlc_bad(b) == 0);
    hdlc_free(a);
    hdlc_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    if (data[0] & 1)
        receive(data + 1, size - 1, 1 + (data[0] >> 1) % 40);
    else
        deliver(data + 1, size - 1);
    return 0;
}
