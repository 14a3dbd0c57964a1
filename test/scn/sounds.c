/* Sound files that a scenario's plan names, and the recordings that came of it, in the fake
 * kernel's memory.
 */
#include "codec/tone.h"
#include "gw/rt/file.h"
#include "test/scn/scn.h"

#define RATE 8000

static void little(struct rt_buf *b, unsigned v, unsigned n)
{
    for (; n-- > 0; v >>= 8)
        rt_buf_put(b, &(unsigned char){(unsigned char)v}, 1);
}

/** A WAV of `ms`: a digit for 200 ms, then silence. */
static void write_sound(const char *path, char digit, unsigned ms)
{
    struct tone_spec spec = {.nsteps = 1, .dbm0 = -8};
    struct tone_player player = {.spec = NULL};
    struct rt_buf b = {0};
    int16_t pcm[RATE / 1000];

    tone_dtmf(digit, spec.step[0].hz);
    tone_start(&player, &spec);
    rt_buf_puts(&b, "RIFF");
    little(&b, 36 + ms * 16, 4);
    rt_buf_puts(&b, "WAVEfmt ");
    little(&b, 16, 4);
    little(&b, 1, 2); /* PCM */
    little(&b, 1, 2); /* channel */
    little(&b, RATE, 4);
    little(&b, RATE * 2, 4);
    little(&b, 2, 2);
    little(&b, 16, 2);
    rt_buf_puts(&b, "data");
    little(&b, ms * 16, 4);
    for (unsigned t = 0; t < ms; t++) {
        tone_play(&player, pcm, RATE / 1000);
        for (unsigned i = 0; i < RATE / 1000; i++)
            little(&b, t < 200 ? (uint16_t)pcm[i] : 0, 2);
    }
    rt_file_replace(path, b.p, b.n, 0644);
    rt_buf_release(&b);
}

void scn_sounds(struct rt_str script)
{
    while (script.n > 0) {
        struct words w = {rt_str_trim(rt_str_cut(&script, '\n'))};
        char path[128];
        uint64_t ms = 0;
        if (!rt_str_eq(word(&w), "SOUND"))
            continue;
        rt_str_copy(path, sizeof path, word(&w));
        struct rt_str digit = word(&w);
        if (digit.n != 1 || rt_str_u64(&ms, word(&w), 60000) != 0)
            scn_fail("SOUND PATH DIGIT MS");
        else
            write_sound(path, digit.p[0], (unsigned)ms);
    }
}

void scn_recorded(struct rt_str path, unsigned least, unsigned most)
{
    struct rt_buf file = {0};
    char name[256];

    rt_str_copy(name, sizeof name, path);
    if (rt_file_read(&file, name, (size_t)1 << 26) != 0) {
        scn_fail("there is no recording \"%s\"", name);
        return;
    }
    /* two channels of 16 bits; the header is 44 octets */
    size_t ms = file.n < 44 ? 0 : (file.n - 44) / 4 / (RATE / 1000);
    if (ms < least || ms > most)
        scn_fail("the recording has %zu ms", ms);
    rt_buf_release(&file);
}
