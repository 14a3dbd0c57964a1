"""sipp scenarios, put together from pieces: a test says what happens in the order it happens."""

HEAD = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="%s">\n'
TAIL = "</scenario>\n"

SDP = """v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[local_ip_type] [local_ip]
t=0 0
m=audio [rtp_port] RTP/AVP [pt] 101
a=rtpmap:[pt] [codec]/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
"""


def _send(text, retrans=False):
    return "<send%s><![CDATA[\n%s]]></send>\n" % (' retrans="500"' if retrans else "", text)


def _request(method, uri, cseq, routes="[routes]\n", tag="[peer_tag_param]", extra="", body=""):
    """A request of the caller's side."""
    return (f"{method} {uri} SIP/2.0\n"
            "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
            f"{routes}"
            "From: <sip:[caller]@[local_ip]:[local_port]>;tag=[pid]c[call_number]\n"
            f"To: <sip:[service]@[remote_ip]:[remote_port]>{tag}\n"
            f"Call-ID: [call_id]\nCSeq: {cseq} {method}\n"
            "Contact: <sip:[caller]@[local_ip]:[local_port];transport=[transport]>\n"
            f"Max-Forwards: 70\n{extra}Content-Length: [len]\n\n{body}")


def _response(status, tag=";tag=[pid]s[call_number]", extra="", body=""):
    return (f"SIP/2.0 {status}\n[last_Via:]\n[last_From:]\n[last_To:]{tag}\n[last_Call-ID:]\n"
            "[last_CSeq:]\n[last_Record-Route:]\n"
            "Contact: <sip:[local_ip]:[local_port];transport=[transport]>\n"
            f"{extra}Content-Length: [len]\n\n{body}")


WITH_SDP = "Content-Type: application/sdp\n"

PIECES = {
    # caller
    "invite": _send(_request("INVITE", "sip:[service]@[remote_ip]:[remote_port];user=phone", 1, "",
                             "", WITH_SDP, SDP), True),
    "early": '<recv response="100" optional="true"/><recv response="183" optional="true"/>'
             '<recv response="180" optional="true"/><recv response="183" optional="true"/>\n',
    "answered": '<recv response="200" rrs="true"/>\n'
                + _send(_request("ACK", "[next_url]", 1)),
    "bye": _send(_request("BYE", "[next_url]", 2), True) + '<recv response="200"/>\n',
    "refused-ack": _send(_request("ACK", "sip:[service]@[remote_ip]:[remote_port];user=phone", 1,
                                  "")),
    # called
    "invited": '<recv request="INVITE" rrs="true"/>\n',
    "ring": _send(_response("180 Ringing")),
    "answer": _send(_response("200 OK", extra=WITH_SDP, body=SDP), True)
              + '<recv request="ACK" crlf="true"/>\n',
    # the called side's own BYE: what it saw as From and To changes places
    "bye-back": _send("BYE [next_url] SIP/2.0\n"
                      "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n[routes]\n"
                      "From[$to]\nTo[$from]\n[last_Call-ID:]\nCSeq: 7 BYE\nMax-Forwards: 70\n"
                      "Content-Length: 0\n\n", True) + '<recv response="200"/>\n',
    # both
    "byed": '<recv request="BYE"/>\n' + _send(_response("200 OK", tag="")),
    "pause": "<pause/>\n",
    "moment": '<pause milliseconds="300"/>\n',
}


def refused(status):
    return f'<recv response="{status}"/>\n' + PIECES["refused-ack"]


# keeps To and From of the INVITE's 200 for "bye-back"
KEEP = ('<recv request="INVITE" rrs="true"><action>'
        '<ereg regexp=":.*" search_in="hdr" header="From" assign_to="from"/>'
        '<ereg regexp=":.*" search_in="hdr" header="To" assign_to="to0"/>'
        '<assignstr assign_to="to" value="[$to0];tag=[pid]s[call_number]"/>'
        "</action></recv>\n<Reference variables=\"to0\"/>\n")
PIECES["invited-keep"] = KEEP


def scenario(name, *pieces):
    """The text of a sipp scenario. A piece is a name of PIECES or the XML itself."""
    return HEAD % name + "".join(PIECES.get(p, p) for p in pieces) + TAIL


CALLER = ("invite", "early", "answered", "pause", "bye")
CALLER_RELEASED = ("invite", "early", "answered", "byed")
CALLED = ("invited", "ring", "moment", "answer", "byed")
CALLED_RELEASES = ("invited-keep", "ring", "moment", "answer", "pause", "bye-back")
