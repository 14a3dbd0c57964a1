/* Now: is all well, how much is going on, and where it hurts. */
import {h} from "./h.js";
import {get} from "./api.js";
import * as live from "./live.js";
import {about, duration, grouped, mos, plural, state} from "./format.js";
import {grid, lineAlarm, spansWithChannels} from "./grid.js";
import {plot} from "./plot.js";
import {into, section, table} from "./table.js";

const per = (a, b, times = 1) => (b > 0 ? a / b * times : null);
const figure = (v, digits, unit = "") =>
    (v === null || v === undefined ? "–" : v.toFixed(digits) + unit);
const percent = (v) => figure(v, 0, " %");

/* What each plot shows of the samples; `step` is their length in seconds. */
const PLOTS = [
    [
        "Calls", [{label: "calls", colour: "--blue"}], (s) => [s.peak ?? s.calls],
        (c) => grouped(c ?? 0)
    ],
    [
        "Attempts per second", [{label: "attempts", colour: "--blue"}],
        (s, step) => [s.attempts / step], (a) => figure(a, 1)
    ],
    [
        "Answered / effective",
        [{label: "ASR", colour: "--green"}, {label: "NER", colour: "--blue", dash: [4, 3]}],
        (s) => [per(s.answers, s.seizures, 100), per(s.effective, s.seizures, 100)],
        (a, n) => `${percent(a)} / ${percent(n)}`
    ],
    [
        "Length of calls (ACD)", [{label: "ACD", colour: "--blue"}],
        (s) => [per(s.talk_ms, s.ended, 0.001)], (v) => (v === null ? "–" : duration(v * 1000))
    ],
    [
        "Time to ringing (PDD)", [{label: "PDD", colour: "--amber"}],
        (s) => [per(s.pdd_ms, s.rung, 0.001)], (v) => figure(v, 1, " s")
    ],
    [
        "Sound (MOS)", [{label: "MOS", colour: "--green"}],
        (s) => [s.mos_samples > 0 ? s.mos : null], (v) => figure(v, 2)
    ],
];

/** uPlot's columns out of the samples. */
function columns(samples, step, of, n) {
    const out = [samples.map((s) => Date.parse(s.time) / 1000)];

    for (let i = 0; i < n; i++)
        out.push(samples.map((s) => of(s, step)[i]));
    return out;
}

function alarmsLine(alarms) {
    const worst = alarms[0];

    return worst
               ? h("a", {href: "/alarms"}, h(`span.severity.${worst.severity}`, {}, worst.severity),
                   " ", plural(alarms.length, "alarm"))
               : state("ok");
}

/** `alarms`: an element. */
function statusLine(s, alarms) {
    const one = (label, value, extra) =>
        h("div", {}, h("dt", {}, label), h("dd", {}, value, extra));

    return h("dl.status", {}, one("Gateway", state(s.state), h("small", {}, ` ${s.version}`)),
             one("Plan", h("a", {href: "/routes"}, `generation ${s.generation}`)),
             one("Alarms", alarms), one("Up for", about(s.uptime_ms)),
             one("Calls now", h("a", {href: "/calls"}, h("b", {}, grouped(s.calls)))),
             one("Calls since the start", grouped(s.calls_total),
                 h("small", {}, ` ${grouped(s.answers_total)} answered`)));
}

/** The trunk to look at first: down, then the lowest share of answered calls. */
function worstTrunks(trunks, carriers) {
    const figures = new Map(carriers.map((c) => [c.carrier, c]));
    const rows =
        trunks.filter((t) => t.type === "trunk").map((t) => ({...figures.get(t.trunk), ...t}));
    const badness = (t) => (t.up === false ? 2000 : 0) + (t.service !== "in service" ? 1000 : 0) +
                           (t.samples > 0 ? 100 - t.asr_percent : 0);

    return rows.sort((a, b) => badness(b) - badness(a)).slice(0, 3);
}

const TRUNK_COLUMNS = [
    {
        label: "Trunk",
        cell: (t) => h("a", {href: `/trunks?name=${encodeURIComponent(t.trunk)}`}, t.trunk)
    },
    {
        label: "State",
        cell: (t) => [t.up === undefined ? null : state(t.up ? "up" : "down"),
                      t.service === "in service" ? null : [" ", state(t.service)]]
    },
    {label: "Calls", kind: "num", cell: (t) => grouped(t.calls)},
    {
        label: "ASR",
        kind: "num",
        cell: (t) => (t.samples > 0 ? percent(Number(t.asr_percent)) : "–")
    },
    {
        label: "NER",
        kind: "num",
        cell: (t) => (t.samples > 0 ? percent(Number(t.ner_percent)) : "–")
    },
    {label: "PDD", kind: "num", cell: (t) => (t.pdd_s ? figure(Number(t.pdd_s), 1, " s") : "–")},
];

export function now(main) {
    const head = h("div"), spans = h("div"), worst = h("div"), plots = h("div.plots"),
          plotError = h("div"), alarms = h("div", {}, "–");
    const charts = PLOTS.map(([title, series, , say]) => plot(title, series, say));
    const range =
        h("select", {"aria-label": "How far back the plots go", onchange: () => readSeries()},
          h("option", {value: ""}, "last 5 minutes"), h("option", {value: "1"}, "last day"));

    const readAlarms = () =>
        into(alarms, get("/alarms"),
             ({items}) => alarmsLine(items.filter((a) => a.type === "alarms" && !a.cleared_time)));
    const readStatus = () => into(head, get("/status"), ({items: [s]}) => statusLine(s, alarms));
    const readSeries = () => {
        const [step, which] = range.value ? [60, {minutes: "true"}] : [1, {}];
        into(plotError, get("/series", which), ({items}) => {
            charts.forEach((c, i) => c.set(columns(items, step, PLOTS[i][2], PLOTS[i][1].length)));
            return null;
        });
    };
    const readSpans = () => into(
        spans, spansWithChannels(),
        (list) =>
            (list.length === 0
                 ? h("p.empty", {}, "The plan has no spans.")
                 : list.map(
                       (s) => h(
                           "div.span", {},
                           h("div.name", {}, h("b", {}, `Span ${s.span}`), " ", state(s.dchannel),
                             " ", lineAlarm(s) ? h("span.severity.major", {}, s.alarm) : null,
                             h("small", {}, ` ${s.busy} of ${s.busy + s.idle + s.other} in use`)),
                           grid(s, readSpans)))));
    const readWorst = () => into(worst, Promise.all([get("/trunks"), get("/carriers")]),
                                 ([t, c]) => table(TRUNK_COLUMNS, worstTrunks(t.items, c.items),
                                                   {empty: "The plan has no trunks."}));

    plots.append(...charts.map((c) => c.element));
    main.append(head, section("Traffic", range, plotError, plots), section("Spans", null, spans),
                section("Trunks to look at first", h("a", {href: "/trunks"}, "all trunks"), worst));
    const all = () => [readStatus(), readAlarms(), readSeries(), readSpans(), readWorst()];
    all();
    const timers = [
        setInterval(readSpans, 3000), setInterval(readWorst, 10000),
        setInterval(() => (range.value === "" ? readSeries() : null), 2000),
        setInterval(readSeries, 60000)
    ];
    const ends = [
        live.on("status", (s) => into(head, Promise.resolve(s), () => statusLine(s, alarms))),
        live.on("alarm", readAlarms),
        live.on("again", all),
    ];
    return () => {
        timers.forEach(clearInterval);
        ends.forEach((end) => end());
        charts.forEach((c) => c.end());
    };
}
