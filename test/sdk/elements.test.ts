/** The elements as a gateway serves them, in pages of another site, in a real browser. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildClient, CLIENT_FOLDER } from "../../deploy/client/bundle.ts";
import type { Kind } from "../../shared/protocol/kinds.ts";
import { hasBrowser, launchChromium } from "../support/chromium.ts";
import { TestStack } from "../support/stack.ts";
import { SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { post } from "../support/viewer.ts";
import { Network } from "./support/network.ts";

const KINDS: readonly Kind[] = [
  { name: "like", deliveryClass: "transient" },
  { name: "comment", deliveryClass: "durable" },
  { name: "vote", deliveryClass: "vote" },
  { name: "react", deliveryClass: "transient", variants: "any" },
];
const SETTINGS = { kinds: KINDS, totalsIntervalMs: 50 };
const MODERATOR = { sub: "berit", videos: ["*"], publish: ["comment"], scope: "moderate" };
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let stack: TestStack;
let browser: Browser;
/** Serves the pages: another origin than the gateways'. */
let site: Network;
let pages = 0;
/** Requires tokens. */
let checked: { readonly port: number };
const faults: string[] = [];

const urlOf = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}`;

beforeAll(async () => {
  if (!hasBrowser) return;
  await buildClient();
  site = await Network.start(0);
  const gateway = {
    ...SETTINGS,
    clientDir: CLIENT_FOLDER,
    allowedOrigins: [site.url],
    lingerMs: 0,
    countIntervalMs: 50,
  };
  stack = await TestStack.start({ gateway, dispatcher: SETTINGS });
  checked = await stack.addGateway({ open: false, authSecret: SECRET });
  // A browser's preconnects must lead somewhere.
  site.port = checked.port;
  browser = await launchChromium();
});
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
  expect(faults.splice(0)).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
  await stack?.stop();
});

interface SitePage {
  readonly body: string;
  readonly head?: string;
  /** By name, beside the page. */
  readonly files?: Readonly<Record<string, string>>;
  readonly language?: string;
  readonly options?: BrowserContextOptions;
}

/** Opens a page of the site in a new window. */
async function open({ body, head = "", files = {}, language = "en", options }: SitePage) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const sockets: string[] = [];
  const openSockets = new Set<unknown>();
  page.on("pageerror", (error) => faults.push(String(error.stack)));
  page.on("websocket", (socket) => {
    sockets.push(socket.url());
    openSockets.add(socket);
    socket.on("close", () => openSockets.delete(socket));
  });
  const title = '<meta charset="utf-8"><title>Launch</title>';
  const html = `<!doctype html><html lang="${language}">${title}${head}<main>${body}</main></html>`;
  pages += 1;
  for (const [name, text] of Object.entries({ ...files, "": html })) {
    const type = name.endsWith(".js") ? "text/javascript" : "text/html";
    site.files.set(`/${pages}/${name}`, { type, body: text });
  }
  await page.goto(`${site.url}/${pages}/`);
  return Object.assign(page, { sockets, openSockets });
}

const script = (gateway: { readonly port: number }) =>
  `<script type="module" src="${urlOf(gateway)}/v1/ovation.js"></script>`;

/** A page of the checked gateway, for somebody with these claims. */
async function openAs(claims: Readonly<Record<string, unknown>>, body: string) {
  const files = { token: await tokenOf(claims) };
  return await open({ body, head: script(checked), files });
}

/** The texts of all comments that are stored. */
const comments = (page: Page) =>
  page.locator("ovation-chat").first().locator("li[part=comment] [part=text]");

const button = (page: Page, name: string | RegExp): Locator => page.getByRole("button", { name });
const item = (page: Page, name: string | RegExp): Locator =>
  page.getByRole("menuitem", { name }).or(page.getByRole("menuitemradio", { name }));

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Your comment" }).fill(text);
  await page.keyboard.press("Enter");
}

async function shows(page: Page, ...texts: readonly string[]): Promise<void> {
  await expect.poll(() => comments(page).allInnerTexts()).toEqual(texts);
}

async function put(path: string, body: object): Promise<void> {
  const { status } = await fetch(`${urlOf(stack.gateway)}/v1/videos/${path}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(status).toBe(200);
}

