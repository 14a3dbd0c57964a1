/* Trunks: SIP peers, spans and their channels, groups, registrations, MGCP; out of service and
 * back. */
import {h, fill, button} from "./h.js";
import {get, may, part, send} from "./api.js";
import {ask} from "./dialog.js";
import * as live from "./live.js";
import {about, duration, grouped, number, place, state} from "./format.js";
import {grid, legend, lineAlarm, spansWithChannels} from "./grid.js";
import {facts, into, section, table} from "./table.js";

const only = (type) => ({items}) => items.filter((i) => i.type === type);
const seconds = (s) => (s === undefined ? "" : about(s * 1000));

/* ---- writes ---- */

function block(t, refresh) {
    ask({
        title: `Block ${t.trunk}`,
        text: `It takes no new calls in either direction. Calls now: ${t.calls}.`,
        fields: [
            {name: "drain", type: "checkbox", value: true, label: "Drain: calls end by themselves"}
        ],
        action: "Block",
        danger: true,
        run: (v) => send("POST", `/trunks/${part(t.trunk)}/block`, v)
    }).then((r) => r && refresh());
}

function unblock(t, refresh) {
    ask({
        title: `Unblock ${t.trunk}`,
        text: "It takes calls again.",
        action: "Unblock",
        run: (v) => send("POST", `/trunks/${part(t.trunk)}/unblock`, v)
    }).then((r) => r && refresh());
}

function testCall(t, refresh) {
    ask({
        title: `Test call over ${t.trunk}`,
        fields: [
            {name: "number", label: "Number", required: true, placeholder: "+4930123456"}, {
                name: "service",
                label: "What it hears",
                options: [["echo", "itself (echo)"], ["milliwatt", "a tone (milliwatt)"]]
            },
            {name: "for", label: "How long", value: "10s"}
        ],
        action: "Call",
        run: (v) => send("POST", "/calls", {...v, trunk: t.trunk})
    }).then((r) => r && refresh(r.note));
}

function restart(s, refresh) {
    ask({
        title: `Restart span ${s.span}`,
        text: "Channels without a call are restarted (Q.931 RESTART).",
        action: "Restart",
        run: (v) => send("POST", `/spans/${part(s.span)}/restart`, v)
    }).then((r) => r && refresh(r.note));
}

function loopback(s, refresh) {
    ask({
        title: `Loop of span ${s.span}`,
        text: "A closed loop ends every call of the span.",
        fields: [{
            name: "mode",
            label: "Loop",
            options: [["local", "local"], ["remote", "remote"], ["off", "off"]]
        }],
        action: "Do it",
        danger: true,
        run: (v) => send("POST", `/spans/${part(s.span)}/loopback`, v)
    }).then((r) => r && refresh(r.note));
}

/* ---- trunks ---- */

const SERVERS = [
    {label: "Server", cell: (s) => s.server},
    {label: "State", cell: (s) => [state(s.state), h("small", {}, ` for ${about(s.since_ms)}`)]},
    {label: "Priority, weight", cell: (s) => `${s.priority}, ${s.weight}`},
    {
        label: "Answers in",
        kind: "num",
        cell: (s) => (s.round_trip_ms === undefined ? "" : `${s.round_trip_ms} ms`)
    },
    {label: "Failures", kind: "num", cell: (s) => grouped(s.failures)},
];

/** One trunk, opened: its servers, or what else is known. */
function details(t) {
    const box = h("div.details", {}, "…");

    into(box, get(`/trunks/${part(t.trunk)}`), ({items}) => {
        const head = items.find((i) => i.type === "sip_trunk"),
              servers = items.filter((i) => i.type === "server");
        if (!head)
            return facts([["Where", t.where], ["Numbers", t.numbers], ["Channels", t.channels]]);
        return [
            facts([
                ["Peer", head.peer], ["State", [state(head.state), ` for ${about(head.since_ms)}`]],
                ["Lookup", head.lookup],
                ["Asked every", head.health_every_ms > 0 ? duration(head.health_every_ms) : "never"]
            ]),
            table(SERVERS, servers, {empty: "No server is known."})
        ];
    });
    return box;
}

