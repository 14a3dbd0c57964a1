/* RFC 791, RFC 8200 and RFC 768, as far as a decoder looks at them. */
#include "gw/trace_ip.h"

#define UDP_HEADER  8
#define IPV4_HEADER 20
#define HOPS        64

/** The ones' complement sum (RFC 1071) of `n` octets added to `sum`. */
static uint32_t add(uint32_t sum, const void *octets, size_t n)
{
    const uint8_t *p = octets;

    for (size_t i = 0; i + 1 < n; i += 2)
        sum += (uint32_t)p[i] << 8 | p[i + 1];
    return n % 2 ? sum + ((uint32_t)p[n - 1] << 8) : sum;
}

static uint16_t folded(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put16_at(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/** An IPv4 address among IPv6 ones is a mapped one (RFC 4291 2.5.5.2). */
static void address6(uint8_t out[16], const union rt_addr *a)
{
    memset(out, 0, 16);
    if (a->sa.sa_family == AF_INET6) {
        memcpy(out, &a->in6.sin6_addr, 16);
    } else if (a->sa.sa_family == AF_INET) {
        out[10] = out[11] = 0xff;
        memcpy(out + 12, &a->in4.sin_addr, 4);
    }
}

static void write_udp(struct rt_writer *w, const union rt_addr *from, const union rt_addr *to,
                      size_t len)
{
    rt_write_u16(w, rt_addr_port(from));
    rt_write_u16(w, rt_addr_port(to));
    rt_write_u16(w, (uint16_t)(UDP_HEADER + len));
    rt_write_u16(w, 0); /* not computed, as IPv4 allows */
}

static size_t ipv4(uint8_t *out, const union rt_addr *from, const union rt_addr *to, size_t len)
{
    static const uint8_t none[4];
    struct rt_writer w = rt_writer(out, GW_TRACE_IP_MAX);

    rt_write_u16(&w, 0x4500);
    rt_write_u16(&w, (uint16_t)(IPV4_HEADER + UDP_HEADER + len));
    rt_write_u32(&w, 0x4000); /* identification 0, not to be cut */
    rt_write_u8(&w, HOPS);
    rt_write_u8(&w, IPPROTO_UDP);
    rt_write_u16(&w, 0);
    rt_write_bytes(&w, from->sa.sa_family == AF_INET ? (const void *)&from->in4.sin_addr : none, 4);
    rt_write_bytes(&w, to->sa.sa_family == AF_INET ? (const void *)&to->in4.sin_addr : none, 4);
    put16_at(out + 10, folded(add(0, out, IPV4_HEADER)));
    write_udp(&w, from, to, len);
    return rt_written(&w);
}

/** UDP over IPv6 has to have its checksum (RFC 8200 8.1). */
static size_t ipv6(uint8_t *out, const union rt_addr *from, const union rt_addr *to,
                   struct rt_str content)
{
    struct rt_writer w = rt_writer(out, GW_TRACE_IP_MAX);
    uint16_t length = (uint16_t)(UDP_HEADER + content.n);
    uint8_t address[16];

    rt_write_u32(&w, 0x60000000);
    rt_write_u16(&w, length);
    rt_write_u8(&w, IPPROTO_UDP);
    rt_write_u8(&w, HOPS);
    address6(address, from);
    rt_write_bytes(&w, address, sizeof address);
    address6(address, to);
    rt_write_bytes(&w, address, sizeof address);
    write_udp(&w, from, to, content.n);
    uint32_t sum = add((uint32_t)length + IPPROTO_UDP, out + 8, 32 + UDP_HEADER);
    uint16_t check = folded(add(sum, content.p, content.n));
    put16_at(out + 46, check ? check : 0xffff);
    return rt_written(&w);
}

size_t gw_trace_ip(uint8_t out[GW_TRACE_IP_MAX], const union rt_addr *from, const union rt_addr *to,
                   struct rt_str content)
{
    if (from->sa.sa_family == AF_INET6 || to->sa.sa_family == AF_INET6)
        return ipv6(out, from, to, content);
    return ipv4(out, from, to, content.n);
}
