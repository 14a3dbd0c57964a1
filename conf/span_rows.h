/* Statements of a span that tandem's language and the exchange's rule file have in common. */
#ifndef CONF_SPAN_ROWS_H
#define CONF_SPAN_ROWS_H

#include "conf/conf.h"

/** Rows of a schema; the names of timers and counters are those of isdn/timer.c. */
#define CONF_SPAN_ROWS                                                                             \
    {"span",                                                                                       \
     "nfas",                                                                                       \
     CONF_ONCE,                                                                                    \
     {{.type = CONF_UINT, .min = 1, .max = 9999},                                                  \
      {.label = "interface", .type = CONF_UINT, .min = 1, .max = 30},                              \
      {.type = CONF_KEYWORD, .words = "backup", .optional = true}},                                \
     "Calls are signalled over the D channel of that span: our interface identifier there, and "   \
     "whether the second D channel is here."},                                                     \
        {"span",                                                                                   \
         "timer",                                                                                  \
         0,                                                                                        \
         {{.type = CONF_KEYWORD,                                                                   \
           .words = "t301|t302|t303|t304|t305|t306|t308|t309|t310|t312|t313|t316|t322|t200|t202|"  \
                    "t203"},                                                                       \
          {.type = CONF_DURATION}},                                                                \
         "A timer of Q.931 table 9-1 or of Q.921; `show span N` lists them."},                     \
    {                                                                                              \
        "span", "counter", 0,                                                                      \
            {{.type = CONF_KEYWORD, .words = "n316|n200|n202|k"},                                  \
             {.type = CONF_UINT, .min = 1, .max = 127}},                                           \
            "A count of Q.931 or Q.921."                                                           \
    }

#endif