function trunkColumns(refresh) {
    const free = (t) => (t.channels === undefined ? "" : `${t.free ?? "?"} of ${t.channels}`);
    const tools = (t) =>
        h("span.buttons", {}, button("Test call", () => testCall(t, refresh), "small"),
          t.service === "in service" ? button("Block", () => block(t, refresh), "small.danger")
                                     : button("Unblock", () => unblock(t, refresh), "small"));
    return [
        {label: "Trunk", cell: (t) => h("b", {}, t.trunk)},
        {label: "Kind", cell: (t) => t.kind},
        {label: "Where", cell: (t) => t.where},
        {
            label: "State",
            cell: (t) => [t.up === undefined ? "" : state(t.up ? "up" : "down"), " ",
                          t.service === "in service" ? "" : state(t.service)]
        },
        {label: "Calls", kind: "num", cell: (t) => grouped(t.calls)},
        {label: "Free", kind: "num", cell: free},
        {label: "", cell: (t) => (may("operator") ? tools(t) : "")},
    ];
}

/* ---- spans ---- */

const COUNTED = [["slips", "slips"], ["lost", "lost packets"], ["held", "held calls"]];

function span(s, refresh) {
    const alarm = lineAlarm(s),
          counted = COUNTED.filter(([k]) => s[k] > 0).map(([k, w]) => `${grouped(s[k])} ${w}`);
    const more = h("details", {}, h("summary", {}, "Counters and timers"), h("div"));

    more.addEventListener(
        "toggle",
        () => more.open &&
              into(more.lastElementChild, get(`/spans/${part(s.span)}`),
                   ({items}) => [facts(Object.entries(items.find((i) => i.type === "span") ?? {})
                                           .filter(([k]) => k !== "type")
                                           .map(([k, v]) => [k.replaceAll("_", " "), String(v)])),
                                 table(
                                     [
                                         {label: "Timer", cell: (t) => t.timer},
                                         {label: "Value", kind: "num", cell: (t) => t.value},
                                         {label: "What it is", cell: (t) => t.what}
                                     ],
                                     items.filter((i) => i.type === "timer"))]));
    return h("div.span", {},
             h("div.name", {}, h("b", {}, `Span ${s.span}`), ` ${s.line} ${s.variant} ${s.side} `,
               state(s.dchannel), h("small", {}, ` for ${about(s.dchannel_ms)}; `),
               alarm ? h("span.severity.major", {}, alarm) : null,
               h("small", {}, ` ${s.busy} in use, ${s.idle} free`,
                 counted.length > 0 ? `; ${counted.join(", ")}` : ""),
               " ",
               may("operator")
                   ? h("span.buttons", {}, button("Restart", () => restart(s, refresh), "small"),
                       button("Loop", () => loopback(s, refresh), "small"))
                   : null),
             grid(s, refresh), more);
}

/* ---- the rest ---- */

