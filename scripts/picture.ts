/**
 * Takes the README's screenshot, docs/pictures/page.webp: the page of `npm start` in Chromium, with an
 * audience, some comments and a vote. Reactions need a font with coloured emoji, such as Debian's
 * fonts-noto-color-emoji.
 *
 *   npm run docs:picture
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../kit/nats/free-port.ts";
import { NpmStart } from "../test/local/npm-start.ts";
import { launchChromium } from "../test/support/chromium.ts";

const PICTURE = join(import.meta.dirname, "../docs/pictures/page.webp");
const SIZE = { width: 1280, height: 800 };
/** Position of the slider, from 0 to 100. */
const AUDIENCE = 40;
/** Until the plots have data. */
const WATCH_MS = 20_000;

const port = await freePort();
const stack = new NpmStart("--port", String(port), "--audience", String(AUDIENCE));
const browser = await launchChromium();
try {
  await stack.up();
  const page = await browser.newPage({ viewport: SIZE, reducedMotion: "no-preference" });
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.getByRole("button", { name: "Like" }).waitFor();
  await page.getByRole("button", { name: /^The loud one/ }).click();
  await page.waitForTimeout(WATCH_MS);
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 80 });
  writeFileSync(PICTURE, Buffer.from(data, "base64"));
} finally {
  await browser.close();
  stack.signalGroup("SIGINT");
  await stack.ended;
  await stack.cleanUp();
}
