/* enumask: gw/enum.h on the real kernel and a real name server, without a call.
 *
 *   enumask ADDRESS:PORT SUFFIX TIMEOUT-MS [SERVICE ...] < NUMBERS
 *
 * For each line of its input, a number, one line: `found`, `not in ENUM` or `unknown`, how many
 * milliseconds it took, `asked` or `cached`, `new` or `stale`, and the URIs; with tabs between
 * them. Between two lines no time is kept. Exit 2 for a wrong usage.
 */
#include "gw/enum.h"

#include <stdio.h>
#include <stdlib.h>

static struct rt_loop *loop;

static void tell(void *arg, const struct gw_enum_answer *a)
{
    (void)arg;
    printf("%s\t%lld\t%s\t%s", gw_enum_result_text(a->result), (long long)(a->took / RT_MS),
           a->cached ? "cached" : "asked", a->stale ? "stale" : "new");
    for (unsigned i = 0; i < a->n; i++)
        printf("\t%s", a->uri[i].text);
    printf("\n");
    fflush(stdout);
    rt_loop_stop(loop);
}

static int serve(struct gw_enum *e, const struct gw_enum_config *cfg)
{
    char line[256];
    struct gw_enum_query *q;
    struct dp_number n;
    int err = 0;

    while (err == 0 && fgets(line, sizeof line, stdin)) {
        if (dp_number_parse(&n, rt_str_trim(rt_str(line))) != 0)
            return 2;
        err = gw_enum_ask(&q, e, cfg, &n, tell, NULL);
        if (err == 0)
            err = rt_loop_run(loop);
    }
    return err != 0;
}

int main(int argc, char **argv)
{
    struct rt_dns_config names = {.nservers = 1};
    struct rt_dns *dns = NULL;
    struct gw_enum *e = NULL;

    if (argc < 4 || rt_addr_parse(&names.server[0], argv[1], strlen(argv[1]), 53) != 0) {
        fprintf(stderr, "usage: enumask ADDRESS:PORT SUFFIX TIMEOUT-MS [SERVICE ...]\n");
        return 2;
    }
    struct gw_enum_config cfg = {.rules = {.suffix = argv[2],
                                           .service = (const char *const *)argv + 4,
                                           .nservices = (unsigned)argc - 4},
                                 .timeout = atoi(argv[3]) * RT_MS,
                                 .cache = GW_ENUM_CACHE,
                                 .negative = GW_ENUM_NEGATIVE};
    int status = 1;
    if (rt_loop_new(&loop, "enumask") == 0 && rt_dns_new(&dns, loop, &names) == 0 &&
        gw_enum_new(&e, loop, dns, 0) == 0)
        status = serve(e, &cfg);
    gw_enum_free(e);
    rt_dns_free(dns);
    rt_loop_free(loop);
    return status;
}
