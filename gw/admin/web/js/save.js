/* A text as a file of the reader's machine. */
import {h} from "./h.js";

export function save(name, text) {
    const a =
        h("a", {href: URL.createObjectURL(new Blob([text], {type: "text/plain"})), download: name});
    document.body.append(a);
    a.click();
    a.remove();
    setTimeout(() => URL.revokeObjectURL(a.href), 1000);
}
