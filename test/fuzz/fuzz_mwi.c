/* Message summaries. Slices of what was understood lie inside the body, and the same facts written
 * anew are understood as the same.
 */
#include "gw/message_summary.h"
#include "test/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str body = {(const char *)data, size};
    struct gw_message_summary m, again;
    struct rt_buf text = {0};

    if (gw_message_summary_read(&m, body) != 0)
        return 0;
    fuzz_check(m.account.n == 0 ||
               (m.account.p >= body.p && m.account.p + m.account.n <= body.p + body.n));
    rt_buf_printf(&text, "Messages-Waiting: %s\r\nVoice-Message: %u/%u\r\n",
                  m.waiting ? "yes" : "no", m.fresh, m.old);
    fuzz_check(gw_message_summary_read(&again, rt_buf_str(&text)) == 0);
    fuzz_check(again.waiting == m.waiting && again.fresh == m.fresh && again.old == m.old &&
               again.account.n == 0);
    rt_buf_release(&text);
    return 0;
}
