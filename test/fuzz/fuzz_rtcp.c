/* Any datagram at the RTCP port. */
#include "codec/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtcp_news news;

    rtcp_read(&news, data, size, 0x11223344);
    return 0;
}
