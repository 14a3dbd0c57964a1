/* What one can do: each action by the page's own buttons, and what comes of it. */
import {writeFileSync} from "node:fs";
import {check, confirm, login, open, until} from "./browser.mjs";

async function release(page, config) {
    await page.visit("/calls?q=" + encodeURIComponent(`to:${config.released}`));
    const row = page.locator("tr.live", {hasText: config.released});
    await row.getByRole("button", {name: "Release"}).click();
    await page.getByRole("dialog").getByRole("button", {name: "Release", exact: true}).click();
    check(await page.getByRole("dialog").isVisible(), "it was done without a reason");
    await confirm(page, "Release");
    await row.waitFor({state: "detached"});
    const record = page.locator("table.calls tr:not(.live)", {hasText: config.released});
    await record.getByText("by operator").waitFor(); /* its record, in the same list */
    await record.click();
    await page.locator("section", {hasText: "How it ended"})
        .getByText("operator")
        .first()
        .waitFor();
}

async function testCall(page) {
    await page.show("/trunks");
    await page.locator("tr", {hasText: "pri"})
        .first()
        .getByRole("button", {name: "Test call"})
        .click();
    await confirm(page, "Call", {
        number: "+4930123001", service: "milliwatt", for: "1min"
    });
    await page.show("/calls?q=" + encodeURIComponent("out:pri"));
    await until("the test call is there", async () => (await page.locator("tr.live").count()) >= 2);
}

async function block(page) {
    await page.show("/trunks");
    const row = page.locator("tr", {hasText: "spare"}).first();
    await row.getByRole("button", {name: "Block", exact: true}).click();
    await confirm(page, "Block");
    await row.getByText("blocked").waitFor();
    await row.getByRole("button", {name: "Unblock"}).click();
    await confirm(page, "Unblock");
    await row.getByRole("button", {name: "Block", exact: true}).waitFor();
}

async function channel(page) {
    const cell = page.locator(".grid .cell").filter({hasText: /^1\D/}).first();
    await cell.click();
    await confirm(page, "Block");
    await until("the channel is blocked",
                () => cell.evaluate((e) => e.classList.contains("blocked")));
    await cell.click();
    await confirm(page, "Unblock");
    await until("the channel is free", () => cell.evaluate((e) => e.classList.contains("idle")));
}

async function explain(page, config) {
    await page.show("/routes");
    await page.getByLabel("Number").fill("030 123 001");
    await page.getByLabel("From").selectOption("pbx");
    await page.getByRole("button", {name: "Where would it go?"}).click();
    await page.locator(".decision", {hasText: "pri"}).waitFor();
    const wins = page.locator("tr.wins");
    await until("one row is marked", async () => {
        const marked = await wins.allTextContents();
        return marked.length === 1 && marked[0].includes("+49*");
    });
    await page.screenshot({path: `${config.shots}/explain.png`});
    await wins.locator("a.place").click();
    await until(
        "the editor is at the line",
        () =>
            page.locator(".editor textarea")
                .evaluate((t) => t.value.slice(t.selectionStart, t.selectionEnd).includes("+49*")));
}

async function badPlan(page, config) {
    const text = page.locator(".editor textarea"), good = await text.inputValue();
    const line = good.split("\n").findIndex((l) => l.includes("+49* -> pri")) + 1;
    await text.fill(good.replace("+49* -> pri", "+49* -> prii"));
    const note = page.locator(".editor .note.error");
    await note.waitFor();
    check((await note.textContent()).includes("prii"), `the note says ${await note.textContent()}`);
    const [top, high] = await note.evaluate((e) => [parseFloat(e.style.top), e.offsetHeight]);
    check(Math.round(top / high) === line, `the note stands under line ${top / high}, not ${line}`);
    check(await page.getByRole("button", {name: "Apply …"}).isDisabled(),
          "a bad plan can be applied");
    await page.screenshot({path: `${config.shots}/plan-error.png`});
    await text.fill(good);
    await note.waitFor({state: "detached"});
}

