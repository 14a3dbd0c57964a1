/* Frames of the D channel into a pcapng file, written as tandem writes its own. */
#include "test/exchange/trace.h"

#include "gw/pcapng.h"
#include "gw/trace_file.h"

#include <stdio.h>

static int open_one(struct ex_span *s)
{
    struct rt_buf head = {0};
    char name[16];

    snprintf(name, sizeof name, "span %u", s->rule->cfg.id);
    gw_pcapng_section(&head);
    gw_pcapng_interface(&head, GW_PCAPNG_LINUX_LAPD, name);
    int err = gw_trace_files_new(&s->traces, s->ex->loop, &head);
    if (err == 0)
        err = gw_trace_file_open(&s->trace, s->traces, s->rule->trace);
    rt_buf_release(&head);
    return err;
}

int ex_traces_open(struct exchange *ex)
{
    int err = 0;

    for (unsigned i = 0; i < ex->rules.nspans && err == 0; i++)
        if (ex->spans[i].rule->trace)
            err = open_one(&ex->spans[i]);
    return err;
}

void ex_trace_close(struct ex_span *s)
{
    if (s->traces)
        gw_trace_files_free(s->traces);
    s->traces = NULL;
    s->trace = NULL;
}

void ex_trace(void *arg, struct isdn_call *call, bool sent, const char *name, const uint8_t *frame,
              size_t len)
{
    const struct ex_span *s = arg;
    uint8_t header[GW_PCAPNG_LAPD_LEN];
    struct rt_buf block = {0};

    (void)call;
    (void)name;
    if (!s->trace)
        return;
    gw_pcapng_lapd(header, sent, ex_span_network(s));
    gw_pcapng_packet(&block,
                     &(struct gw_pcapng_packet){.wall = rt_wall(),
                                                .sent = sent,
                                                .part = {{(const char *)header, sizeof header},
                                                         {(const char *)frame, len}}});
    if (!block.failed)
        gw_trace_file_put(s->trace, rt_buf_str(&block));
    rt_buf_release(&block);
}
