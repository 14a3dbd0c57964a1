/* Settings: who I am, accounts and keys, the version, the plan as it is in force, stopping. */
import {h, fill, button} from "./h.js";
import {get, may, part, send, session} from "./api.js";
import {ask, tell} from "./dialog.js";
import * as live from "./live.js";
import {about, state, when} from "./format.js";
import {rollBack} from "./pending.js";
import {save} from "./save.js";
import {facts, into, section, table} from "./table.js";

const MEANS = {
    none: "may look at nothing until logged in",
    viewer: "may look",
    operator: "may look, end calls, block trunks, trace and record",
    planner: "may do what operators may, and change the plan and its tables",
    admin: "may do everything",
};
const ROLES = ["viewer", "operator", "planner", "admin"].map((r) => [r, `${r}: ${MEANS[r]}`]);

/* ---- accounts ---- */

const put = (name, body) => send("PUT", `/accounts/${part(name)}`, body);

/** A key is told once: it is shown until the dialog is closed. */
function showKey(answer) {
    const key = answer?.items?.find((i) => i.secret)?.secret;
    if (key)
        tell("The key of this account",
             h("p", {}, "It is told this once. Programs send it as ",
               h("code", {}, "Authorization: Bearer KEY"), "."),
             h("pre.key", {}, key));
}

function addAccount(done) {
    ask({
        title: "Add an account",
        fields: [
            {name: "name", label: "Name", required: true},
            {name: "role", label: "Role", options: ROLES}, {
                name: "key",
                label: "For a program: it gets a key instead of a password",
                type: "checkbox"
            },
            {
                name: "password",
                label: "Password",
                type: "password",
                autocomplete: "new-password",
                help: "at least 10 characters; not for programs"
            }
        ],
        action: "Add",
        run: ({name, role, key, password, reason}) =>
            put(name, key ? {role, key: true, reason} : {role, password, reason})
    }).then((r) => r && (showKey(r), done()));
}

function changeAccount(a, done) {
    ask({
        title: `Change ${a.name}`,
        fields: [
            {name: "role", label: "Role", options: ROLES, value: a.role},
            a.key ? {
                name: "key",
                label: "Give it another key: the old one is worth nothing then",
                type: "checkbox"
            }
                  : {
                        name: "password",
                        label: "Another password",
                        type: "password",
                        autocomplete: "new-password",
                        help: "empty: it keeps the one it has"
                    }
        ],
        action: "Change",
        run: ({role, key, password, reason}) => put(
            a.name, {role, reason, ...(key ? {key: true} : {}), ...(password ? {password} : {})})
    }).then((r) => r && (showKey(r), done()));
}

function removeAccount(a, done) {
    ask({
        title: `Remove ${a.name}`,
        text: "Its sessions end at once.",
        action: "Remove",
        danger: true,
        run: (v) => send("DELETE", `/accounts/${part(a.name)}`, v)
    }).then((r) => r && done());
}

function accountColumns(read) {
    const tools = (a) => [button("Change", () => changeAccount(a, read), "small"),
                          button("Remove", () => removeAccount(a, read), "small.danger")];
    return [
        {label: "Name", cell: (a) => h("b", {}, a.name)},
        {label: "Role", cell: (a) => a.role},
        {label: "For", cell: (a) => (a.key ? "a program (key)" : "a person (password)")},
        {label: "", cell: (a) => h("span.buttons", {}, tools(a))},
    ];
}

function accounts(box) {
    const show = ({items}) =>
        section("Accounts", button("Add an account", () => addAccount(read)),
                table(accountColumns(read), items, {empty: "There are no accounts."}));
    const read = () => into(box, get("/accounts"), show);
    read();
}

/* ---- the plan as a backup ---- */

function backup(error) {
    into(error, get("/plan"), ({items}) => {
        for (const f of items.filter((i) => i.type === "file"))
            save(f.path.replace(/^.*\//, ""), f.text);
        return null;
    });
}

function generationColumns(read) {
    const past = (g) => may("planner") && !/in force|waits/.test(g.state);
    const back = (g) => button("Roll back to it", () => rollBack(g.generation, read), "small");
    return [
        {label: "Generation", kind: "num", cell: (g) => String(g.generation)},
        {label: "When", cell: (g) => when(g.when)},
        {label: "Who", cell: (g) => g.who},
        {label: "State", cell: (g) => g.state},
        {label: "Why", cell: (g) => g.why},
        {label: "SHA-256", cell: (g) => h("code", {}, g.sha256)},
        {label: "", cell: (g) => (past(g) ? back(g) : "")},
    ];
}

function generations(box) {
    const show = ({items}) =>
        section("Generations of the plan", null,
                table(generationColumns(read), items.filter((g) => g.type === "generation"),
                      {empty: "There is no history."}));
    const read = () => into(box, get("/plan/history"), show);
    read();
    return read;
}

/* ---- stopping ---- */

function ending(said) {
    const note = (r) => r && fill(said, h("p.soft", {role: "status"}, r.note || "It was told."));
    return [
        button("Drain",
               () => ask({
                         title: "Drain",
                         text: "No new calls; the gateway stops when the last one is over.",
                         action: "Drain",
                         danger: true,
                         run: (v) => send("POST", "/drain", v)
                     }).then(note),
               "danger"),
        button("Stop", () => ask({
                                 title: "Stop",
                                 text: "Calls end now, and so does this page.",
                                 action: "Stop the gateway",
                                 danger: true,
                                 run: (v) => send("POST", "/stop", v)
                             }).then(note),
               "danger")
    ];
}

export function settings(main) {
    const version = h("div"), people = h("div"), past = h("div"), said = h("div"),
          expanded = h("div");
    const whole = h("details", {},
                    h("summary", {}, "The plan as it was understood, defaults included"), expanded);

    main.append(
        section("Who I am", null,
                h("p", {}, h("b", {}, session.name || "nobody"),
                  ` is ${session.role}: ${MEANS[session.role] ?? ""}.`)),
        people, section("The gateway", may("admin") ? ending(said) : null, said, version),
        section("The plan",
                [
                    may("planner") ? button("Download its files", () => backup(said)) : null,
                    h("a.button", {href: "/api/v1/openapi.json"}, "HTTP interface"),
                    h("a.button", {href: "/metrics"}, "Metrics")
                ],
                may("planner") ? whole : null),
        past);
    whole.addEventListener(
        "toggle", () => whole.open && into(expanded, get("/plan/expanded"),
                                           ({items}) => h("pre.log", {tabindex: 0},
                                                          items.map((i) => i.text).join("\n"))));
    if (may("admin"))
        accounts(people);
    const readVersion = () =>
        into(version, get("/status"),
             ({items: [s]}) => facts([
                 ["Version", s.version], ["State", state(s.state)], ["Up for", about(s.uptime_ms)],
                 ["Plan", `generation ${s.generation}`], ["Trunks", s.trunks], ["Spans", s.spans],
                 ["Media threads", s.media_threads], ["G.729", s.g729]
             ]));
    readVersion();
    const readPast = generations(past);
    const ends = [live.on("plan", readPast), live.on("again", readVersion)];
    return () => ends.forEach((e) => e());
}
