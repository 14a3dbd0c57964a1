/* The browser test's parts, against a gateway that runs.
 *
 * usage: node test/web/run.mjs CONFIG.json PART...      parts: screens late actions roles many
 * CONFIG: {base, accounts: {name: password}, modules, chromium, shots, dir, ...}
 */
import {mkdirSync, readFileSync} from "node:fs";
import {launch} from "./browser.mjs";
import {screens} from "./screens.mjs";
import {late} from "./late.mjs";
import {actions} from "./actions.mjs";
import {roles} from "./roles.mjs";
import {many} from "./many.mjs";

const PARTS = {
    screens,
    late,
    actions,
    roles,
    many
};
const [, , path, ...parts] = process.argv;
const config = JSON.parse(readFileSync(path));

mkdirSync(config.shots, {recursive: true});
const browser = await launch(config);
try {
    for (const part of parts)
        for (const test of PARTS[part]) {
            const begin = Date.now();
            await test(browser, config);
            console.log(`${part} ${test.name}: ok, ${((Date.now() - begin) / 1000).toFixed(1)} s`);
        }
} catch (e) {
    console.error(`FAILED: ${e.message}`);
    for (const context of browser.contexts())
        for (const page of context.pages()) {
            console.error(
                `at ${page.url()}; ${page.wrong?.at(-1) ?? ""} ${page.refused?.at(-1) ?? ""}`);
            await page.screenshot({path: `${config.shots}/failed.png`}).catch(() => {});
        }
    console.error((e.stack ?? "").split("\n").slice(0, 6).join("\n"));
    process.exitCode = 1;
} finally {
    await browser.close();
}