describe.skipIf(!hasBrowser)("a page of one file, with a strict policy", () => {
  /** The lines that `npm start` prints, and what a careful site adds. */
  async function openWhole(video: string) {
    const gateway = urlOf(stack.gateway);
    const { integrity } = JSON.parse(
      await readFile(join(CLIENT_FOLDER, "ovation.json"), "utf8"),
    ) as { integrity: string };
    const policy = `default-src 'none'; script-src ${gateway}; connect-src ${gateway} ${gateway.replace("http", "ws")}; require-trusted-types-for 'script'`;
    const head = `<meta http-equiv="Content-Security-Policy" content="${policy}">${script(stack.gateway).replace(" src", ` integrity="${integrity}" src`)}`;
    const body = `<ovation-live video="${video}" reactions="🔥 👏" guest></ovation-live>`;
    return await open({ body, head });
  }

  test("has all of a live page in two windows, over one connection each", async () => {
    const video = "whole";
    await put(`${video}/polls/mvp`, { question: "Who?", choices: ["Ada", "Bo"] });
    const one = await openWhole(video);
    const two = await openWhole(video);
    for (const page of [one, two]) await page.getByText("2 watching").waitFor();

    await button(one, "Like").click();
    await button(two, "Like").click();
    for (const page of [one, two]) await page.getByText("2 likes").waitFor();
    await button(one, "🔥").click();
    await button(two, "🔥 1").waitFor();

    // What others write is text, whatever it looks like.
    const markup = "<img src=x onerror=alert(1)> & more";
    await say(one, markup);
    for (const page of [one, two]) await shows(page, markup);

    await button(one, /^Ada/).click();
    await button(two, /^Bo/).click();
    for (const page of [one, two]) await page.getByText("2 votes").waitFor();
    expect(await button(one, /^Ada/).getAttribute("aria-pressed")).toBe("true");
    await button(one, /^Bo/).click();
    await one.getByText("You have voted already.").waitFor();

    for (const page of [one, two]) expect(page.sockets).toHaveLength(1);
  });
});

