/* What the ISDN network's SETUP and answers carry beside their numbers: words of the script. */
#include "net_words.h"
#include "scn.h"

#include <stdio.h>

static uint8_t read_hex(uint8_t *out, size_t cap, struct rt_str hex)
{
    size_t n = 0;
    unsigned octet;
    char two[3] = "";

    for (; n < cap && 2 * n + 1 < hex.n; n++) {
        memcpy(two, hex.p + 2 * n, 2);
        sscanf(two, "%2x", &octet);
        out[n] = (uint8_t)octet;
    }
    return (uint8_t)n;
}

/** `00AB12`: protocol discriminator, then what is told. */
static void read_uui(struct isdn_uui *out, struct rt_str hex)
{
    uint8_t octets[129];
    uint8_t n = read_hex(octets, sizeof octets, hex);

    if (n == 0)
        return;
    *out = (struct isdn_uui){.present = true, .protocol = octets[0], .len = (uint8_t)(n - 1)};
    memcpy(out->octets, octets + 1, out->len);
}

static void read_sub(struct isdn_subaddress *out, struct rt_str hex)
{
    out->len = read_hex(out->octets, sizeof out->octets, hex);
}

/** `1,3`. */
static uint16_t read_indicators(struct rt_str list)
{
    uint64_t v;
    uint16_t bits = 0;

    while (list.n > 0)
        if (rt_str_u64(&v, rt_str_cut(&list, ','), 15) == 0)
            bits |= (uint16_t)(1u << v);
    return bits;
}

static void read_number(struct isdn_number *out, struct rt_str digits, uint8_t screening)
{
    if (digits.n == 0)
        return;
    *out = (struct isdn_number){.ton = 2, .npi = 1, .screening = screening};
    rt_str_copy(out->digits, sizeof out->digits, digits);
}

void net_words_setup(struct isdn_setup *s, const struct words *w)
{
    read_uui(&s->uui, option_word(w, "uui"));
    read_sub(&s->calling_sub, option_word(w, "sub"));
    read_sub(&s->called_sub, option_word(w, "called-sub"));
    read_number(&s->network, option_word(w, "network"), 3);
    read_number(&s->diversion.first, option_word(w, "original"), 0);
    s->diversion.first_reason = (uint8_t)option(w, "original-why", 0);
    s->diversion.count = (unsigned)option(w, "times", s->diversion.first.digits[0] ? 2 : 0);
    s->indicators = read_indicators(option_word(w, "pi"));
    rt_str_copy(s->keypad, sizeof s->keypad, option_word(w, "keypad"));
}

void net_words_answer(struct isdn_call *call, const struct words *w)
{
    struct isdn_uui uui = {.present = false};
    struct isdn_subaddress sub = {.len = 0};

    read_uui(&uui, option_word(w, "uui"));
    read_sub(&sub, option_word(w, "sub"));
    if (uui.present)
        isdn_call_uui(call, &uui);
    if (sub.len)
        isdn_call_connected_sub(call, &sub);
    isdn_call_indicators(call, read_indicators(option_word(w, "also")));
}

/* ---- told ---- */

static void put(char out[NET_WORDS_LEN], const char *name, const char *value)
{
    size_t n = strlen(out);

    snprintf(out + n, NET_WORDS_LEN - n, "%s=%s ", name, value);
}

static void put_octets(char out[NET_WORDS_LEN], const char *name, const uint8_t *p, size_t len)
{
    char hex[2 * 129 + 1] = "";

    for (size_t i = 0; i < len; i++)
        snprintf(hex + 2 * i, 3, "%02X", p[i]);
    put(out, name, hex);
}

static void put_uui(char out[NET_WORDS_LEN], const struct isdn_uui *u)
{
    uint8_t octets[129] = {u->protocol};

    memcpy(octets + 1, u->octets, u->len);
    if (u->present)
        put_octets(out, "uui", octets, u->len + 1u);
}

static void put_sub(char out[NET_WORDS_LEN], const char *name, const struct isdn_subaddress *s)
{
    if (s->len)
        put_octets(out, name, s->octets, s->len);
}

static void put_indicators(char out[NET_WORDS_LEN], uint16_t bits)
{
    char one[4];

    for (unsigned i = 0; i < 16; i++)
        if (bits >> i & 1) {
            snprintf(one, sizeof one, "%u", i);
            put(out, "pi", one);
        }
}

void net_words_of_setup(char out[NET_WORDS_LEN], const struct isdn_setup *s)
{
    char number[8];

    out[0] = '\0';
    put_uui(out, &s->uui);
    put_sub(out, "sub", &s->calling_sub);
    put_sub(out, "called-sub", &s->called_sub);
    put_indicators(out, s->indicators);
    if (s->diversion.first.digits[0])
        put(out, "original", s->diversion.first.digits);
    snprintf(number, sizeof number, "%u", s->diversion.count);
    put(out, "times", number);
    put(out, "keypad", s->keypad);
    put(out, "name", s->display);
}

void net_words_of_event(char out[NET_WORDS_LEN], const struct isdn_event *ev)
{
    out[0] = '\0';
    put_uui(out, &ev->uui);
    put_sub(out, "sub", &ev->connected_sub);
    put_indicators(out, ev->indicators);
    put(out, "name", ev->name);
}

void net_words_expect(const char *has, struct words *w)
{
    struct words rest = {tail(w, "carries")};
    struct rt_str one;
    char text[300];

    while ((one = word(&rest)).n > 0) {
        bool wanted = one.p[0] != '!';
        rt_str_copy(text, sizeof text, wanted ? one : (struct rt_str){one.p + 1, one.n - 1});
        if ((strstr(has, text) != NULL) != wanted)
            scn_fail("it carries %s", has);
    }
}
