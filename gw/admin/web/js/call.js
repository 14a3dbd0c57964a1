/* One call: record, way, messages, causes, sound; in one page. */
import {h, fill, button} from "./h.js";
import {get, may, part, send} from "./api.js";
import {ask} from "./dialog.js";
import * as live from "./live.js";
import {explanation} from "./explain.js";
import {about, duration, mos, number, place, state, when, withPlaces} from "./format.js";
import {release} from "./calls.js";
import {soundBars} from "./plot.js";
import {facts, into, section, table} from "./table.js";

const side =
    (r, x) => [r[x + "_trunk"], r[x + "_channel"] ? h("small", {}, " " + r[x + "_channel"]) : null];

function summary(r) {
    return facts([
        ["State", r.state ? state(r.state) : "over"],
        ["Caller", number(r.caller)],
        ["Called", number(r.called)],
        ["Connected to", r.connected && number(r.connected)],
        ["From", side(r, "from")],
        ["To", side(r, "to")],
        ["Begun", when(r.start_time)],
        ["Rang", when(r.ring_time)],
        ["Answered", when(r.answer_time)],
        ["Over", when(r.end_time)],
        ["Length", duration(r.duration_ms)],
        ["Talk", duration(r.talk_ms)],
        ["Caller as it came in", r.caller_in],
        ["Called as it came in", r.called_in],
        ["Caller as it went out", r.caller_out],
        ["Called as it went out", r.called_out],
        ["Redirected by", r.redirecting],
        ["Presentation", r.presentation],
        ["Codecs", [r.codec_a, r.codec_b].filter(Boolean).join(" | ")],
        ["Bearer", r.bearer],
        ["Encrypted", [r.srtp_a, r.srtp_b].filter(Boolean).join(" | ")],
        ["Route", r.route_rule && place(r.route_rule)],
        ["Group", r.group],
        ["Deck", r.deck],
        ["Cost", r.cost],
        ["Price", r.price],
        ["Customer", r.customer],
        ["Recording", r.recording],
        ["SIP Call-ID", r.sip_call_id],
        ["Id", r.call_id],
        ["Plan", r.generation],
    ]);
}

function causes(r) {
    if (!r.cause_q850)
        return h("p.soft", {}, "It goes on.");
    return facts([
        ["Cause (Q.850)", `${r.cause_q850} ${r.cause ?? ""}`],
        ["Location", r.location ?? r.cause_location],
        ["SIP status", r.sip_status],
        ["Released by", r.released_by],
        ["In words", r.cause_text],
        ["Rule", r.cause_rule && withPlaces(r.cause_rule)],
    ]);
}

const sideName = (leg) => (leg === "a" ? "the caller's side" : "the called side");

const SOUND = [
    {label: "Way", cell: (s) => `${s.direction} ${sideName(s.leg)}`},
    {label: "Codec", cell: (s) => s.codec},
    {label: "MOS", kind: "num", cell: (s) => mos(s.mos)},
    {label: "Worst", kind: "num", cell: (s) => mos(s.mos_worst)},
    {
        label: "Loss",
        kind: "num",
        cell: (s) => (s.loss_percent === undefined ? "" : `${s.loss_percent} %`)
    },
    {
        label: "Discarded",
        kind: "num",
        cell: (s) => (s.discard_percent === undefined ? "" : `${s.discard_percent} %`)
    },
    {
        label: "Jitter",
        kind: "num",
        cell: (s) => (s.jitter_ms === undefined ? "" : `${s.jitter_ms} ms`)
    },
    {label: "Delay", kind: "num", cell: (s) => (s.one_way_ms ? `${s.one_way_ms} ms` : "")},
    {label: "Echo", kind: "num", cell: (s) => (s.line_echo_db ? `${s.line_echo_db} dB` : "")},
    {label: "Noticed", cell: (s) => s.faults},
];

/** Figures for each direction, and how each went over time. */
function sound(items) {
    const sums = items.filter((s) => s.type === "sound");
    const steps = items.filter((s) => s.type === "sound_step");
    const sides = [...new Set(steps.map((s) => s.direction))];

    return [
        sums.length > 0 ? table(SOUND, sums) : null,
        sides.map((a) => h("figure.sound", {},
                           h("figcaption", {},
                             `from ${sideName(a)}, ${
                                 about(steps.find((s) => s.direction === a).step_ms)} a bar`),
                           soundBars(steps.filter((s) => s.direction === a)))),
        sums.length === 0
            ? h("p.soft", {}, "Nothing was measured: it had no RTP, or it is too short.")
            : null
    ];
}