describe.skipIf(!hasBrowser)("a chat", () => {
  const CHAT = (video: string) =>
    `<ovation-chat video="${video}" token-url="token" history="20"></ovation-chat>`;

  test("lets authors delete their own comments by keyboard, and nobody else's", async () => {
    const anna = await openAs({ ...VIEWER, sub: "anna" }, CHAT("own"));
    const ben = await openAs({ ...VIEWER, sub: "ben" }, CHAT("own"));
    await say(anna, "mine");
    await say(ben, "his");
    for (const page of [anna, ben]) await expect.poll(() => comments(page).count()).toBe(2);
    await expect.poll(() => button(anna, /actions/).count()).toBe(1);
    // From the line to write in back to the comments.
    await anna.keyboard.press("Shift+Tab");
    expect(
      await button(anna, "Comment by anna: actions").evaluate((one) => one.matches(":focus")),
    ).toBe(true);
    await anna.keyboard.press("Enter");
    await anna.getByRole("menu").waitFor();
    expect(await item(anna, /./).allInnerTexts()).toEqual(["Delete"]);
    await anna.keyboard.press("Enter");
    for (const page of [anna, ben]) await shows(page, "his");
  });

  test("gives moderators a menu for each comment and for the room", async () => {
    const video = "moderated";
    const troll = await openAs({ ...VIEWER, sub: "troll" }, CHAT(video));
    const berit = await openAs(MODERATOR, CHAT(video));
    expect(await button(troll, "Room settings").count()).toBe(0);
    await say(troll, "spam");
    await shows(berit, "spam");
    const choose = async (...names: readonly (string | RegExp)[]) => {
      for (const name of names) await item(berit, name).click();
    };
    const openMenu = async () => {
      await comments(berit).first().hover();
      await button(berit, "Comment by troll: actions").click();
    };
    await openMenu();
    await choose("Pin");
    await troll.locator("[part=pinned]", { hasText: "troll: spam" }).waitFor();

    await button(berit, "Room settings").click();
    await choose("Slow mode: 60 s");
    await berit.getByText("Done: Slow mode: 60 s").waitFor();
    // It counts from what was sent before, too.
    const wait = button(troll, /^Slow mode: \d+ s$/);
    await wait.waitFor();
    expect(await wait.isDisabled()).toBe(true);
    // Moderators need not wait, and what one writes meanwhile is kept.
    await say(berit, "calm down");
    await say(berit, "please");
    await shows(troll, "spam", "calm down", "please");
    await say(troll, "not yet");
    expect(await troll.getByRole("textbox", { name: "Your comment" }).inputValue()).toBe("not yet");

    await button(berit, "Room settings").click();
    await choose("Close comments");
    await troll.getByText("Comments are closed.").waitFor();
    await button(berit, "Room settings").click();
    await choose("Open comments");
    await button(berit, "Room settings").click();
    await choose("Slow mode: off");
    await button(troll, "Send").waitFor();

    await openMenu();
    await choose("Mute for 10 minutes");
    await berit.getByText("Done: Mute for 10 minutes").waitFor();
    await expect
      .poll(async () => {
        await say(troll, "again");
        return await troll.getByText("A moderator has banned you.").isVisible();
      })
      .toBe(true);
    await openMenu();
    await choose("Delete all by troll", /Sure\?/);
    for (const page of [berit, troll]) await shows(page, "calm down", "please");
  });

  test("says to whom is banned why there is nothing to see", async () => {
    const video = "banned";
    const troll = await openAs({ ...VIEWER, sub: "troll" }, CHAT(video));
    const berit = await openAs(MODERATOR, CHAT(video));
    await say(troll, "spam");
    await shows(berit, "spam");
    await comments(berit).first().hover();
    await button(berit, "Comment by troll: actions").click();
    await item(berit, "Ban troll").click();
    // Only the second click does it.
    await item(berit, "Ban troll: Sure?").click();
    await berit.getByText("Done: Ban troll").waitFor();
    const again = await openAs({ ...VIEWER, sub: "troll" }, CHAT(video));
    for (const page of [troll, again]) {
      await page.getByText("A moderator has banned you.").waitFor();
    }
  });

  test("offers nothing that the token doesn't allow", async () => {
    const page = await openAs({ sub: "anna", videos: ["*"], publish: ["like"] }, CHAT("quiet"));
    await page.getByText("Sign in to take part.").waitFor();
    expect(await page.getByRole("textbox").count()).toBe(0);
  });

  test("keeps the reader's place, a bounded list, and draws once per frame", async () => {
    const body = '<ovation-chat video="busy" limit="100" readonly></ovation-chat>';
    const page = await open({ body, head: script(stack.gateway) });
    await page.getByText("No comments yet").waitFor();
    await stack.mirrored("busy", 1);
    const counted = await page.evaluateHandle(() => {
      const lines = document.querySelector("ovation-chat")?.shadowRoot?.querySelector("ol");
      const seen = { changes: 0, frames: 0 };
      const count = () => {
        seen.frames += 1;
        requestAnimationFrame(count);
      };
      count();
      new MutationObserver(() => {
        seen.changes += 1;
      }).observe(lines as Node, { childList: true });
      return seen;
    });
    const publish = async (from: number, count: number) => {
      for (let n = from; n < from + count; n += 50) {
        const events = Array.from({ length: 50 }, (_, at) => {
          return { kind: "comment", data: { text: `${n + at}`, name: `user ${at}` } };
        });
        expect((await post(stack.gateway.port, "busy", events)).status).toBe(200);
      }
    };
    const newest = (text: string) =>
      expect.poll(() => comments(page).last().innerText()).toBe(text);
    await publish(0, 1_000);
    await newest("999");
    expect(await comments(page).count()).toBe(100);
    const { changes, frames } = await counted.jsonValue();
    expect(changes).toBeLessThanOrEqual(frames + 1);

    const list = page.getByRole("log");
    await list.evaluate((one) => one.scrollBy(0, -300));
    await expect
      .poll(() => list.evaluate((one) => one.scrollHeight - one.scrollTop))
      .toBeGreaterThan(300);
    const top = await list.evaluate((one) => one.scrollTop);
    await publish(1_000, 50);
    const more = button(page, "50 new comments");
    await more.waitFor();
    expect(await list.evaluate((one) => one.scrollTop)).toBe(top);
    expect(await comments(page).last().innerText()).toBe("999");
    await more.click();
    await newest("1049");
    expect(await comments(page).count()).toBe(100);
  });
});