async function applyPlan(page) {
    const text = page.locator(".editor textarea"),
          apply = page.getByRole("button", {name: "Apply …"});
    const wait = page.locator("#banner .wait");
    const row = (generation) => page.locator(
        "details tr",
        {has: page.locator("td:first-child", {hasText: new RegExp(`^${generation}$`)})});

    await text.fill(
        (await text.inputValue()).replace("+49* -> pri", "+49* -> pri    # by the page"));
    await until("it may be applied", () => apply.isEnabled());
    await page.getByRole("button", {name: "Diff"}).click();
    await page.locator("section", {hasText: "What would change"}).first().waitFor();
    await apply.click();
    await confirm(page, "Apply", {confirm: "5min"});
    await wait.waitFor();
    await until("it counts down",
                async () => /^[34]:\d\d$/.test(await wait.locator(".left").textContent()));
    await wait.getByRole("button", {name: "Keep it"}).click();
    await confirm(page, "Keep it");
    await wait.waitFor({state: "detached"});
    await page.getByText("Earlier generations").click();
    await row("1").getByRole("button", {name: "Roll back to it"}).click();
    await confirm(page, "Roll back");
    await row("3").waitFor();
    await until("the old text is back",
                async () => !(await text.inputValue()).includes("by the page"));
}

async function acknowledge(page, config) {
    await page.show("/alarms");
    const alarm = page.locator("article.alarm", {hasText: "spare"}).first();
    await alarm.getByText("What to do").waitFor();
    await page.screenshot({path: `${config.shots}/alarms.png`});
    await alarm.getByRole("button", {name: "Acknowledge"}).click();
    await confirm(page, "Acknowledge");
    await alarm.getByText("seen by anna").waitFor();
    await page.locator("section", {hasText: "Who did what"})
        .locator("tr", {hasText: "the browser test"})
        .filter({hasText: "acknowledge"})
        .first()
        .waitFor();
}

async function upload(page, config) {
    await page.show("/rates");
    await page.locator("section", {hasText: "Files"})
        .last()
        .locator("tr", {hasText: "alpha"})
        .first()
        .waitFor();
    const file = `${config.dir}/another.csv`;
    writeFileSync(file, "prefix,rate\n49,0.0150\n4930,0.0090\n44,0.0200\n");
    await page.getByLabel("Another file for").first().setInputFiles(file);
    await page.getByRole("button", {name: "Apply …"}).click();
    await confirm(page, "Apply");
    await page.getByLabel("Number").fill("+442079460148");
    await page.getByRole("button", {name: "What does it cost?"}).click();
    await page.locator("td", {hasText: "0.02"}).first().waitFor();
}

async function accounts(page) {
    await page.show("/settings");
    const row = page.locator("tr", {hasText: "nora"});
    await page.getByRole("button", {name: "Add an account"}).click();
    await confirm(page, "Add", {name: "nora", role: "operator", password: "correct horse battery"});
    await row.getByText("operator").waitFor();
    await row.getByRole("button", {name: "Remove"}).click();
    await confirm(page, "Remove");
    await row.waitFor({state: "detached"});
    await page.getByRole("button", {name: "Add an account"}).click();
    await confirm(page, "Add", {name: "meter", role: "viewer", key: true});
    const key = await page.locator("dialog pre.key").textContent();
    check(/^[0-9a-f]{64}$/.test(key), `the key is ${key}`);
    await page.getByRole("dialog").getByRole("button", {name: "Close"}).click();
}

/* the gateway goes away and comes back: it is said, and the page goes on by itself */
async function lost(page) {
    await page.show("/");
    await page.locator("#main .plot canvas").first().waitFor();
    await page.context().setOffline(true);
    await page.locator("#banner", {hasText: "does not answer"}).waitFor();
    await page.context().setOffline(false);
    await until("the banner is gone", async () => !(await page.locator("#banner").textContent()));
}

async function all(browser, config) {
    const page = await open(browser, config);
    await login(page, config, "anna");
    for (const action of [release, testCall, block, channel, explain, badPlan, applyPlan,
                          acknowledge, upload, accounts, lost]) {
        await action(page, config);
        check(page.wrong.length === 0, `${action.name}: ${page.wrong[0]}`);
        console.log(`  ${action.name}: ok`);
    }
    await page.getByRole("button", {name: "Log out"}).click();
    await page.getByLabel("Password").waitFor();
    await page.at("/calls");
    await page.locator("form.login").waitFor(); /* the script's, not the server's */
    await page.getByLabel("Name").fill("anna");
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", {name: "Log in"}).click();
    await page.locator(".problem").waitFor();
    await page.context().close();
}

export const actions = [all];
