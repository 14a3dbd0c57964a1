/* Any body as an offer and as an answer; what we answer must be readable and agree with itself. */
#include "codec/sdp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str body = {(const char *)data, size};
    struct sdp_audio local = {.codec = {{CODEC_PCMA, 8}, {CODEC_PCMU, 0}},
                              .ncodecs = 2,
                              .event_payload = 101,
                              .events = 0xffff,
                              .ptime = 20};
    struct sdp_origin origin = {1, 1};
    struct sdp_audio agreed, again;
    struct rt_buf out = {0};

    rt_addr_parse(&local.addr, "192.0.2.1:20000", 15, 0);
    sdp_accept(&agreed, body, &local);
    if (sdp_answer(&out, &agreed, body, &local, &origin) == 0) {
        sdp_held(&agreed);
        if (sdp_parse(&again, rt_buf_str(&out)) != 0 || again.ncodecs != agreed.ncodecs)
            abort();
    }
    rt_buf_release(&out);
    return 0;
}
