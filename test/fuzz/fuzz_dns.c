/* Any answer of a name server: the reader must end, stay inside, and give records only without an
 * error. The first octet chooses the type that was asked for. */
#include "fuzz.h"

#include "gw/rt/dns_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum rt_dns_type types[] = {RT_DNS_A, RT_DNS_AAAA, RT_DNS_SRV, RT_DNS_NAPTR};
    struct rt_dns_found f;

    if (size < 1)
        return 0;
    rt_dns_read(&f, data + 1, size - 1, "a.ex", types[data[0] % RT_COUNT(types)]);
    fuzz_check((f.err == 0) == (f.n > 0) && (f.n > 0) == (f.record != NULL));
    fuzz_check(f.n <= RT_DNS_RECORDS_MAX);
    free(f.record);
    return 0;
}
