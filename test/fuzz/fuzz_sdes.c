/* Any text as the value of SDP's attributes of security: crypto, fingerprint, candidate. A crypto
 * line that is taken is written and must be read again as the same. */
#include "codec/dtls.h"
#include "codec/ice.h"
#include "codec/sdes.h"
#include "test/fuzz/fuzz.h"

static void again(const struct sdes_line *line)
{
    struct rt_buf out = {0};
    struct sdes_line same;

    sdes_write(&out, line);
    struct rt_str text = rt_str_trim(rt_buf_str(&out));
    rt_str_cut(&text, ':');
    fuzz_check(sdes_parse(&same, text) == 0);
    fuzz_check(same.tag == line->tag && same.lifetime == line->lifetime);
    fuzz_check(media_srtp_keys_equal(&same.keys, &line->keys));
    rt_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str text = {(const char *)data, size};
    struct sdes_line line;
    struct dtls_fingerprint print;
    struct ice_candidate candidate;

    if (sdes_parse(&line, text) == 0)
        again(&line);
    if (dtls_fingerprint_parse(&print, text) == 0)
        fuzz_check(print.n > 0 && print.n <= DTLS_DIGEST_MAX);
    if (ice_candidate_parse(&candidate, text) == 0)
        fuzz_check(candidate.component >= 1 && candidate.component <= ICE_COMPONENTS);
    return 0;
}
