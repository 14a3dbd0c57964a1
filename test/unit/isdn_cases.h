/* Tests of calls that run in several variants and from either side: case 2n from the network, 2n +
 * 1 from the user.
 */
#ifndef TEST_UNIT_ISDN_CASES_H
#define TEST_UNIT_ISDN_CASES_H

#include "test/unit/isdn_rig.h"

static const char *const variants[] = {"euroisdn", "qsig", "ni2"};
static unsigned from, to;
static const char *variant;

static inline void in_variant(struct isdn_span_config *cfg)
{
    cfg->variant = variant;
}

static inline void open_case(int i)
{
    variant = variants[i / 2];
    from = (unsigned)i % 2;
    to = !from;
    rig_open(in_variant);
    rig_up();
}

static inline void moment(void)
{
    fake_advance(100 * RT_MS);
}

#endif
