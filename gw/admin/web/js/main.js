/* The page: which screen stands at which path, the session, the banner, the keyboard. */
import {fill, h, button} from "./h.js";
import {logout, may, onReachable, readSession, session} from "./api.js";
import * as live from "./live.js";
import {pending} from "./pending.js";
import {problem} from "./table.js";
import {now} from "./now.js";
import {calls} from "./calls.js";
import {call} from "./call.js";
import {routes} from "./routes.js";
import {trunks} from "./trunks.js";
import {rates} from "./rates.js";
import {alarms} from "./alarms.js";
import {settings} from "./settings.js";
import {loginScreen} from "./login.js";

/* path, title, screen, the key after g */
const SCREENS = [
    [/^\/$/, "Now", now, "n"],
    [/^\/calls$/, "Calls", calls, "c"],
    [/^\/calls\/([^/]+)$/, "Call", call],
    [/^\/routes$/, "Routes", routes, "r"],
    [/^\/trunks$/, "Trunks", trunks, "t"],
    [/^\/rates$/, "Rates & lists", rates, "l"],
    [/^\/alarms$/, "Alarms & log", alarms, "a"],
    [/^\/settings$/, "Settings", settings, "s"],
    [/^\/login$/, "Log in", loginScreen],
];
const HREFS = {
    n: "/",
    c: "/calls",
    r: "/routes",
    t: "/trunks",
    l: "/rates",
    a: "/alarms",
    s: "/settings"
};

const main = document.getElementById("main");
const banner = document.getElementById("banner");
let leave = null;

function screenOf(path) {
    return SCREENS.map(([re, ...rest]) => [re.exec(path), ...rest]).find(([m]) => m);
}

/* A screen builds its elements into `main` and returns what ends it: its streams and timers. */
function show() {
    const [match, title, screen] = screenOf(location.pathname) ?? [];

    leave?.();
    leave = null;
    document.querySelectorAll("dialog:has(form)").forEach((d) => d.close());
    if (!screen) {
        fill(main, h("h1", {}, "There is no such page"), h("p", {}, h("a", {href: "/"}, "Now")));
        return;
    }
    document.title = `${title} – tandem`;
    document.querySelectorAll("nav a").forEach((a) => {
        const here = a.pathname === location.pathname ||
                     (a.pathname !== "/" && location.pathname.startsWith(a.pathname + "/"));
        if (here) {
            a.setAttribute("aria-current", "page");
            a.scrollIntoView(
                {inline: "center", block: "nearest"}); /* on narrow screens it scrolls */
        } else
            a.removeAttribute("aria-current");
    });
    fill(main, h("h1", {}, title));
    try {
        leave = screen(main, {go, match: match[1] && decodeURIComponent(match[1])});
    } catch (e) {
        main.append(problem(e));
    }
}

export function go(href, replace = false) {
    history[replace ? "replaceState" : "pushState"](null, "", href);
    show();
    scrollTo(0, 0);
}

/* ---- who ---- */

function showWho() {
    const out = async () => {
        await logout().catch(() => {});
        live.stop();
        showWho();
        go("/login");
    };

    fill(document.getElementById("who"), session.name
        ? [h("span", {title: `role ${session.role}`}, session.name, h("small", {}, " ", session.role)),
           session.csrf ? button("Log out", out, "quiet") : null]
        : location.pathname === "/login" ? null : h("a", {href: "/login"}, "Log in"));
}

/** The session has changed: everything is shown anew. */
export async function enter(href) {
    await readSession();
    showWho();
    if (!may("viewer")) {
        live.stop();
        go("/login", true);
        return;
    }
    live.start();
    go(href, true);
}

document.addEventListener("tandem-login", () => {
    if (location.pathname !== "/login")
        go("/login");
});

/* ---- the banner: what concerns every screen ---- */

let lost = false;

function showBanner() {
    fill(banner,
         lost ? h("p.bad", {},
                  "The gateway does not answer. What you see may be old; " +
                      "this page tries again by itself.")
              : null,
         pending.element);
}

onReachable((yes) => {
    if (lost === !yes)
        return;
    lost = !yes;
    showBanner();
});
live.on("plan", () => pending.refresh());
live.on("again", () => pending.refresh());

/* ---- links and keys ---- */

document.addEventListener("click", (e) => {
    const a = e.target.closest("a[href]");
    if (!a || a.origin !== location.origin || a.hasAttribute("download") || a.target || e.ctrlKey ||
        e.metaKey || e.shiftKey || e.altKey || !screenOf(a.pathname))
        return;
    e.preventDefault();
    go(a.pathname + a.search);
});
addEventListener("popstate", show);

let after_g = 0;

function typing(e) {
    return e.target.closest("input, textarea, select, dialog") || e.ctrlKey || e.metaKey ||
           e.altKey;
}

document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && e.target.closest("input, textarea, select") &&
        !e.target.closest("dialog"))
        e.target.blur();
    else if (e.key === "Escape" && location.pathname.startsWith("/calls/"))
        go("/calls");
    if (typing(e))
        return;
    if (e.key === "/") {
        const search = main.querySelector("[data-search]");
        if (!search)
            return;
        e.preventDefault();
        search.focus();
        search.select?.();
    } else if (e.key === "g") {
        after_g = Date.now();
    } else if (HREFS[e.key] && Date.now() - after_g < 1500) {
        after_g = 0;
        go(HREFS[e.key]);
    }
});

/* ---- begin ---- */

/* The server's own page is there before us: what somebody has typed in its forms meanwhile, and
 * where. Returns what puts it into the fields of the same names. */
function typed() {
    const fields = [...main.querySelectorAll("input[name]")];
    const values = fields.filter((e) => e.type !== "hidden" && e.value !== e.defaultValue)
                       .map((e) => [e.name, e.value]);
    const at = fields.find((e) => e === document.activeElement)?.name;
    const field = (name) => name && main.querySelector(`input[name="${name}"]`);

    return () => {
        for (const [name, value] of values)
            if (field(name)) {
                field(name).value = value;
                field(name).dispatchEvent(new Event("input")); /* as if typed there */
            }
        field(at)?.focus();
    };
}

async function begin() {
    showBanner();
    try {
        await readSession();
    } catch (e) {
        fill(main, problem(e), button("Try again", () => location.reload()));
        return;
    }
    showWho();
    if (!may("viewer") && location.pathname !== "/login")
        history.replaceState(null, "", "/login");
    if (may("viewer"))
        live.start();
    const again = typed();
    show();
    again();
}

begin();
