/* Any datagram that the first-octet rule calls STUN, as a check of a stream with known name and
 * password (those in the corpus are signed with it). */
#include "codec/ice.h"
#include "codec/stun.h"
#include "test/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t random[ICE_RANDOM];
    struct stun_message m;
    struct ice ice;
    uint8_t answer[ICE_ANSWER];
    size_t n;
    union rt_addr from = {.in4 = {.sin_family = AF_INET}};

    if (stun_parse(&m, data, size) == 0) {
        stun_authentic(&m, "VOkJxbRl1RmTxUk/WvJxBt", 22);
        fuzz_check(m.nunknown <= STUN_UNKNOWN_MAX);
    }
    ice_init(&ice, random);
    ice_input(&ice, 1, data, size, &from, RT_S, answer, &n);
    fuzz_check(n <= sizeof answer);
    if (n > 0) /* whatever we answer is well formed, and answers the question */
        fuzz_check(stun_parse(&m, answer, n) == 0 && memcmp(m.id, data + 8, STUN_ID) == 0);
    return 0;
}
