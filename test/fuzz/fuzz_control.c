/* Fuzzes the control socket's requests: whatever comes, the answer is JSON lines, the last of which
 * alone has "exit". The gateway behind it is real, under the fake kernel.
 */
#include "gw/admin/control.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"
#include "test/fuzz/fuzz.h"

#include <jansson.h>

static const char plan_text[] = "version 1\n"
                                "sip {\n    listen udp:127.0.0.1:5060\n}\n"
                                "media {\n    address 127.0.0.1\n    ports 16384-16483\n"
                                "    codecs pcma\n}\n"
                                "site berlin {\n    dialling de area 30\n}\n"
                                "trunk pbx {\n    sip sip:127.0.0.1:5062\n"
                                "    accept from 127.0.0.1\n    numbers e164\n}\n"
                                "routes from pbx {\n    * -> pbx\n}\n";

static void quiet(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    (void)sub;
    (void)level;
    (void)line;
}

static struct gw *make_gateway(void)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf why = {0};
    struct gw_plan *plan;
    struct rt_loop *loop;
    struct gw *gw = NULL;

    fake_reset();
    rt_log_sink(quiet, NULL);
    if (rt_loop_new(&loop, "fuzz") != 0 ||
        gw_plan_parse(&plan, "fuzz.conf", rt_str(plan_text), &diag) != 0 ||
        gw_start(&gw, loop, plan, &why) != 0)
        abort();
    conf_diag_release(&diag);
    return gw;
}

static void check_answer(struct rt_str answer)
{
    fuzz_check(answer.n > 0);
    while (answer.n > 0) {
        struct rt_str line = rt_str_cut(&answer, '\n');
        json_t *j = json_loadb(line.p, line.n, 0, NULL);
        fuzz_check(json_is_object(j));
        fuzz_check(!json_object_get(j, "exit") == (answer.n > 0));
        json_decref(j);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gw *gw;
    struct rt_str rest = {(const char *)data, size};

    if (!gw)
        gw = make_gateway();
    while (rest.n > 0) {
        struct rt_buf out = {0};
        bool stop = false;
        gw_control_answer(gw, rt_str_cut(&rest, '\n'), &out, &stop);
        check_answer(rt_buf_str(&out));
        rt_buf_release(&out);
    }
    return 0;
}
