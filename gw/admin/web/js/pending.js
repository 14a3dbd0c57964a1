/* A plan that waits to be confirmed: shown on every screen with its countdown, since it goes back
 * by itself when nobody says anything. */
import {h, fill, button} from "./h.js";
import {get, may, send} from "./api.js";
import {ask} from "./dialog.js";
import {duration} from "./format.js";

const element = h("div");
let generation = 0, until = 0, timer = 0, asked = 0;

function keep() {
    ask({
        title: `Keep generation ${generation}`,
        text: "The new plan stays in force.",
        action: "Keep it",
        run: ({reason}) => send("POST", "/plan/confirm", {reason})
    }).then(refresh);
}

export function rollBack(to, done) {
    ask({
        title: to ? `Back to generation ${to}` : "Back to the plan before",
        text: "Its files come into force again, as a new generation. Calls go on.",
        action: "Roll back",
        danger: true,
        run: ({reason}) =>
            send("POST", "/plan/rollback", {generation: to ? String(to) : undefined, reason})
    }).then((r) => r && (refresh(), done?.()));
}

function tick() {
    const left = until - Date.now();

    element.querySelector(".left").textContent = duration(left);
    if (left <= 0) {
        clearInterval(timer);
        refresh();
    }
}

async function refresh() {
    const mine = ++asked;
    let waits = null;
    try {
        const {items} = await get("/plan/history");
        waits = items.find((g) => /^waits \d+ s$/.test(g.state));
    } catch {
        return; /* what cannot be asked is not shown */
    }
    if (mine !== asked)
        return; /* a later question's answer is newer */
    clearInterval(timer);
    document.dispatchEvent(new Event("tandem-plan"));
    if (!waits) {
        fill(element);
        return;
    }
    generation = waits.generation;
    until = Date.now() + Number(/\d+/.exec(waits.state)[0]) * 1000;
    fill(element, h("p.wait", {}, `Generation ${generation} is in force and goes back in `,
                    h("b.left", {}, ""), " unless it is confirmed. ",
                    may("planner") ? [button("Keep it", keep, "primary"),
                                      button("Roll back", () => rollBack(0), "danger")] : null));
    tick();
    timer = setInterval(tick, 1000);
}

export const pending = {
    element,
    refresh
};
