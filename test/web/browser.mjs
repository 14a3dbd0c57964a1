/* What every part of the browser test needs: a browser, pages that notice what goes wrong, checks.
 */
import {createRequire} from "node:module";

const PATIENCE = 60; /* s: a busy machine takes ten times as long as a quiet one */

export class Failed extends Error {}

export function check(holds, what) {
    if (!holds)
        throw new Failed(what);
}

/** Without a sandbox, which neither root nor a container has: it sees nothing but our own page. */
export async function launch(config) {
    const {chromium} = createRequire(config.modules + "/")("playwright-core");
    const args = ["--no-sandbox", "--disable-dev-shm-usage"]; /* small in containers */
    return chromium.launch({executablePath: config.chromium, args});
}

/**
 * A page of its own (cookies too) that remembers in `wrong` what a reader of the console would
 * see. Answers that say no are told by their status alone: the part that wants one expects it.
 */
export async function open(browser, config, options = {}) {
    const context = await browser.newContext({viewport: {width: 1280, height: 900}, ...options});
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE * 1000);
    page.wrong = [];
    page.refused = [];
    page.on("pageerror", (e) => page.wrong.push(`${page.url()}: ${e.message}`));
    page.on("console", (m) => {
        if (["error", "warning"].includes(m.type()) &&
            !m.text().startsWith("Failed to load resource"))
            page.wrong.push(`${page.url()}: ${m.text()}`);
    });
    page.on("response", async (r) => {
        if (r.status() < 400)
            return;
        const i = page.refused.push(`${r.status()} ${r.request().method()} ${r.url()}`) - 1;
        page.refused[i] += " " + (await r.text().catch(() => "")).slice(0, 300);
    });
    page.at = (path) => page.goto(config.base + path);
    /* as somebody who has logged in, once the script has put its own screen in the server's place
     */
    page.visit = async (path) => {
        await page.at(path);
        await page.locator("#who span").first().waitFor();
    };
    /* another screen of the page that is there, as its own links do: to load it is most of the work
     */
    page.show = (path) => page.evaluate((to) => {
        history.pushState(null, "", to);
        dispatchEvent(new PopStateEvent("popstate"));
    }, path);
    return page;
}

/** Logs in as one of the accounts, by the form. */
export async function login(page, config, name) {
    await page.at("/login");
    await page.locator("form.login").waitFor(); /* the script's, not the server's */
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(config.accounts[name]);
    await page.getByRole("button", {name: "Log in"}).click();
    await page.locator("#who", {hasText: name}).waitFor();
    await page.waitForURL(config.base + "/");
    page.refused.length = 0;
}

const sessions = new Map(); /* of each account, what its browser keeps */

/** A page of one of the accounts that has logged in before: by the form, the first time. */
export async function enter(browser, config, name, options = {}) {
    if (!sessions.has(name)) {
        const page = await open(browser, config);
        await login(page, config, name);
        sessions.set(name, await page.context().storageState());
        await page.context().close();
    }
    return open(browser, config, {...options, storageState: sessions.get(name)});
}

/**
 * Fills the dialog that is open (fields by their names), gives a reason where one is asked for,
 * and does it.
 */
export async function confirm(page, action, fields = {}) {
    const title = await page.locator("dialog").getAttribute("aria-label");
    const dialog = page.locator(`dialog[aria-label="${title}"]`);
    const field = (name) => dialog.locator(`[name="${name}"]`);
    for (const [name, value] of Object.entries(fields))
        if (typeof value === "boolean")
            await field(name).setChecked(value);
        else if (await field(name).evaluate((e) => e.tagName) === "SELECT")
            await field(name).selectOption(value);
        else
            await field(name).fill(value);
    if (await field("reason").count() > 0)
        await field("reason").fill("the browser test");
    await dialog.getByRole("button", {name: action, exact: true}).click();
    await dialog.waitFor({state: "detached"});
}

/** Polls until it is so. */
export async function until(what, condition, seconds = PATIENCE) {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
        if (await condition())
            return;
        await new Promise((done) => setTimeout(done, 100));
    }
    throw new Failed(`${what}: not within ${seconds} s`);
}

/** Elements that make the page wider than the window; what scrolls in its own box may be wide. */
export function sideways(page) {
    return page.evaluate(() => {
        const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
        return wide > 0 ? `${wide} pixels` : "";
    });
}

export const SCREENS = {
    "/": "Now",
    "/calls": "Calls",
    "/routes": "Routes",
    "/trunks": "Trunks",
    "/rates": "Rates & lists",
    "/alarms": "Alarms & log",
    "/settings": "Settings",
};
