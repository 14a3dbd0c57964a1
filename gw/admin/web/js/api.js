/* Asking the gateway: /api/v1, its errors, who is logged in. */

const ROLES = ["none", "viewer", "operator", "planner", "admin"];

/** Who this is: {name, role, csrf}. */
export const session = {
    name: "",
    role: "none",
    csrf: ""
};

/** True when the session's role may do what `role` may. */
export function may(role) {
    return ROLES.indexOf(session.role) >= ROLES.indexOf(role);
}

/** An answer that says no, in the gateway's words. */
export class Problem extends Error {
    constructor(status, body) {
        super(body.detail || body.title || `The gateway answered ${status}.`);
        this.status = status;
        this.items = body.items ?? [];
    }
}

const watchers = new Set();

/** `fn(reachable)` is told whenever the gateway is lost or found. */
export function onReachable(fn) {
    watchers.add(fn);
}

export function tellReachable(yes) {
    watchers.forEach((fn) => fn(yes));
}

async function ask(path, options) {
    let answer;

    try {
        answer = await fetch("/api/v1" + path, {credentials: "same-origin", ...options});
    } catch (e) {
        if (e.name === "AbortError")
            throw e;
        tellReachable(false);
        throw new Problem(0, {detail: "The gateway cannot be reached."});
    }
    tellReachable(true);
    const text = await answer.text();
    let body = {};
    try {
        body = text ? JSON.parse(text) : {};
    } catch {
        body = {detail: text.slice(0, 300)};
    }
    if (answer.status === 401 && path !== "/session")
        document.dispatchEvent(new Event("tandem-login"));
    if (!answer.ok)
        throw new Problem(answer.status, body);
    return body;
}

/** "?a=b": what is empty is left out. */
export function query(values) {
    const q = new URLSearchParams();

    for (const [name, value] of Object.entries(values))
        if (value !== undefined && value !== null && value !== "" && value !== false)
            q.set(name, value);
    const text = q.toString();
    return text ? "?" + text : "";
}

/** {items, note} */
export async function get(path, values = {}, options = {}) {
    const body = await ask(path + query(values), options);
    return {note: "", ...body, items: body.items ?? []};
}

/** A write; `body` may have `reason`. */
export async function send(method, path, body = {}, options = {}) {
    const answer = await ask(path, {
        method,
        headers: {"Content-Type": "application/json", "X-CSRF-Token": session.csrf},
        body: JSON.stringify(body),
        ...options,
    });
    return {note: "", ...answer, items: answer.items ?? []};
}

/** One part of a path. */
export const part = encodeURIComponent;

export async function readSession() {
    const answer = await ask("/session", {});
    const who = answer.items?.[0] ?? answer;
    Object.assign(session, {name: "", role: "none", csrf: ""}, who);
    return session;
}

export async function login(name, password) {
    await ask("/session", {
        method: "POST",
        headers: {"Content-Type": "application/json"},
        body: JSON.stringify({name, password}),
    });
    return readSession();
}

export async function logout() {
    await send("DELETE", "/session");
    Object.assign(session, {name: "", role: "none", csrf: ""});
}
