/* Call-progress tones of the countries: the table against E.180 supplement 2 as written down here,
 * and each tone, played by tone_play(), is heard by the ear as what it is. */
#include "test/unit/ear_sound.h"
#include "codec/tone.h"
#include "dialplan/dialplan.h"

#include <stdio.h>

/** `425/480,0/480` as in the tables of zones: one tone or two, milliseconds, and silence. */
static char *written(char out[128], const struct tone_spec *spec)
{
    int at = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < spec->nsteps; i++) {
        const struct tone_step *s = &spec->step[i];
        at += snprintf(out + at, 128 - (size_t)at, "%s%g", i ? "," : "", (double)s->hz[0]);
        if (s->hz[1] > 0)
            at += snprintf(out + at, 128 - (size_t)at, "+%g", (double)s->hz[1]);
        if (s->on)
            at += snprintf(out + at, 128 - (size_t)at, "/%u", s->on);
        if (s->off)
            at += snprintf(out + at, 128 - (size_t)at, ",0/%u", s->off);
    }
    return out;
}

START_TEST(the_table_has_each_countrys_tones)
{
#define INFO "950/330,1400/330,1800/330,0/1000"
    static const struct {
        const char *country, *tone[TONE_KINDS];
    } rows[] = {
        {"at",
         {"", "420", "420/1000,0/5000", "420/400,0/400", "420/200,0/200",
          "950/330,1450/330,1850/330,0/1000"}},
        {"ca",
         {"", "350+440", "440+480/2000,0/4000", "480+620/500,0/500", "480+620/250,0/250", INFO}},
        {"ch", {"", "425", "425/1000,0/4000", "425/500,0/500", "425/200,0/200", INFO}},
        {"de", {"", "425", "425/1000,0/4000", "425/480,0/480", "425/240,0/240", INFO}},
        {"es",
         {"", "425", "425/1500,0/3000", "425/200,0/200",
          "425/200,0/200,425/200,0/200,425/200,0/600", INFO}},
        {"fr", {"", "440", "440/1500,0/3500", "440/500,0/500", "440/250,0/250", INFO}},
        {"gb",
         {"", "350+440", "400+450/400,0/200,400+450/400,0/2000", "400/375,0/375",
          "400/400,0/350,400/225,0/525", INFO}},
        {"it",
         {"", "425/200,0/200,425/600,0/1000", "425/1000,0/4000", "425/500,0/500", "425/200,0/200",
          INFO}},
        {"nl", {"", "425", "425/1000,0/4000", "425/500,0/500", "425/250,0/250", INFO}},
        {"pl", {"", "425", "425/1000,0/4000", "425/500,0/500", "425/500,0/500", INFO}},
        {"us",
         {"", "350+440", "440+480/2000,0/4000", "480+620/500,0/500", "480+620/250,0/250", INFO}},
        {"xx", {"", "425", "425/1000,0/4000", "425/500,0/500", "425/250,0/250", INFO}},
    };
    char text[128];

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned kind = TONE_DIAL; kind < TONE_KINDS; kind++)
            ck_assert_msg(strcmp(written(text, tone_country(rows[i].country, (enum tone_kind)kind)),
                                 rows[i].tone[kind]) == 0,
                          "%s %u: %s", rows[i].country, kind, text);
}
END_TEST

static const uint16_t bits[TONE_KINDS] = {[TONE_DIAL] = EAR_HEARD_DIAL,
                                          [TONE_RINGBACK] = EAR_HEARD_RINGBACK,
                                          [TONE_BUSY] = EAR_HEARD_BUSY,
                                          [TONE_CONGESTION] = EAR_HEARD_CONGESTION,
                                          [TONE_SIT] = EAR_HEARD_SIT};

static struct sound sound;
static struct found found[LANES];

/** What is heard of a tone played for so long: the kind that began, in every lane. */
static unsigned heard(const char *country, enum tone_kind kind, unsigned ms)
{
    static int16_t pcm[SOUND_MS * 8];
    struct ear_config config = EAR_CONFIG_DEFAULT;
    struct tone_player player;
    unsigned begun = 0;

    sound.n = 0;
    sound_silence(&sound, 300);
    tone_start(&player, tone_country(country, kind));
    tone_play(&player, pcm, ms * 8);
    size_t from = sound.n;
    sound_silence(&sound, ms);
    for (size_t i = 0; i < ms * 8; i++)
        sound.x[from + i] = pcm[i];
    sound_silence(&sound, 5500);
    config.country = country;
    sound_hear(&sound, found, EAR_PROGRESS, &config);
    for (unsigned k = TONE_DIAL; k < TONE_KINDS; k++)
        for (unsigned l = 0; l < LANES; l++)
            if (found[l].begun[sound_bit(bits[k])])
                begun |= 1u << k;
    return begun;
}

START_TEST(each_tone_is_heard_as_what_it_is)
{
    static const unsigned ms[TONE_KINDS] = {[TONE_DIAL] = 8500,
                                            [TONE_RINGBACK] = 17000,
                                            [TONE_BUSY] = 4800,
                                            [TONE_CONGESTION] = 4800,
                                            [TONE_SIT] = 1500};

    for (const char *const *c = dp_country_names(); *c; c++)
        for (unsigned kind = TONE_DIAL; kind < TONE_KINDS; kind++) {
            unsigned is = heard(*c, (enum tone_kind)kind, ms[kind]), want = 1u << kind;
            bool alike =
                kind == TONE_CONGESTION && (strcmp(*c, "pl") == 0 || strcmp(*c, "es") == 0);
            if (alike) /* Poland's congestion is its busy tone, Spain's begins like it */
                want = is & (1u << TONE_BUSY | 1u << TONE_CONGESTION);
            ck_assert_msg(is == want && is != 0, "%s %u: heard %x", *c, kind, is);
        }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tone countries");
    TCase *tc = tcase_create("tone countries");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_table_has_each_countrys_tones);
    tcase_add_test(tc, each_tone_is_heard_as_what_it_is);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
