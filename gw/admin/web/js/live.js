/* What changes, as it changes: one stream of server-sent events for the whole page. The browser
 * reconnects by itself; what a gap may have swallowed is asked for anew ("again"). */
import {tellReachable} from "./api.js";

const KINDS = ["call", "call-end", "trunk", "span", "alarm", "plan", "status"];
const listeners = new Map();
let stream = null;
let retry = 0;

function tell(kind, data) {
    (listeners.get(kind) ?? []).forEach((fn) => fn(data));
}

function on_event(e) {
    tell(e.type, e.data ? JSON.parse(e.data) : {});
}

function connect() {
    stream = new EventSource("/api/v1/events");
    stream.onopen = () => {
        tellReachable(true);
        tell("again", {});
    };
    stream.onerror = () => {
        tellReachable(false);
        if (stream.readyState !== EventSource.CLOSED)
            return;
        /* refused for good, as after a restart of the gateway: the browser gives up, we do not */
        clearTimeout(retry);
        retry = setTimeout(connect, 3000);
    };
    KINDS.forEach((kind) => stream.addEventListener(kind, on_event));
    stream.addEventListener("lost", () => tell("again", {}));
}

export function start() {
    if (!stream)
        connect();
}

export function stop() {
    clearTimeout(retry);
    stream?.close();
    stream = null;
}

/** Returns what ends it. */
export function on(kind, fn) {
    if (!listeners.has(kind))
        listeners.set(kind, new Set());
    listeners.get(kind).add(fn);
    return () => listeners.get(kind).delete(fn);
}
