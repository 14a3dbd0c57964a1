/* The one dialog: what will be done, a few fields, and why. Errors are shown in it. */
import {h, fill, button} from "./h.js";
import {problem} from "./table.js";

function input(f) {
    if (f.options)
        return h("select", {name: f.name},
                 f.options.map(([value, text]) =>
                                   h("option", {value, selected: value === f.value}, text)));
    if (f.type === "checkbox")
        return h("input", {type: "checkbox", name: f.name, checked: !!f.value});
    return h("input", {
        type: f.type ?? "text",
        name: f.name,
        value: f.value ?? "",
        required: f.required,
        minlength: f.minlength,
        autocomplete: f.autocomplete ?? "off",
        placeholder: f.placeholder
    });
}

function field(f) {
    return h("label" + (f.type === "checkbox" ? ".check" : ""), {}, h("span", {}, f.label),
             input(f), f.help ? h("small", {}, f.help) : null);
}

function values(form) {
    const out = {};
    for (const e of form.elements)
        if (e.name)
            out[e.name] = e.type === "checkbox" ? e.checked : e.value;
    return out;
}

const REASON = {
    name: "reason",
    label: "Reason",
    required: true,
    help: "It stands in the audit log beside your name."
};

/**
 * Asks and does: `run(values)` makes the write; the dialog stays open with its error. Resolves
 * with what run gave, or null when it was closed instead. A write goes on when the dialog is closed
 * over it: it resolves when that is done, or tells its error.
 */
export function ask({title, text, fields = [], action, danger = false, reason = true, run}) {
    return new Promise((resolve) => {
        const error = h("div"),
              go = h("button" + (danger ? ".danger" : ".primary"), {type: "submit"}, action);
        const all = reason ? [...fields, REASON] : fields;
        const form = h("form", {method: "dialog"}, h("h2", {}, title),
                       text ? h("p", {}, text) : null, all.map(field), error,
                       h("div.buttons", {}, button("Cancel", () => dialog.close()), go));
        const dialog = h("dialog", {"aria-label": title}, form);
        let running = false;

        form.addEventListener("submit", async (e) => {
            e.preventDefault();
            go.disabled = running = true;
            fill(error);
            try {
                resolve((await run(values(form))) ?? {});
                dialog.close();
            } catch (why) {
                go.disabled = running = false;
                if (dialog.open) {
                    fill(error, problem(why));
                    return;
                }
                resolve(null);
                tell(title, problem(why));
            }
        });
        dialog.addEventListener("close", () => {
            dialog.remove();
            if (!running)
                resolve(null);
        });
        document.body.append(dialog);
        dialog.showModal();
    });
}

/** Something to be read or copied once. */
export function tell(title, ...children) {
    const dialog = h("dialog", {"aria-label": title}, h("h2", {}, title), children,
                     h("div.buttons", {}, button("Close", () => dialog.close(), "primary")));

    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
}
