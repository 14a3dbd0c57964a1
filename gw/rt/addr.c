/* Addresses as values: numeric text to sockaddr and back, comparison, blocks. No resolver. */
#include "gw/rt/buf.h"
#include "gw/rt/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

static int set_host(union rt_addr *out, struct rt_str host, uint16_t port)
{
    char text[INET6_ADDRSTRLEN];

    memset(out, 0, sizeof *out);
    if (host.n == 0 || !rt_str_copy(text, sizeof text, host))
        return EINVAL;
    if (inet_pton(AF_INET, text, &out->in4.sin_addr) == 1) {
        out->in4.sin_family = AF_INET;
        out->in4.sin_port = htons(port);
        return 0;
    }
    if (inet_pton(AF_INET6, text, &out->in6.sin6_addr) == 1) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_port = htons(port);
        return 0;
    }
    return EINVAL;
}

/** Splits `[v6]:port`, `v4:port`, or a bare address; `*port_text` is empty when there is no port.
 */
static int split(struct rt_str text, struct rt_str *host, struct rt_str *port_text)
{
    *port_text = (struct rt_str){"", 0};
    if (text.n > 0 && text.p[0] == '[') {
        struct rt_str rest = {text.p + 1, text.n - 1};
        if (!memchr(rest.p, ']', rest.n))
            return EINVAL;
        *host = rt_str_cut(&rest, ']');
        if (rest.n == 0)
            return 0;
        if (rest.p[0] != ':' || rest.n == 1)
            return EINVAL;
        *port_text = (struct rt_str){rest.p + 1, rest.n - 1};
        return 0;
    }
    const char *colon = text.n > 0 ? memchr(text.p, ':', text.n) : NULL;
    if (!colon || memchr(colon + 1, ':', text.n - (size_t)(colon + 1 - text.p))) {
        *host = text;
        return 0;
    }
    *host = rt_str_cut(&text, ':');
    *port_text = text;
    return text.n > 0 ? 0 : EINVAL;
}

int rt_addr_parse(union rt_addr *out, const char *text, size_t len, uint16_t port)
{
    struct rt_str host, port_text;
    union rt_addr a;
    uint64_t number = port;

    int err = split((struct rt_str){text, len}, &host, &port_text);
    if (err == 0 && port_text.n > 0)
        err = rt_str_u64(&number, port_text, 65535) == 0 ? 0 : EINVAL;
    if (err == 0)
        err = set_host(&a, host, (uint16_t)number);
    if (err == 0)
        *out = a;
    return err;
}

int rt_addr_unix(union rt_addr *out, const char *path)
{
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof out->un.sun_path)
        return ENAMETOOLONG;
    memset(out, 0, sizeof *out);
    out->un.sun_family = AF_UNIX;
    memcpy(out->un.sun_path, path, len + 1);
    return 0;
}

/** Every message names addresses: inet_ntop() would do it with printf. Returns the end. */
static char *put_in4(char *out, const struct in_addr *addr)
{
    uint8_t octet[4];
    char room[RT_DECIMAL_LEN];

    memcpy(octet, addr, sizeof octet);
    for (unsigned i = 0; i < 4; i++) {
        struct rt_str number = rt_decimal(room, octet[i]);
        memcpy(out, number.p, number.n);
        out += number.n;
        *out++ = '.';
    }
    *--out = '\0';
    return out;
}

char *rt_addr_host(char out[RT_ADDR_LEN], const union rt_addr *a)
{
    out[0] = '\0';
    if (a->sa.sa_family == AF_INET)
        put_in4(out, &a->in4.sin_addr);
    else if (a->sa.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &a->in6.sin6_addr, out, RT_ADDR_LEN);
    else if (a->sa.sa_family == AF_UNIX)
        snprintf(out, RT_ADDR_LEN, "%s", a->un.sun_path);
    return out;
}

