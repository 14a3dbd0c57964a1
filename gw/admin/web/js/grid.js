/* A span's channels as a grid: a cell each, coloured by state, with a letter so that colour is not
 * alone. */
import {h} from "./h.js";
import {get, may, part, send} from "./api.js";
import {ask} from "./dialog.js";
import {duration} from "./format.js";

/* state: letter, class, what it means */
const STATES = {
    idle: ["·", "idle", "free"],
    busy: ["C", "busy", "a call"],
    ringing: ["R", "ringing", "a call that is not answered yet"],
    held: ["H", "ringing", "a held call"],
    signalling: ["D", "dchan", "the D channel"],
    restarting: ["↻", "other", "being restarted"],
    blocked: ["B", "blocked", "blocked"],
    draining: ["d", "blocked", "no new calls; the present one goes on"],
    "out of service": ["X", "alarm", "out of service: no answer to its restart"],
};

function stateOf(c, alarm) {
    if (alarm && c.state !== "signalling")
        return ["!", "alarm", "the line has an alarm"];
    if (c.state === "busy" && c.call_state && !/active/i.test(c.call_state))
        return STATES.ringing;
    return STATES[c.state] ?? ["?", "other", c.state];
}

function block(c, refresh) {
    const [, channel] = c.channel.split("/"), blocked = /us|both/.test(c.blocked);
    const path = `/trunks/${part(c.trunk)}/channels/${channel}/`;

    ask({
        title: `${blocked ? "Unblock" : "Block"} channel ${c.channel}`,
        text: blocked ? "It takes calls again." : "It takes no new calls.",
        fields: blocked ? [] : [{
            name: "drain",
            type: "checkbox",
            value: true,
            label: "Let the present call end by itself"
        }],
        action: blocked ? "Unblock" : "Block",
        danger: !blocked,
        run: (v) => send("POST", path + (blocked ? "unblock" : "block"), v)
    }).then((r) => r && refresh());
}

function cell(c, alarm, go, refresh) {
    const [letter, kind, means] = stateOf(c, alarm), channel = c.channel.split("/")[1] ?? "held";
    const title = [
        `channel ${c.channel}: ${means}`, c.blocked ? `blocked by ${c.blocked}` : "",
        c.caller || c.called ? `${c.caller} → ${c.called}` : "",
        c.call_state ? `Q.931: ${c.call_state}` : "",
        c.since_ms ? `for ${duration(c.since_ms)}` : "", c.trunk ? `trunk ${c.trunk}` : ""
    ].filter(Boolean).join("\n");
    const inside = [h("small", {}, channel), h("b", {}, letter)];

    if (c.call)
        return h(`a.cell.${kind}`, {href: `/calls/${c.call}`, title, "aria-label": title}, inside);
    if (c.trunk && may("operator") && c.state !== "signalling")
        return h(`button.cell.${kind}`,
                 {type: "button", title, "aria-label": title, onclick: () => block(c, refresh)},
                 inside);
    return h(`span.cell.${kind}`, {title}, inside);
}

/** All spans with their channels: [{...span, list: [channel]}] */
export async function spansWithChannels() {
    const {items} = await get("/spans");
    const spans = items.filter((s) => s.type === "spans");
    const lists = await Promise.all(spans.map((s) => get(`/spans/${s.span}/channels`)));
    return spans.map((s, i) => ({...s, list: lists[i].items.filter((c) => c.type === "channel")}));
}

export function lineAlarm(span) {
    return span.alarm && !/^(none|ok|no alarm|clear|-)$/i.test(span.alarm) ? span.alarm : "";
}

export function grid(span, refresh) {
    return h("div.grid", {role: "group", "aria-label": `channels of span ${span.span}`},
             span.list.map((c) => cell(c, lineAlarm(span), null, refresh)));
}

export function legend() {
    return h("p.legend", {},
             Object.values(STATES).map(
                 ([letter, kind, means]) =>
                     h("span", {}, h(`span.cell.${kind}`, {}, h("b", {}, letter)), " ", means)),
             h("span", {}, h("span.cell.alarm", {}, h("b", {}, "!")), " the line has an alarm"));
}
