/** The guides of what a page shows: their code in Chromium, and their commands, as printed. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../shared/config/load.ts";
import { hasBrowser, launchChromium } from "../support/chromium.ts";
import { type CodePage, openCodePage, shows, writes } from "../support/code-page.ts";
import { SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { post } from "../support/viewer.ts";
import { at, Guide, paste, useGateways } from "./guide.ts";

const likeButton = new Guide("like-button");
const showTotals = new Guide("show-totals");
const lobby = new Guide("lobby");
const moderate = new Guide("moderate");
const polls = new Guide("polls");
const recording = new Guide("recording");
const guides = [likeButton, showTotals, lobby, moderate, polls, recording];

const gateways = useGateways();
let browser: Browser;

beforeAll(async () => {
  if (hasBrowser) browser = await launchChromium();
});
afterAll(async () => await browser?.close());

/** Opens the guide's page at the open gateway; with a token at the one that requires one. */
async function open(guide: Guide, token?: string): Promise<CodePage> {
  const network = token === undefined ? gateways().open : gateways().closed;
  const html = token === undefined || guide === polls ? guide.block("html") : "<ul></ul>";
  return await openCodePage(browser, network, at(network, guide.block("ts")), {
    body: html,
    ...(token === undefined ? {} : { token: async () => token }),
  });
}

async function publish(video: string, event: object): Promise<void> {
  expect((await post(gateways().stack.gateway.port, video, event)).status).toBe(200);
}

async function chief(video: string): Promise<string> {
  return await tokenOf({ sub: "chief", videos: [video], publish: ["comment"], scope: "moderate" });
}

describe.skipIf(!hasBrowser)("in a page", () => {
  test("the like button shows everybody's likes, answers at once, and says when there are too many", async () => {
    const { page, lines } = await open(likeButton);
    await publish(likeButton.video, [{ kind: "like" }, { kind: "like" }]);
    await shows(page, "#like span", "2");
    await page.locator("#like").click();
    await shows(page, "#like span", "3");
    await page.evaluate(() => {
      const button = document.querySelector<HTMLButtonElement>("#like");
      for (let n = 0; n < 2_000; n += 1) button?.click();
    });
    await shows(page, "#note", "Not so fast!");
    expect(lines).toEqual([]);
  });

  test("totals are there for those who come later, and can be set and looked up", async () => {
    const { closed, open: network } = gateways();
    await publish(showTotals.video, { kind: "comment", data: { text: "hi" } });
    const TOKEN = await chief(showTotals.video);
    const set = await paste(at(closed, showTotals.block("sh", "-X PUT")), { TOKEN });
    expect(JSON.parse(set)).toMatchObject({ totals: { like: 12_000, comment: 1 } });
    const { page } = await open(showTotals);
    await shows(page, "#likes", "12000");
    await shows(page, "#comments", "1");
    const { video } = showTotals;
    const look = at(network, showTotals.block("sh", "videos/launch\n"));
    const looked = async () => JSON.parse(await paste(look));
    await expect.poll(looked).toMatchObject({ video, totals: { like: 12_000 } });
    const timeline = JSON.parse(await paste(at(network, showTotals.block("sh", "timeline"))));
    expect(timeline).toMatchObject({ video, step: 10_000 });
  });

  test("a lobby shows the numbers of its videos, and is not a viewer of them", async () => {
    const { page } = await open(lobby);
    await publish(lobby.video, { kind: "like" });
    await shows(page, `#${lobby.video}`, "0 watching · ♥ 1");
    await shows(page, "#landing", "0 watching · ♥ 0");
    const answer = JSON.parse(await paste(at(gateways().open, lobby.block("sh"))));
    expect(answer.videos).toMatchObject([{ video: lobby.video }, { video: "landing" }]);
  });

  test("a moderator's token has the claims of the guide; comments are deleted, the chat slowed and closed", async () => {
    const { closed, stack } = gateways();
    const claims = JSON.parse(moderate.block("json"));
    const own = await tokenOf({ ...claims, scope: `moderate@${moderate.video}` });
    await publish(moderate.video, { kind: "comment", actor: "troll", data: { text: "spam" } });
    const { page } = await open(moderate, own);
    await shows(page, "li", 'troll: {"text":"spam"}');
    await page.locator("li button").click();
    await expect.poll(() => page.locator("li").count()).toBe(0);
    const raid = moderate.block("sh", "ovation token") + moderate.block("sh", "/rules");
    const ruled = await paste(at(closed, raid), { OVATION_AUTH_SECRET: SECRET });
    expect(ruled).toContain('"closed":["comment"]');
    const anna = await tokenOf(VIEWER);
    const refused = await post(stack.gatewayAt(1).port, moderate.video, { kind: "comment" }, anna);
    expect(refused.status).toBe(403);
  });

  test("a poll is opened, voted in once and ended", async () => {
    const { closed } = gateways();
    const TOKEN = await chief(polls.video);
    await paste(at(closed, polls.block("sh", '"Cy"]}')), { TOKEN });
    const voter = await tokenOf({ ...VIEWER, publish: ["vote"] });
    const { page, lines } = await open(polls, voter);
    await page.getByRole("button", { name: "Bo" }).click();
    await shows(page, "#poll [aria-pressed=true]", "Bo 1");
    await shows(page, "#poll h2", "Who was best? (1 votes)");
    const ended = JSON.parse(await paste(at(closed, polls.block("sh", "closesAt")), { TOKEN }));
    expect(ended).toMatchObject({ closed: true, votes: [0, 1, 0] });
    await expect.poll(() => page.getByRole("button", { name: "Bo" }).isDisabled()).toBe(true);
    await writes(lines);
  });

  test("the recording has its comments when their moment comes, and again after a seek", async () => {
    const start = Date.now();
    await publish(recording.video, { kind: "comment", data: { text: "kick-off" } });
    const { open: network } = gateways();
    const code = at(network, recording.block("ts")).replace(
      "2026-11-27T20:00:00Z",
      new Date(start).toISOString(),
    );
    const { page } = await openCodePage(browser, network, code, { body: recording.block("html") });
    const seek = async (seconds: number) =>
      await page.locator("#player").evaluate((player, to) => {
        (player as HTMLVideoElement).currentTime = to;
      }, seconds);
    await seek(3_600);
    await shows(page, "#comments", "kick-off");
    await seek(0);
    await expect.poll(() => page.locator("#comments li").count()).toBe(0);
  });

  test("the recording's flags are understood", () => {
    const commands = recording
      .block("sh")
      .split(/^npm run /m)
      .slice(1);
    for (const command of commands) {
      const [role = "", ...flags] = command
        .replace("--", "")
        .split(/[\s\\]+/)
        .filter(Boolean);
      const load = () => loadConfig(role === "gateway" ? role : "dispatcher", flags, {});
      expect(load()).toMatchObject({ config: { historyEvents: 10_000 } });
    }
  });

  test("each block of these guides is run", () => {
    expect(guides.flatMap(({ untaken }) => untaken)).toEqual([]);
  });
});
