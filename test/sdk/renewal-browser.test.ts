/** Token renewal while a page uses event streams, in a real browser over HTTP/1.1. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ovation } from "../../sdk/index.ts";
import { hasBrowser } from "../support/chromium.ts";
import { Recorder } from "../support/recorder.ts";
import { TestStack } from "../support/stack.ts";
import { inSeconds, SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { TestBrowser } from "./support/browser.ts";
import { client } from "./support/client.ts";
import { Network } from "./support/network.ts";

/** What the page has received. */
interface Seen {
  readonly states: string[];
  readonly likes: Record<string, number>;
  readonly comments: string[];
}

declare global {
  interface Window {
    freshToken(): Promise<string>;
    seen: Seen;
  }
}

const VIDEOS = ["one", "two", "three"];
const MARK = { text: "the last one" };

let browser: TestBrowser;
let stack: TestStack;
let network: Network;

beforeAll(async () => {
  if (!hasBrowser) return;
  browser = await TestBrowser.start();
  stack = await TestStack.start({ gateway: { open: false, authSecret: SECRET, lingerMs: 0 } });
  network = await Network.start(stack.gateway.port);
});
afterAll(async () => {
  await browser?.stop();
  await network?.stop();
  await stack?.stop();
});

describe.skipIf(!hasBrowser)("in a browser", () => {
  test("replacing tokens loses nothing, repeats nothing and changes no state", async () => {
    const page = await browser.open(network);
    const asked = new Recorder<"asked">();
    await page.exposeFunction("freshToken", async () => {
      asked.take("asked");
      return await tokenOf({ ...VIEWER, exp: inSeconds(3) });
    });
    await page.evaluate((videos) => {
      const Client = window.parts.ovation.constructor as typeof Ovation;
      const ovation = new Client({
        url: location.origin,
        transport: "sse",
        refreshMinMs: 200,
        token: () => window.freshToken(),
      });
      const seen: Seen = { states: [], likes: {}, comments: [] };
      window.seen = seen;
      ovation.onState(({ name }) => seen.states.push(name));
      for (const id of videos) {
        const video = ovation.video(id);
        video.onFrame(({ counts }) => {
          seen.likes[id] = (seen.likes[id] ?? 0) + (counts["like"] ?? 0);
        });
        video.on("comment", ({ data }) => seen.comments.push(`${id}: ${JSON.stringify(data)}`));
      }
    }, VIDEOS);
    for (const video of VIDEOS) await stack.mirrored(video, 1);

    const publisher = client(network.url, { token: await tokenOf({ ...VIEWER, sub: "bob" }) });
    let rounds = 0;
    while (asked.all.length < 4) {
      await Promise.all(VIDEOS.map((video) => publisher.video(video).publish("like")));
      await publisher.video("one").publish("comment", { text: String(rounds) });
      rounds += 1;
    }
    await Promise.all(VIDEOS.map((video) => publisher.video(video).publish("comment", MARK)));
    // After two more renewals, any repeat would have arrived.
    const before = asked.all.length;
    await asked.until((all) => all.length >= before + 2);
    await page.waitForFunction(
      (count) => window.seen.comments.length >= count,
      rounds + VIDEOS.length,
    );
    const seen = await page.evaluate(() => window.seen);
    expect(seen.likes).toEqual(Object.fromEntries(VIDEOS.map((video) => [video, rounds])));
    expect(new Set(seen.comments).size).toBe(rounds + VIDEOS.length);
    expect(seen.comments).toHaveLength(rounds + VIDEOS.length);
    expect(seen.states).toEqual(["connecting", "connected"]);
  });
});
