/* Challenges to our requests (RFC 3261 22.2, 22.3): what answers them, and who we say we are from
 * then on.
 */
#include "sip/digest.h"
#include "sip/session.h"

bool sip_session_authorise(struct sip_session *s, const struct sip_msg *m, const char *method,
                           const char *uri, const struct sip_body *body, struct rt_buf *lines)
{
    if (!s->opt.credentials)
        return false;
    return sip_digest_answer(&s->auth, s->opt.credentials, &m->pub, rt_str(method), rt_str(uri),
                             body ? body->data : rt_str(""), lines) &&
           !lines->failed;
}

void sip_session_believed(struct sip_session *s, const struct sip_msg *m)
{
    if (s->opt.credentials && m->pub.status != 401 && m->pub.status != 407)
        sip_digest_believed(&s->auth);
}

void sip_session_introduce(struct sip_session *s, const char *method, const char *uri,
                           const struct sip_body *body, struct rt_buf *lines)
{
    if (s->opt.credentials)
        sip_digest_repeat(&s->auth, s->opt.credentials, rt_str(method), rt_str(uri),
                          body ? body->data : rt_str(""), lines);
}
