/* Another plan in the running gateway: the scenario's own, changed in one place. */
#include "scn.h"

#include "gw/apply.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#define FILE_NAME "/scenario.conf"

static struct gw_apply *apply;
static bool answered;

static void on_applied(void *arg, const struct gw_apply_result *r)
{
    (void)arg;
    answered = true;
    if (r->err != 0)
        scn_fail("the plan is refused:\n%.*s", RT_STR(r->errors));
}

static void put_file(struct rt_str text)
{
    if (rt_file_replace(FILE_NAME, text.p, text.n, 0644) != 0)
        scn_fail("%s cannot be written", FILE_NAME);
}

/** The gateway has started with this plan. */
static void begin(struct gw *gw, struct rt_str text)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_sources sources = {.n = 0};
    struct conf_reader reader = gw_sources_record(&sources);
    struct gw_plan *same = NULL;

    put_file(text);
    if (gw_plan_load_through(&same, FILE_NAME, &reader, NULL, &diag) != 0 ||
        gw_apply_new(&apply, gw, FILE_NAME, &sources) != 0)
        scn_fail("the plan cannot be changed");
    gw_plan_unref(same);
    conf_diag_release(&diag);
}

void apply_plan(struct gw *gw, struct rt_str before, struct rt_str after)
{
    if (!apply)
        begin(gw, before);
    if (scn_failed())
        return;
    put_file(after);
    answered = false;
    gw_apply_await(
        gw_apply_submit(apply, &(struct gw_apply_request){.kind = GW_APPLY_FILE, .who = "script"}),
        on_applied, NULL);
    fake_settle();
    if (!answered)
        scn_fail("nothing came of the plan");
}

void apply_stop(void)
{
    gw_apply_free(apply);
    apply = NULL;
}