const GROUPS = [
    {label: "Group", cell: (g) => g.group},
    {label: "Hunt", cell: (g) => g.hunt},
    {label: "Trunk", cell: (g) => g.trunk},
    {label: "State", cell: (g) => state(g.state)},
    {label: "In use", kind: "num", cell: (g) => `${g.busy}${g.total ? ` of ${g.total}` : ""}`},
    {label: "Reserve", cell: (g) => g.reserve},
    {label: "Line", cell: (g) => place(g.at)},
];
const CARRIERS = [
    {label: "Trunk", cell: (c) => c.carrier},
    {label: "Attempts", kind: "num", cell: (c) => grouped(c.attempts)},
    {label: "Answered", kind: "num", cell: (c) => grouped(c.answers)},
    {
        label: "ASR",
        kind: "num",
        cell: (c) => (c.asr_percent === undefined ? "" : `${c.asr_percent} %`)
    },
    {
        label: "NER",
        kind: "num",
        cell: (c) => (c.ner_percent === undefined ? "" : `${c.ner_percent} %`)
    },
    {
        label: "ACD",
        kind: "num",
        cell: (c) => (c.acd_s === undefined ? "" : duration(c.acd_s * 1000))
    },
    {label: "PDD", kind: "num", cell: (c) => (c.pdd_s === undefined ? "" : `${c.pdd_s} s`)},
];
const OURS = [
    {label: "Trunk", cell: (r) => r.trunk},
    {label: "User", cell: (r) => r.user},
    {label: "State", cell: (r) => state(r.state)},
    {label: "Ends in", cell: (r) => seconds(r.expires_s)},
    {label: "Next", cell: (r) => seconds(r.next_s)},
    {label: "Last answer", kind: "num", cell: (r) => r.last_answer},
];
const BINDINGS = [
    {label: "User", cell: (b) => b.user},
    {label: "Contact", cell: (b) => b.contact},
    {label: "From", cell: (b) => b.received},
    {label: "Ends in", cell: (b) => seconds(b.expires_s)},
    {label: "Agent", cell: (b) => b.agent},
];
const GATEWAYS = [
    {label: "Gateway", cell: (g) => g.gateway},
    {label: "Role", cell: (g) => g.role},
    {label: "Address", cell: (g) => g.address},
    {label: "State", cell: (g) => state(g.up ? "up" : "down")},
    {label: "In service", kind: "num", cell: (g) => `${g.in_service} of ${g.endpoints}`},
    {label: "Answers in", kind: "num", cell: (g) => (g.rtt_ms ? `${g.rtt_ms} ms` : "")},
];
const ENDPOINTS = [
    {label: "Endpoint", cell: (e) => `${e.endpoint}@${e.peer}`},
    {label: "Role", cell: (e) => e.role},
    {label: "Trunk", cell: (e) => e.trunk},
    {label: "Service", cell: (e) => state(e.service)},
    {label: "State", cell: (e) => e.state},
    {label: "Connections", kind: "num", cell: (e) => e.connections},
];

function lineColumns(refresh) {
    const lamp = (l) => ask({
                            title: `Message lamp of ${l.number}`,
                            action: l.messages ? "Switch it off" : "Light it",
                            run: (v) => send("POST", `/lines/${part(l.number)}/mwi`,
                                             {
                                                 ...v, switch: l.messages ? "off" : "on"
                                             })
                        }).then((r) => r && refresh());
    return [
        {label: "Number", cell: (l) => number(l.number)},
        {label: "Endpoint", cell: (l) => `${l.endpoint}@${l.gateway}`},
        {label: "Service", cell: (l) => state(l.service)},
        {label: "Hook", cell: (l) => l.hook},
        {label: "State", cell: (l) => l.state},
        {label: "Calls", kind: "num", cell: (l) => l.calls},
        {
            label: "Messages",
            cell:
                (l) => [l.messages ? "wait " : "none ",
                        may("operator") && l.number ? button("Lamp", () => lamp(l), "small") : null]
        },
    ];
}

function lift(l, refresh) {
    ask({
        title: `Lift the block of ${l.scope} ${l.name}`,
        action: "Lift it",
        run: (v) => send("POST", "/limits/lift", {...v, kind: l.scope, name: l.name})
    }).then((r) => r && refresh());
}

function limitColumns(refresh) {
    const amount =
        (l) => [l.used, l.value === undefined ? "" : ` of ${l.value}`, " ", l.unit ?? ""];
    const blocked =
        (l) => [state("blocked"), ` for ${seconds(l.blocked_s)} `,
                may("operator") ? button("Lift", () => lift(l, refresh), "small") : null];
    return [
        {label: "Whose", cell: (l) => `${l.scope} ${l.name}`},
        {label: "What", cell: (l) => [l.what, " ", l.set]},
        {label: "Used", kind: "num", cell: amount},
        {label: "In", cell: (l) => l.window},
        {label: "State",
         cell: (l) => (l.blocked_s > 0 ? blocked(l)
                       : l.limited     ? "limited"
                                       : "")},
    ];
}

