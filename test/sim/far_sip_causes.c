/* Q.850 causes as SIP statuses, by RFC 3398 7.2.4.1: written out here, so that the gateway's own
 * table is held against another one. */
#include "test/sim/far_sip.h"

int far_sip_status(unsigned cause)
{
    static const struct {
        unsigned cause;
        int status;
    } rows[] = {
        {1, 404},  {2, 404},  {3, 404},  {17, 486}, {18, 408},  {19, 480},  {20, 480},  {21, 403},
        {22, 410}, {23, 410}, {26, 404}, {27, 502}, {28, 484},  {29, 501},  {31, 480},  {34, 503},
        {38, 503}, {41, 503}, {42, 503}, {47, 503}, {55, 403},  {57, 403},  {58, 503},  {65, 488},
        {70, 488}, {79, 501}, {87, 403}, {88, 503}, {102, 504}, {111, 500}, {127, 500},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++)
        if (rows[i].cause == cause)
            return rows[i].status;
    return 500;
}
