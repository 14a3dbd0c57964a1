/* How a recording differs from what was said, as an ear would notice it: the distance of the two
 * spectra in critical bands, wherever in time the sound has come to lie.
 *
 * A signal-to-noise ratio asks for the same waveform. Speech codecs do not keep it, and a playout
 * buffer stretches time; neither need be heard. What counts here is the power in each critical band
 * (Zwicker's 18 up to 4 kHz) of 32 ms, as Bark spectral distortion has it (Wang, Sekey, Gersho
 * 1992), in dB over what louder bands beside it and the room would mask. Each 8 ms of the
 * reference is compared with the place of the recording that dynamic programming gives it: small
 * steps in time are cheap, a jump costs as much as a bad block. So a few ms of stretching and a cut
 * pause count little, lost and made-up sound counts.
 *
 * Its limits: it is no PESQ or POLQA and gives no MOS; delay and its changes are not judged; a gain
 * of the whole is taken out; pauses of the reference are not looked at, so what comes instead of
 * silence is not either.
 */
#ifndef TEST_AUDIO_BARK_H
#define TEST_AUDIO_BARK_H

#include <stddef.h>
#include <stdint.h>

struct audio_bark {
    double db;          /**< mean over blocks with speech of the RMS over the bands */
    double bad_percent; /**< of these blocks: more than AUDIO_BARK_BAD apart */
    unsigned blocks;    /**< of 8 ms, with speech in the reference */
};

/** dB: so different are blocks whose sound is another one. */
#define AUDIO_BARK_BAD 8.0
/** dB: where the recording has nothing. */
#define AUDIO_BARK_NOTHING 20.0

/** `lag`: rec[i + lag] is about ref[i]; it is looked for within 400 ms of that. ENOMEM; EINVAL when
 * there is no speech in the reference, or nothing of the recording is there. */
int audio_bark(struct audio_bark *out, const int16_t *ref, size_t nref, const int16_t *rec,
               size_t nrec, long lag);

#endif
