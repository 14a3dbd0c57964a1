/* Alarms with what they mean and what helps; the log; who did what. */
import {h, fill, button} from "./h.js";
import {get, may, part, send} from "./api.js";
import {ask} from "./dialog.js";
import * as live from "./live.js";
import {when, withPlaces} from "./format.js";
import {Rows, into, section, table} from "./table.js";

function acknowledge(a, done) {
    ask({
        title: "Acknowledge",
        text: `${a.object}: ${a.text}. The alarm stays until its cause is gone; others see ` +
                  "that you know.",
        action: "Acknowledge",
        run: (v) => send("POST", `/alarms/${part(a.id)}/acknowledge`, v)
    }).then((r) => r && done());
}

function alarm(a, refresh) {
    return h(`article.alarm.${a.severity}`, {"data-alarm": a.id},
             h("div.head", {}, h(`span.severity.${a.severity}`, {}, a.severity),
               h("b", {}, ` ${a.object}: ${a.text}`),
               h("div.tools", {}, h("small", {}, "since ", when(a.raised_time)),
                 a.acknowledged ? h("small", {}, ` seen by ${a.acknowledged}`)
                 : may("operator") ? button("Acknowledge", () => acknowledge(a, refresh), "small")
                                   : null)),
             h("p", {}, a.means), h("p", {}, h("b", {}, "What to do: "), a.remedy));
}

const CLEARED = [
    {label: "Severity", cell: (a) => h(`span.severity.${a.severity}`, {}, a.severity)},
    {label: "Alarm", cell: (a) => a.kind},
    {label: "Object", cell: (a) => a.object},
    {label: "What it was", cell: (a) => a.text},
    {label: "Raised", cell: (a) => when(a.raised_time)},
    {label: "Cleared", cell: (a) => when(a.cleared_time)},
    {label: "Seen by", cell: (a) => a.acknowledged},
];
const AUDIT = [
    {label: "When", cell: (e) => when(e.at)},
    {label: "Who", cell: (e) => e.who},
    {label: "From", cell: (e) => e.from},
    {label: "What", cell: (e) => h("code", {}, e.what)},
    {label: "Why", cell: (e) => e.why},
    {label: "Outcome", cell: (e) => e.outcome},
];

export function alarms(main) {
    const active = h("div"), cleared = h("div"), audit = h("div"), alarmError = h("div"),
          logError = h("div");
    const log = h("pre.log", {tabindex: 0, "aria-label": "Log"});
    const shown =
        new Rows(active, (a) => (a ? alarm(a, again) : h("p.empty", {}, "No alarms: all is well.")),
                 () => {});
    const filter = h("input", {
        type: "search",
        "data-search": true,
        placeholder: "filter the log",
        "aria-label": "Filter the log",
        oninput: () => showLog()
    });
    const level = h("select", {"aria-label": "Level", onchange: () => readLog()},
                    ["error", "warn", "notice", "info", "debug"].map(
                        (l) => h("option", {value: l, selected: l === "info"}, l)));
    const follow = h("input", {type: "checkbox", checked: true});
    let lines = [];

    const readAlarms = () => into(alarmError, get("/alarms", {all: "true"}), ({items}) => {
        const list = items.filter((i) => i.type === "alarms"),
              on = list.filter((a) => !a.cleared_time);
        /* one that has changed is another row */
        shown.show(on.length > 0 ? on.map((a) => [JSON.stringify(a), a]) : [["none", null]]);
        fill(cleared, table(CLEARED, list.filter((a) => a.cleared_time),
                            {empty: "None was cleared lately."}));
        return null;
    });
    const again = () => {
        readAlarms();
        readAudit();
    };
    const showLog = () => {
        const words = filter.value.toLowerCase();
        const seen = lines.filter((l) => (l.text ?? "").toLowerCase().includes(words));
        fill(log, seen.map((l) => [h(`span.${l.level}`, {}, [when(l.time), " "],
                                     `${l.level} ${l.subsystem} `, withPlaces(l.text)),
                                   "\n"]));
        if (follow.checked)
            log.scrollTop = log.scrollHeight;
    };
    const readLog = () => into(logError, get("/log", {level: level.value}), ({items}) => {
        const same = JSON.stringify(items.at(-1)) === JSON.stringify(lines.at(-1)) &&
                     items.length === lines.length;
        lines = items;
        if (!same)
            showLog();
        return null;
    });
    const readAudit = () =>
        may("planner") &&
        into(audit, get("/audit"),
             ({items}) => section("Who did what", null,
                                  table(AUDIT, items, {empty: "Nobody has done anything yet."})));

    main.append(section("Active", null, alarmError, active), section("Cleared", null, cleared),
                section("Log",
                        [filter, level, h("label.check", {}, h("span", {}, "follow"), follow)],
                        logError, log),
                audit);
    readAlarms();
    readLog();
    readAudit();
    const timers = [setInterval(readLog, 2000), setInterval(readAudit, 10000)];
    const ends = [live.on("alarm", readAlarms), live.on("again", readAlarms)];
    return () => {
        timers.forEach(clearInterval);
        ends.forEach((e) => e());
    };
}