function ladder(id, messages, stamp) {
    return [
        h("div.scroll.ladder", {}, h("img", {
              src: `/api/v1/calls/${part(id)}/ladder.svg?${stamp}`,
              alt: `${messages.length} messages; they are listed below`
          })),
        h("details", {}, h("summary", {}, "The messages as text"),
          table(
              [
                  {label: "At", kind: "num", cell: (m) => `${(m.at_ms / 1000).toFixed(3)} s`},
                  {label: "Side", cell: (m) => m.side},
                  {label: "Way", cell: (m) => (m.sent ? "sent" : "received")},
                  {label: "Message", cell: (m) => m.text},
              ],
              messages))
    ];
}

function record(r, refresh) {
    ask({
        title: "Record this call",
        text: "Whoever speaks may have to be told; that is for you to know.",
        fields: [{name: "switch", label: "Recording", options: [["on", "begin"], ["off", "end"]]}],
        action: "Do it",
        run: (v) => send("POST", `/calls/${part(r.call)}/recording`, v)
    }).then((done) => done && refresh());
}

function mcid(r, refresh) {
    ask({
        title: "Malicious call",
        text: "The exchange is asked to identify the caller and to keep it.",
        action: "Ask it",
        run: (v) => send("POST", `/calls/${part(r.call)}/mcid`, v)
    }).then((done) => done && refresh());
}

function tools(r, refresh) {
    const going = r.state && r.state !== "over";
    const id = r.call ?? r.call_id, href = `/api/v1/calls/${part(id)}/trace.pcapng`;
    return [
        may("operator") ? h("a.button", {href, download: `call-${id}.pcapng`}, "Capture") : null,
        going && may("operator") ? [button("Record", () => record(r, refresh)),
                                    button("Malicious call", () => mcid(r, refresh)),
                                    button("Release", () => release(r, refresh), "danger")] : null,
    ];
}

export function call(main, {match: id}) {
    const box = h("div"), heading = main.querySelector("h1");
    let over = false;

    main.prepend(h("p.crumb", {}, h("a", {href: "/calls"}, "Calls")));
    main.append(box);

    const way = (r) => {
        const e = h("div");
        if (r.explain?.steps)
            fill(e, explanation(r.explain));
        else
            get(`/calls/${part(id)}/explain`)
                .then(({items}) => fill(e, explanation(items[0])))
                .catch((why) => fill(e, h("p.soft", {}, why.message)));
        return e;
    };
    const show = ([r, items]) => {
        const messages = items.filter((i) => i.type === "message");
        over = !r.state || r.state === "over";
        heading.textContent = `Call ${r.call ?? ""}`;
        return [
            section(`${r.caller || "unknown"} → ${r.called}`, tools(r, read), summary(r)),
            section("How it ended", null, causes(r)), section("Why it went there", null, way(r)),
            section("Messages", null,
                    messages.length > 0
                        ? ladder(r.call ?? id, messages, messages.length)
                        : h("p.soft", {}, "Its messages are not in memory any more.")),
            section("Sound", null, sound(items))
        ];
    };
    /* of one that memory has lost, the records know */
    const fromRecords = async (why) => {
        const {items} =
            why.status === 404 ? await get("/records", {q: `id:${id}`, limit: 1}) : {items: []};
        if (items.length === 0)
            throw why;
        return [items[0], []];
    };
    const known = () =>
        get(`/calls/${part(id)}`)
            .then(({items}) => [items.find((i) => i.type === "call"), items], fromRecords);
    const read = () => into(box, known(), show);
    read();
    const mine = (c) => String(c.call) === id || (id.length >= 6 && c.call_id?.startsWith(id));
    const ends = [
        live.on("call", (c) => mine(c) && read()), live.on("call-end", (c) => mine(c) && read()),
        live.on("again", read)
    ];
    const timer = setInterval(() => !over && !box.matches(":focus-within") && read(), 10000);
    return () => {
        clearInterval(timer);
        ends.forEach((e) => e());
    };
}
