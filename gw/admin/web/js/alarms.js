/* Alarms with what they mean and what helps; the log; who did what. */
import {h, fill, button} from "./h.js";
import {get, may, part, send} from "./api.js";
import {ask} from "./dialog.js";
import * as live from "./live.js";
import {when, withPlaces} from "./format.js";
import {problem, section, table} from "./table.js";

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
    const active = h("div"), cleared = h("div"), log = h("div"), audit = h("div");
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

    const readAlarms = async () => {
        if (active.matches(":focus-within"))
            return;
        try {
            const {items} = await get("/alarms", {all: "true"});
            const list = items.filter((i) => i.type === "alarms"),
                  on = list.filter((a) => !a.cleared_time);
            fill(active, on.length > 0 ? on.map((a) => alarm(a, again))
                                       : h("p.empty", {}, "No alarms: all is well."));
            fill(cleared, table(CLEARED, list.filter((a) => a.cleared_time),
                                {empty: "None was cleared lately."}));
        } catch (e) {
            fill(active, problem(e));
        }
    };
    const again = () => {
        document.activeElement?.blur();
        readAlarms();
        readAudit();
    };
    const showLog = () => {
        const words = filter.value.toLowerCase();
        const box = log.querySelector("pre") ??
                    log.appendChild(h("pre.log", {tabindex: 0, "aria-label": "Log"}));
        const seen = lines.filter((l) => (l.text ?? "").toLowerCase().includes(words));
        fill(box, seen.map((l) => [h(`span.${l.level}`, {}, [when(l.time), " "],
                                     `${l.level} ${l.subsystem} `, withPlaces(l.text)),
                                   "\n"]));
        if (follow.checked)
            box.scrollTop = box.scrollHeight;
    };
    const readLog = async () => {
        try {
            const {items} = await get("/log", {level: level.value});
            if (JSON.stringify(items.at(-1)) === JSON.stringify(lines.at(-1)) &&
                items.length === lines.length)
                return;
            lines = items;
            log.querySelector(".problem")?.remove();
            showLog();
        } catch (e) {
            fill(log, problem(e));
        }
    };
    const readAudit = async () => {
        if (!may("planner"))
            return;
        try {
            const {items} = await get("/audit");
            fill(audit, section("Who did what", null,
                                table(AUDIT, items, {empty: "Nobody has done anything yet."})));
        } catch (e) {
            fill(audit, section("Who did what", null, problem(e)));
        }
    };

    main.append(
        section("Active", null, active), section("Cleared", null, cleared),
        section("Log", [filter, level, h("label.check", {}, h("span", {}, "follow"), follow)], log),
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
