/** The guides for those who come from another system, and the one of signing viewers in: as printed. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { Command } from "../local/npm-start.ts";
import { bundled } from "../support/bundle.ts";
import { hasBrowser, launchChromium } from "../support/chromium.ts";
import { openCodePage, writes } from "../support/code-page.ts";
import { eventually } from "../support/eventually.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { at, Guide, KEY, paste, prints, useGateways } from "./guide.ts";

const gateways = useGateways();
const stored = /"accepted": ?\["welcome"\]/;

describe.each(["from-pusher", "from-centrifugo", "from-socket-io"])("%s", (name) => {
  const guide = new Guide(name);

  test("a backend publishes, and the page gets that and what it publishes itself", async () => {
    const { closed, open } = gateways();
    if (name === "from-socket-io") {
      await prints(at(closed, guide.block("js")), [/accepted: \[ 'welcome' \]/], { KEY });
    } else {
      expect(await paste(at(closed, guide.block("sh")), { KEY })).toMatch(stored);
    }
    await prints(at(open, guide.block("ts")), [/Welcome!/, /Hello!|Thanks!/]);
  });

  test("each block is run", () => expect(guide.untaken).toEqual([]));
});

describe.skipIf(!hasBrowser)("sign-in", () => {
  const guide = new Guide("sign-in");
  let browser: Browser;
  let folder: string;
  let commands: Command | undefined;

  beforeAll(async () => {
    browser = await launchChromium();
    // Within the repository, so that the program finds its package.
    folder = await mkdtemp(join(import.meta.dirname, "../../.cache/sign-in-"));
  });
  afterAll(async () => {
    commands?.signalGroup("SIGKILL");
    await commands?.ended;
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("the gateway accepts the program's tokens: users comment by their name, guests may not", async () => {
    const { stack, closed } = gateways();
    const [port, tokens] = [await freePort(), await freePort()];
    await writeFile(join(folder, "tokens.mjs"), guide.block("js"));
    const start = guide
      .block("sh", "openssl")
      .replace(
        "npm run gateway --",
        `node ${bundled("gateway/main.ts")} --host 127.0.0.1 --ops-port 0`,
      )
      .replace("nats://127.0.0.1:4222", `${natsUrlAs("gateway", stack.nats.url)} --port ${port} &`);
    const script = `cd ${folder}\n${start}PORT=${tokens} ${guide.block("sh", "tokens.mjs")}`;
    commands = new Command("bash", ["-e", "-c", script]);
    await commands.prints(/"port":\d+/);
    const answers = async (url: string) => (await fetch(url).catch(() => undefined))?.ok === true;
    await eventually(() => answers(`http://127.0.0.1:${port}/v1/ping`));
    await eventually(() => answers(`http://127.0.0.1:${tokens}`));

    closed.port = port;
    const ask = async (cookie: string) =>
      await (await fetch(`http://127.0.0.1:${tokens}`, { headers: { cookie } })).text();
    const code = at(closed, guide.block("ts"));
    const anna = await openCodePage(browser, closed, code, { token: () => ask("user=anna") });
    await writes(anna.lines, /^anna \{text: Hello!\}$/m);
    const guest = await openCodePage(browser, closed, code, { token: () => ask("") });
    await writes(guest.lines, /may not be published/);
  });

  test("each block is run", () => expect(guide.untaken).toEqual([]));
});
