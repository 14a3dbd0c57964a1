/* The passive side of DTLS: whatever comes as its first datagrams. Each is led by its length in two
 * octets; between them the clock goes on. */
#include "codec/dtls.h"
#include "test/fuzz/fuzz.h"

static void drain(struct dtls *d)
{
    uint8_t out[DTLS_MTU];
    unsigned n = 0;

    while (dtls_output(d, out) > 0)
        n++;
    fuzz_check(n <= DTLS_QUEUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dtls_identity *id;
    struct dtls *d;
    rt_time now = RT_S;

    if (!id && dtls_identity_new(&id) != 0)
        abort();
    struct dtls_config config = {.identity = id, .suites = MEDIA_SRTP_ALL};
    if (dtls_new(&d, &config) != 0)
        abort();
    dtls_start(d, now);
    while (size >= 2) {
        size_t n = (size_t)(data[0] << 8 | data[1]);
        data += 2;
        size -= 2;
        if (n > size)
            n = size;
        dtls_input(d, data, n, now);
        drain(d);
        data += n;
        size -= n;
        now += 300 * RT_MS;
        dtls_timeout(d, now);
        drain(d);
    }
    fuzz_check(dtls_state(d) != DTLS_UP); /* nobody guesses a key exchange */
    dtls_free(d);
    return 0;
}