/** A part that is only there when there is something. */
function optional(title, columns, rows) {
    return rows.length > 0 ? section(title, null, table(columns, rows)) : null;
}

export function trunks(main) {
    const filter = h("input", {
        type: "search",
        "data-search": true,
        placeholder: "filter trunks",
        "aria-label": "Filter trunks",
        value: new URLSearchParams(location.search).get("name") ?? "",
        oninput: () => showTrunks()
    });
    const said = h("p.soft", {role: "status"}), list = h("div"), error = h("div"), spans = h("div"),
          rest = h("div");
    const open = new Set();
    let rows = [];

    const showTrunks = () => {
        const seen = rows.filter((t) => `${t.trunk} ${t.kind} ${t.where}`.includes(filter.value));
        const columns = trunkColumns(refresh);
        const toggle = (t) => {
            if (!open.delete(t.trunk))
                open.add(t.trunk);
            showTrunks();
        };
        fill(list, table(columns, seen, {open: toggle, empty: "No trunks."}));
        seen.forEach((t, i) => {
            const tr = list.querySelectorAll("tbody > tr.opens")[i];
            tr.setAttribute("aria-expanded", String(open.has(t.trunk)));
            if (open.has(t.trunk))
                tr.after(h("tr.more", {}, h("td", {colspan: columns.length}, details(t))));
        });
    };
    const readTrunks = () => into(error, get("/trunks").then(only("trunk")), (items) => {
        const before = JSON.stringify(rows.map(({calls, free, ...r}) => r));
        const changed = JSON.stringify(items.map(({calls, free, ...r}) => r)) !== before;
        rows = items;
        /* an opened one is not torn down every few seconds for a figure */
        if (changed || (open.size === 0 && !list.contains(document.activeElement)))
            showTrunks();
        return null;
    });
    /* what somebody has opened or reached, be it since the question, stays as it is */
    const held = (e) => e.querySelector("details[open]") || e.matches(":focus-within");
    const spanList = (all) => (all.length === 0 ? h("p.empty", {}, "The plan has no spans.")
                                                : [all.map((s) => span(s, refresh)), legend()]);
    const restOf = ([
        groups, carriers, regs, lines, ends, limits
    ]) => [optional("Groups", GROUPS, only("group")(groups)),
           optional("How well carriers complete calls", CARRIERS, only("carrier")(carriers)),
           optional("We are registered at", OURS, only("registration")(regs)),
           optional("Registered here", BINDINGS, only("binding")(regs)),
           optional("MGCP gateways and agents", GATEWAYS, only("gateway")(ends)),
           optional("Lines", lineColumns(refresh), only("line")(lines)),
           optional("Endpoints", ENDPOINTS, only("endpoint")(ends)),
           optional("Limits", limitColumns(refresh), only("limit")(limits))];
    const readSpans = () => held(spans) || into(spans, spansWithChannels(),
                                                (all) => (held(spans) ? undefined : spanList(all)));
    const readRest = () =>
        held(rest) || into(rest, Promise.all([
            "/groups", "/carriers", "/registrations", "/lines", "/endpoints", "/limits"
        ].map((p) => get(p))),
                           (all) => (held(rest) ? undefined : restOf(all)));
    const read = () => [readTrunks(), readSpans(), readRest()];
    function refresh(note) {
        said.textContent = note ?? "";
        document.activeElement?.blur();
        read();
    }

    main.append(said, section("Trunks", filter, error, list), section("Spans", null, spans), rest);
    read();
    const timers =
        [setInterval(readSpans, 2000), setInterval(readTrunks, 5000), setInterval(readRest, 15000)];
    const ends = [
        live.on("trunk", readTrunks), live.on("span", readSpans), live.on("again", readTrunks),
        live.on("plan", read)
    ];
    return () => {
        timers.forEach(clearInterval);
        ends.forEach((e) => e());
    };
}