describe.skipIf(!hasBrowser)("the elements", () => {
  const ALL =
    '<ovation-live video="all" reactions="🔥 👏" token-url="token"><video></video></ovation-live>';

  test.each([
    { colorScheme: "light", language: "en", dir: "ltr", viewport: { width: 1280, height: 800 } },
    { colorScheme: "dark", language: "de", dir: "rtl", viewport: { width: 390, height: 844 } },
  ] as const)(
    "have no fault that axe-core finds: $colorScheme, $language, $dir",
    async ({ colorScheme, language, dir, viewport }) => {
      const video = `axe-${language}`;
      await put(`${video}/polls/mvp`, { question: "Who?", choices: ["Ada", "Bo"] });
      const events = ["one", "two"].map((text) => ({
        kind: "comment",
        data: { text, name: text },
      }));
      await post(stack.gateway.port, video, events);
      // The colour that browsers use then, which axe-core doesn't know of.
      const style = "<style>body { background: light-dark(#fff, #121212) }</style>";
      const head = `<meta name="color-scheme" content="light dark">${style}${script(checked)}`;
      const body = `<div dir="${dir}"><h1>Launch</h1>${ALL.replace('"all"', `"${video}"`)}</div>`;
      const files = { token: await tokenOf(MODERATOR) };
      const page = await open({ body, head, files, language, options: { colorScheme, viewport } });
      await shows(page, "one", "two");
      await page.getByRole("group", { name: "Who?" }).waitFor();
      await comments(page).first().hover();
      await button(page, language === "de" ? /one: Aktionen/ : /by one: actions/).click();
      await page.getByRole("menu").waitFor();
      await page.addScriptTag({ path: axe });
      const found = await page.evaluate(async () => {
        const { violations } = await (
          globalThis as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          }
        ).axe.run();
        return violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
      });
      expect(found).toEqual([]);
    },
  );

  test("show comments and likes with the picture, where they are told what moment it shows", async () => {
    const early = `<script>
      window.moment = 0;
      document.querySelector("ovation-live").playhead = () => new Date(window.moment);
    </script>`;
    const body = `<ovation-live video="behind" guest></ovation-live>${early}`;
    const page = await open({ body, head: script(stack.gateway) });
    await page.getByText("1 watching").waitFor();
    const others = { kind: "comment", id: "others", data: { text: "from the stadium" } };
    expect((await post(stack.gateway.port, "behind", others)).status).toBe(200);
    await say(page, "my own");
    await shows(page, "my own");
    await page.evaluate(() => Object.assign(window, { moment: Date.now() + 60_000 }));
    await shows(page, "my own", "from the stadium");
  });

  test("inside an <ovation-live> go by its settings, in a layout of the page's own", async () => {
    const inside = "<p><ovation-viewers></ovation-viewers></p><ovation-chat></ovation-chat>";
    const body = `<ovation-live video="first" layout="none">${inside}</ovation-live>`;
    const page = await open({ body, head: script(stack.gateway) });
    await page.getByText("1 watching").waitFor();
    await say(page, "hi");
    await shows(page, "hi");
    await page.evaluate(() => {
      document.querySelector("ovation-live")?.setAttribute("video", "second");
    });
    await page.getByText("No comments yet").waitFor();
    await say(page, "hello");
    await shows(page, "hello");
    await stack.mirrored("second", 1);
    await stack.mirrored("first", 0);
    expect(page.sockets).toHaveLength(1);
    // Nothing is watched when they are gone, and the connection ends.
    await page.evaluate(() => document.querySelector("ovation-live")?.remove());
    await stack.mirrored("second", 0);
    await expect.poll(() => page.openSockets.size).toBe(0);
  });

  test("say what the page wants, and take what was set before they were defined", async () => {
    const early = `<script>
      const chat = document.createElement("ovation-chat");
      chat.messages = { none: "Ask the band" };
      chat.video = "texts";
      addEventListener("DOMContentLoaded", () => document.querySelector("main").append(chat));
    </script>`;
    const late = `<script type="module">
      import { addMessages } from "${urlOf(stack.gateway)}/v1/ovation.js";
      addMessages("fr", { placeholder: "Dites quelque chose" });
    </script>`;
    const head = early + late;
    const page = await open({ body: "", head, language: "fr" });
    await page.getByText("Ask the band").waitFor();
    await page.getByPlaceholder("Dites quelque chose").waitFor();
  });

  test("are React elements: properties, attributes and events", async () => {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, "browser/elements-page.tsx")],
      bundle: true,
      write: false,
      format: "esm",
      jsx: "automatic",
      define: { "process.env.NODE_ENV": '"production"' },
    });
    const files = { "page.js": outputFiles[0]?.text ?? "" };
    const body = `<div id="root" data-url="${urlOf(stack.gateway)}"></div>`;
    const page = await open({
      body,
      head: '<script type="module" src="page.js"></script>',
      files,
    });
    await page.getByText("Nobody yet").waitFor();
    await say(page, "from React");
    await shows(page, "from React");
    await expect.poll(() => page.locator("output").innerText()).toBe("comment");
  });
});
