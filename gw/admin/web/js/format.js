/* How values are written: times, durations, numbers, places in files, states. */
import {may} from "./api.js";
import {h} from "./h.js";
import {country} from "./country.js";

/** "1:02:03", "4:05"; milliseconds. */
export function duration(ms) {
    const s = Math.floor(Math.max(0, ms ?? 0) / 1000), two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(s / 3600), minutes = Math.floor(s / 60) % 60;
    return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** "3 d 4 h", "12 s": how long, roughly; milliseconds. */
export function about(ms) {
    const s = Math.floor(Math.max(0, ms ?? 0) / 1000);
    if (s < 60)
        return `${s} s`;
    if (s < 3600)
        return `${Math.floor(s / 60)} min`;
    if (s < 86400)
        return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
    return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

/** A time of the gateway on the reader's clock; the exact one, in UTC, is the title. */
export function when(text) {
    const t = text ? new Date(text) : null;
    if (!t || isNaN(t))
        return text || "";
    const today = t.toDateString() === new Date().toDateString();
    const clock = t.toLocaleTimeString([], {hour12: false});
    return h("time", {datetime: text, title: text},
             today ? clock : `${t.toLocaleDateString("sv")} ${clock}`);
}

/** "3 min ago" */
export function ago(text) {
    const t = text ? new Date(text) : null;
    if (!t || isNaN(t))
        return "never";
    const ms = Date.now() - t;
    return h("time", {datetime: text, title: text}, ms < 2000 ? "now" : about(ms) + " ago");
}

/** A number, with its country when it is international. */
export function number(text) {
    const where = country(text);
    return [h("span.number", {}, text || "–"), where ? h("small.country", {}, " ", where) : null];
}

export function grouped(n) {
    return n === undefined || n === null ? ""
                                         : Number(n).toLocaleString("en").replaceAll(",", "\u202f");
}

const PLACE = /([^\s:"'()]+):(\d+)(?::(\d+))?/;

/** "/routes?file=...&line=..." for "office.conf:24:5"; null for who may not see the plan's text. */
export function placeHref(text) {
    const m = may("planner") ? PLACE.exec(text ?? "") : null;
    return m ? `/routes?file=${encodeURIComponent(m[1])}&line=${m[2]}` : null;
}

/** The place of a file, as a link to its line in the editor. */
export function place(text) {
    const href = placeHref(text);
    return href ? h("a.place", {href, title: text}, text.replace(/^.*\//, "")) : text || "";
}

/** A line of text in which each place is a link: only what looks like a plan's file. */
export function withPlaces(text) {
    const out = [], find = /[^\s:"'()]+\.[a-z]+:\d+(?::\d+)?/g;
    let at = 0;
    for (const m of (text ?? "").matchAll(find)) {
        out.push(text.slice(at, m.index), place(m[0]));
        at = m.index + m[0].length;
    }
    out.push((text ?? "").slice(at));
    return out;
}

const GOOD = new Set([
    "up", "in service", "connected", "registered", "ok", "in force", "confirmed", "running", "open",
    "idle"
]);
const BAD = new Set([
    "down", "blocked", "refused", "failed", "critical", "major", "out of service", "cannot be read",
    "error"
]);

/** A state, coloured; the word is always there. */
export function state(text) {
    const kind = GOOD.has(text) ? "good" : BAD.has(text) ? "bad" : "other";
    return h(`span.state.${kind}`, {}, text ?? "");
}

/** How a call sounds: a dot and the figure. */
export function mos(value) {
    const v = Number(value);
    if (!value || !(v > 0))
        return "";
    const kind = v >= 4 ? "good" : v >= 3.1 ? "other" : "bad";
    const word = v >= 4 ? "good" : v >= 3.1 ? "fair" : "bad";
    return h(`span.mos.${kind}`, {title: `mean opinion score ${v.toFixed(2)}: ${word}`},
             v.toFixed(1));
}

/** The worse of both directions. */
export function worstMos(row) {
    const all = [row.mos, row.mos_a, row.mos_b].map(Number).filter((v) => v > 0);
    return all.length > 0 ? Math.min(...all) : 0;
}

export function plural(n, one, many = one + "s") {
    return `${grouped(n)} ${n === 1 ? one : many}`;
}