char *rt_addr_format(char out[RT_ADDR_LEN], const union rt_addr *a)
{
    char host[RT_ADDR_LEN], room[RT_DECIMAL_LEN];

    if (a->sa.sa_family == AF_INET) {
        char *end = put_in4(out, &a->in4.sin_addr);
        struct rt_str port = rt_decimal(room, rt_addr_port(a));
        *end++ = ':';
        memcpy(end, port.p, port.n);
        end[port.n] = '\0';
        return out;
    }
    rt_addr_host(host, a);
    if (a->sa.sa_family == AF_INET6)
        snprintf(out, RT_ADDR_LEN, "[%.*s]:%u", INET6_ADDRSTRLEN, host, rt_addr_port(a));
    else
        memcpy(out, host, RT_ADDR_LEN);
    return out;
}

bool rt_addr_octets(uint8_t out[16], const union rt_addr *a)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    if (a->sa.sa_family == AF_INET6) {
        memcpy(out, &a->in6.sin6_addr, 16);
        return true;
    }
    if (a->sa.sa_family != AF_INET)
        return false;
    memcpy(out, mapped, 12);
    memcpy(out + 12, &a->in4.sin_addr, 4);
    return true;
}

bool rt_addr_same_host(const union rt_addr *a, const union rt_addr *b)
{
    uint8_t x[16], y[16];
    return rt_addr_octets(x, a) && rt_addr_octets(y, b) && memcmp(x, y, 16) == 0;
}

bool rt_addr_equal(const union rt_addr *a, const union rt_addr *b)
{
    if (a->sa.sa_family == AF_UNIX || b->sa.sa_family == AF_UNIX)
        return a->sa.sa_family == b->sa.sa_family && strcmp(a->un.sun_path, b->un.sun_path) == 0;
    return rt_addr_same_host(a, b) && rt_addr_port(a) == rt_addr_port(b);
}

bool rt_addr_is_any(const union rt_addr *a)
{
    static const uint8_t zero[16];

    if (a->sa.sa_family == AF_INET)
        return a->in4.sin_addr.s_addr == INADDR_ANY;
    return a->sa.sa_family == AF_INET6 && memcmp(&a->in6.sin6_addr, zero, 16) == 0;
}

uint16_t rt_addr_port(const union rt_addr *a)
{
    if (a->sa.sa_family == AF_INET)
        return ntohs(a->in4.sin_port);
    return a->sa.sa_family == AF_INET6 ? ntohs(a->in6.sin6_port) : 0;
}

void rt_addr_set_port(union rt_addr *a, uint16_t port)
{
    if (a->sa.sa_family == AF_INET)
        a->in4.sin_port = htons(port);
    else if (a->sa.sa_family == AF_INET6)
        a->in6.sin6_port = htons(port);
}

socklen_t rt_addr_size(const union rt_addr *a)
{
    if (a->sa.sa_family == AF_INET)
        return sizeof a->in4;
    return a->sa.sa_family == AF_INET6 ? sizeof a->in6 : sizeof a->un;
}

int rt_cidr_parse(struct rt_cidr *out, const char *text, size_t len)
{
    struct rt_str rest = {text, len};
    bool has_bits = memchr(text, '/', len) != NULL;
    struct rt_str host = rt_str_cut(&rest, '/');
    struct rt_cidr c;

    if (host.n > 0 && host.p[0] == '[')
        return EINVAL;
    int err = set_host(&c.addr, host, 0);
    if (err != 0)
        return err;
    uint64_t bits = c.addr.sa.sa_family == AF_INET ? 32 : 128;
    if (has_bits && rt_str_u64(&bits, rest, bits) != 0)
        return EINVAL;
    c.bits = (unsigned)bits;
    *out = c;
    return 0;
}

bool rt_cidr_contains(const struct rt_cidr *c, const union rt_addr *a)
{
    uint8_t block[16], host[16];

    if (!rt_addr_octets(block, &c->addr) || !rt_addr_octets(host, a))
        return false;
    unsigned bits = c->bits + (c->addr.sa.sa_family == AF_INET ? 96 : 0);
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(block, host, whole) != 0)
        return false;
    return rest == 0 || ((block[whole] ^ host[whole]) & (0xff00u >> rest) & 0xff) == 0;
}
