/* Logging in. */
import {h, fill} from "./h.js";
import {login} from "./api.js";
import {problem} from "./table.js";
import {enter} from "./main.js";

export function loginScreen(main) {
    const error = h("div");
    const name =
        h("input", {name: "name", autocomplete: "username", required: true, autocapitalize: "off"});
    const password =
        h("input",
          {name: "password", type: "password", autocomplete: "current-password", required: true});
    const go = h("button.primary", {type: "submit"}, "Log in");
    const submit = async (e) => {
        e.preventDefault();
        go.disabled = true;
        fill(error);
        try {
            await login(name.value, password.value);
            await enter("/");
        } catch (why) {
            fill(error, problem(why));
            go.disabled = false;
            password.select();
        }
    };

    main.append(h("form.login", {onsubmit: submit}, h("label", {}, h("span", {}, "Name"), name),
                  h("label", {}, h("span", {}, "Password"), password), error, go));
    name.focus();
}
