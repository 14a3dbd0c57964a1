/* `show alarms`, `acknowledge`, `show series`, `show log`. */
#include "gw/admin/control_priv.h"
#include "gw/alarm.h"
#include "gw/log_ring.h"
#include "gw/series.h"

#include <stdio.h>

/* ---- alarms ---- */

void gw_answer_alarm(struct gw_answer *a, const struct gw_alarm *alarm)
{
    const struct gw_alarm_about *about = gw_alarm_about(alarm->kind);

    gw_answer_begin(a, "alarms");
    gw_answer_number(a, "id", (int64_t)alarm->id);
    gw_answer_text(a, "kind", about->name);
    gw_answer_text(a, "severity", gw_severity_name(alarm->severity));
    gw_answer_text(a, "object", alarm->object);
    gw_answer_text(a, "text", alarm->text);
    gw_answer_time(a, "raised_time", alarm->raised);
    gw_answer_time(a, "cleared_time", alarm->cleared);
    gw_answer_text(a, "acknowledged", alarm->acknowledged);
    gw_answer_text(a, "means", about->means);
    gw_answer_text(a, "remedy", about->remedy);
    gw_answer_end(a);
}

struct listing {
    struct gw_answer *answer;
    bool all;
    unsigned n;
};

static void list(void *arg, const struct gw_alarm *alarm)
{
    struct listing *l = arg;

    if (alarm->cleared != 0 && !l->all)
        return;
    gw_answer_alarm(l->answer, alarm);
    l->n++;
}

int gw_show_alarms(struct gw_answer *a, const struct gw_args *args)
{
    struct listing l = {.answer = a, .all = gw_args_option(args, "--all") != NULL};

    gw_alarms_each(a->gw->alarms, list, &l);
    if (l.n == 0)
        snprintf(a->note, sizeof a->note, "no alarms");
    return GW_EXIT_OK;
}

/** Everybody is told when the user's name is known: gw_request_note(). */
int gw_verb_acknowledge(struct gw_answer *a, const struct gw_args *args)
{
    char who[64];
    uint64_t id;

    if (rt_str_u64(&id, rt_str(args->arg[0]), INT64_MAX) != 0)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.20s: not the number of an alarm", args->arg[0]);
    snprintf(who, sizeof who, "uid %u", a->uid);
    if (gw_alarm_seen(a->gw->alarms, id, a->who ? a->who : who) != 0)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.20s: no such alarm", args->arg[0]);
    a->seen = id;
    snprintf(a->note, sizeof a->note, "alarm %.20s acknowledged", args->arg[0]);
    return GW_EXIT_OK;
}

/* ---- series ---- */

static void answer_sample(struct gw_answer *a, const struct gw_sample *s)
{
    gw_answer_begin(a, "series");
    gw_answer_time(a, "time", s->at);
    gw_answer_number(a, "calls", s->calls);
    gw_answer_number(a, "peak", s->peak);
    gw_answer_number(a, "attempts", s->attempts);
    gw_answer_number(a, "seizures", s->seizures);
    gw_answer_number(a, "answers", s->answers);
    gw_answer_number(a, "effective", s->effective);
    gw_answer_number(a, "talk_ms", (int64_t)s->talk_ms);
    gw_answer_number(a, "ended", s->ended);
    gw_answer_number(a, "pdd_ms", (int64_t)s->pdd_ms);
    gw_answer_number(a, "rung", s->rung);
    gw_answer_decimal(a, "mos", s->mos > 0 ? s->mos_sum / 100.0 / s->mos : 0);
    gw_answer_number(a, "mos_samples", s->mos);
    gw_answer_number(a, "cpu_permille", s->cpu_permille);
    gw_answer_end(a);
}

int gw_show_series(struct gw_answer *a, const struct gw_args *args)
{
    bool minutes = gw_args_option(args, "--minutes") != NULL;
    const struct gw_sample *s;
    unsigned n = 0;

    for (; (s = gw_series_at(a->gw->series, minutes, n)); n++)
        answer_sample(a, s);
    if (n == 0)
        snprintf(a->note, sizeof a->note, "nothing yet");
    return GW_EXIT_OK;
}

/* ---- log ---- */

int gw_show_log(struct gw_answer *a, const struct gw_args *args)
{
    const char *word = gw_args_option(args, "--level");
    enum rt_level level = RT_DEBUG;
    struct gw_log_line line;
    uint64_t at = 0;
    unsigned n = 0;

    if (word && rt_log_level_parse(&level, rt_str(word)) != 0)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.20s: none of error, warn, notice, info, debug",
                              word);
    while (gw_log_ring_next(&at, &line)) {
        if (line.level > level)
            continue;
        gw_answer_begin(a, "log");
        gw_answer_time(a, "time", line.at);
        gw_answer_text(a, "level", rt_log_level_name(line.level));
        gw_answer_text(a, "subsystem", rt_log_subsys_name(line.subsystem));
        gw_answer_text(a, "text", line.text);
        gw_answer_end(a);
        n++;
    }
    if (n == 0)
        snprintf(a->note, sizeof a->note, "no such lines");
    return GW_EXIT_OK;
}
