/* Who may do what: what a role may not do is not offered, and is refused when asked for all the
 * same. */
import {check, login, open} from "./browser.mjs";

/* the roles that may, and the answer of the others */
const WRITES = [
    ["DELETE", "/calls/999999", "operator"],
    ["POST", "/trunks/spare/unblock", "operator"],
    ["POST", "/plan/confirm", "planner"],
    ["GET", "/audit", "planner"],
    ["GET", "/plan", "planner"],
    ["GET", "/accounts", "admin"],
];
const ORDER = ["viewer", "operator", "planner", "admin"];

async function asked(page, method, path, token) {
    return page.evaluate(async ([m, p, t]) => {
        const {items: [me]} = await (await fetch("/api/v1/session")).json();
        const headers = {
            "Content-Type": "application/json",
            ...(t ? {"X-CSRF-Token": me.csrf} : {})
        };
        return (await fetch("/api/v1" + p, {
                   method: m,
                   headers: m === "GET" ? {} : headers,
                   body: m === "GET" ? undefined : "{}"
               }))
            .status;
    }, [method, path, token]);
}

async function offered(page, role) {
    const can = (r) => ORDER.indexOf(role) >= ORDER.indexOf(r);
    /* parts of a screen come when their data do: what must not be there is looked for after all */
    const is = async (what, selector, want) => {
        if (want)
            await page.locator(selector).first().waitFor();
        else
            check(await page.locator(selector).count() === 0, `${role}: ${what} is offered`);
    };
    const to = (title) =>
        page.getByRole("navigation").getByRole("link", {name: title, exact: true}).click();
    await to("Calls");
    await page.locator("tr.live").first().waitFor();
    await is("release", "button:has-text('Release')", can("operator"));
    await to("Trunks");
    await page.locator(".grid .cell").first().waitFor();
    await page.locator("tr.opens", {hasText: "spare"}).waitFor();
    await is("block", "button:has-text('Block')", can("operator"));
    await to("Routes");
    await page.locator("main section table").first().waitFor();
    await is("the plan as text", "button:has-text('Edit as text')", can("planner"));
    if (can("planner")) {
        await page.getByRole("button", {name: "Edit as text"}).click();
        await page.locator(".editor textarea").waitFor();
    }
    await is("apply", "button:has-text('Apply')", can("planner"));
    await to("Settings");
    await page.locator("section:has-text('The gateway') dl").first().waitFor();
    await is("accounts", "button:has-text('Add an account')", can("admin"));
    await is("stop", "button:has-text('Stop')", can("admin"));
}

async function each(browser, config) {
    for (const [name, role] of [["vera", "viewer"], ["otto", "operator"], ["paul", "planner"],
                                ["anna", "admin"]]) {
        const page = await open(browser, config);
        await login(page, config, name);
        await offered(page, role);
        check(page.wrong.length === 0, `${role}: ${page.wrong[0]}`);
        check(page.refused.length === 0, `${role}: ${page.refused[0]}`);
        for (const [method, path, needs] of WRITES) {
            const status = await asked(page, method, path, true);
            const may = ORDER.indexOf(role) >= ORDER.indexOf(needs);
            check((status === 403) === !may, `${role}: ${method} ${path}: ${status}`);
        }
        check(await asked(page, "POST", "/trunks/spare/unblock", false) === 403,
              `${role}: a write without its token`);
        await page.context().close();
    }
}

async function nobody(browser, config) {
    const page = await open(browser, config);
    await page.at("/trunks");
    await page.getByLabel("Password").waitFor();
    check(await asked(page, "GET", "/calls", false) === 401,
          "calls are told to nobody in particular");
    await page.context().close();
}

export const roles = [nobody, each];
