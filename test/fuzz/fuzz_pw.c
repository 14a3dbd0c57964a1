/* The pseudowire's packets and its receive buffer. An input is a list of packets, each an octet
 * with its length, the octets, and then as many ticks as the next octet's low bits say.
 */
#include "isdn/pw.h"
#include "isdn/pw_jitter.h"
#include "test/fuzz/fuzz.h"

#include <string.h>

#define SIZE  8
#define DEPTH 4

static void check_packet(const struct pw_packet *p, const uint8_t *data, size_t n)
{
    uint8_t again[PW_HEADER];

    fuzz_check(p->payload == data + PW_HEADER && p->len <= n - PW_HEADER);
    pw_write_header(again, p->l, p->r, p->seq, p->len);
    again[0] |= p->m;
    fuzz_check(again[0] == data[0]);
    fuzz_check(memcmp(again + 2, data + 2, 2) == 0);
    fuzz_check(again[1] == data[1] || data[1] == 0 || data[1] < n);
}

static void play(struct pw_jitter *j, unsigned ticks)
{
    for (; ticks > 0; ticks--) {
        const uint8_t *payload = pw_jitter_get(j);
        fuzz_check(!payload ||
                   (payload >= j->octets && payload + SIZE <= j->octets + PW_RING * SIZE));
        fuzz_check(pw_jitter_filling(j) <= PW_RING / 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pw_jitter j;
    struct pw_packet p;

    if (pw_jitter_init(&j, DEPTH, SIZE) != 0)
        return 0;
    while (size > 1) {
        size_t n = data[0] < size - 1 ? data[0] : size - 1;
        if (pw_read(&p, data + 1, n) == 0) {
            check_packet(&p, data + 1, n);
            if (p.len == SIZE || (p.l && p.len == 0))
                pw_jitter_put(&j, p.seq, p.len ? p.payload : NULL);
            fuzz_check(pw_jitter_filling(&j) <= PW_RING / 2);
        }
        data += 1 + n;
        size -= 1 + n;
        if (size > 0) {
            play(&j, data[0] & 7);
            data++;
            size--;
        }
    }
    pw_jitter_release(&j);
    return 0;
}
