/**
 * The moderators' console in a real browser, by keyboard, at a gateway that checks tokens.
 * `page.test.ts` opens it as `npm start` serves it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPage } from "../../demo/build.ts";
import { hasBrowser, launchChromium } from "../support/chromium.ts";
import { TestStack } from "../support/stack.ts";
import { SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { post, TestSocket } from "../support/viewer.ts";

const MODERATOR = { sub: "berit", videos: ["*"], publish: [], scope: "moderate" };

describe.skipIf(!hasBrowser)("the console", () => {
  let folder: string;
  let stack: TestStack;
  let browser: Browser;
  const faults: string[] = [];
  const sockets: TestSocket[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "ovation-console-test-"));
    await buildPage(folder);
    const gateway = { open: false, authSecret: SECRET, pageDir: folder };
    stack = await TestStack.start({ gateway });
    browser = await launchChromium();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    for (const socket of sockets.splice(0)) await socket.close();
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens the console with a token of these claims. */
  async function open(claims: Readonly<Record<string, unknown>>, query = ""): Promise<Page> {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    const page = await context.newPage();
    page.on("pageerror", (error) => faults.push(String(error.stack)));
    const token = await tokenOf(claims);
    await page.goto(`http://127.0.0.1:${stack.gateway.port}/console${query}#token=${token}`);
    return page;
  }

  /** A viewer who watches, and may comment. */
  async function viewer(video: string, sub: string): Promise<TestSocket> {
    const token = await tokenOf({ ...VIEWER, sub });
    const socket = await TestSocket.connect(stack.gateway.port, "json", token);
    sockets.push(socket);
    await socket.ask("subscribe", { video });
    return socket;
  }

  /** @returns the answer to a comment */
  async function comment(video: string, sub: string, text: string, id?: string) {
    const token = await tokenOf({ ...VIEWER, sub });
    const event = { kind: "comment", data: { text }, ...(id === undefined ? {} : { id }) };
    return await post(stack.gateway.port, video, event, token);
  }

  const rows = (page: Page) => page.locator(".comment-text");
  const said = (page: Page) => page.locator(".acts-text");

  test("moderates a video by keyboard alone, and the record has all of it", async () => {
    const video = "derby";
    await viewer(video, "anna");
    await comment(video, "anna", "welcome", "c1");
    await comment(video, "troll", "spam", "c2");
    await comment(video, "troll", "more spam", "c3");
    const page = await open(MODERATOR);
    const { keyboard } = page;
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await keyboard.press(key);
    };
    const says = async (text: string) =>
      await page.locator(".acts-text", { hasText: text }).waitFor();

    // The token is not left in the address.
    await page.locator(".video", { hasText: video }).filter({ hasText: "1 watching" }).waitFor();
    expect(page.url()).not.toContain("token");
    await press("v", "Enter");
    await rows(page).filter({ hasText: "more spam" }).waitFor();
    expect(await rows(page).allInnerTexts()).toEqual(["welcome", "spam", "more spam"]);

    // The newest one is selected first; what is deleted stays, marked.
    await press("j", "k", "d");
    await says("Deleted the comment of troll");
    await page.locator(".comment.is-deleted", { hasText: "spam" }).waitFor();
    await press("d");
    await says("This comment is deleted already");

    await press("j", "m");
    await page.getByRole("dialog", { name: "Mute troll" }).waitFor();
    await keyboard.type("sells coins");
    await press("Enter");
    await says("Muted troll for 10 minutes");
    await page.locator(".comment", { hasText: "more spam" }).getByText("muted until").waitFor();
    expect((await comment(video, "troll", "again")).body).toMatchObject({
      error: { code: "banned" },
    });
    await press("u");
    await says("Undone: troll may comment again");
    expect((await comment(video, "troll", "I am back", "c4")).status).toBe(200);
    await rows(page).filter({ hasText: "more spam" }).waitFor();

    await press("b");
    await page.getByRole("dialog", { name: "Ban troll" }).waitFor();
    await press("Enter");
    await says("Banned troll");

    await press("k", "k", "p");
    await says("Pinned the comment of anna");
    await press("r");
    await page.locator(".pinned", { hasText: "welcome" }).waitFor();
    // From the heading: the slow mode, and its third step.
    await press("Tab");
    await page.getByRole("combobox", { name: /Slow mode/ }).selectOption({ label: "10 seconds" });
    await says("Changed the room: slow mode of 10 seconds");
    await page.getByRole("checkbox", { name: "like" }).focus();
    await press("Space");
    await says("Changed the room: like closed");
    expect(
      (await post(stack.gateway.port, video, { kind: "like" }, await tokenOf(VIEWER))).body,
    ).toMatchObject({
      error: { code: "closed_kind" },
    });

    await page.getByRole("button", { name: "Open a poll" }).press("Enter");
    await page.getByRole("dialog", { name: "Open a poll" }).waitFor();
    await keyboard.type("Who wins?");
    await press("Tab");
    await keyboard.type("Ada\nBo");
    await page.getByRole("button", { name: "Open it" }).press("Enter");
    await says("Opened the poll “Who wins?”");
    await page.getByRole("button", { name: "Close the poll Who wins?" }).press("Enter");
    await page.getByRole("dialog", { name: "Close the poll?" }).waitFor();
    await press("Enter");
    await page.locator(".entry.is-poll", { hasText: "0 votes · closed" }).waitFor();

    await press("n");
    const search = page.getByRole("searchbox", { name: "Search bans" });
    await search.fill("nobody");
    await page.getByText("No ban that was read matches").waitFor();
    await search.fill("tro");
    await page.getByRole("button", { name: "Take back the ban of troll" }).press("Enter");
    await says("troll may watch and comment again");

    await press("a");
    const acts = page.locator(".panel.is-record .entry-line");
    await expect
      .poll(() => acts.allInnerTexts())
      .toEqual([
        "berit let troll in again",
        expect.stringMatching(/^berit opened, changed or closed the poll poll-/),
        expect.stringMatching(/^berit opened, changed or closed the poll poll-/),
        "berit changed the rules: slow mode of 10 seconds, closed: like",
        "berit changed the rules: slow mode of 10 seconds",
        "berit pinned the comment c1",
        "berit banned troll",
        "berit let troll in again",
        "berit muted troll for 10 minutes",
        "berit deleted the comment c2",
      ]);
    expect(await page.locator(".panel.is-record q").allInnerTexts()).toEqual(["sells coins"]);

    await press("?");
    await page.getByRole("dialog", { name: "Help" }).waitFor();
    await press("Escape");
    await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  });

  test("what one reads stands still while hundreds of comments arrive, and can be left", async () => {
    const video = "final";
    await viewer(video, "anna");
    const backend = await tokenOf({ ...VIEWER, scope: "any-actor" });
    const publish = async (from: number, count: number) => {
      const events = Array.from({ length: count }, (_, at) => {
        const text = `${from + at} ${"word ".repeat(at % 40)}`;
        return { kind: "comment", actor: `user-${at}`, data: { text } };
      });
      expect((await post(stack.gateway.port, video, events, backend)).status).toBe(200);
    };
    await publish(0, 100);
    const page = await open(MODERATOR, `?video=${video}`);
    const newest = (text: string) => rows(page).last().filter({ hasText: text }).waitFor();
    await newest("99 ");
    for (const key of ["k", "k", "k"]) await page.keyboard.press(key);
    const selected = page.locator(".comment.is-selected");
    const before = await selected.boundingBox();
    for (let from = 100; from < 600; from += 50) await publish(from, 50);
    const follow = page.getByRole("button", { name: "500 new comments" });
    await follow.waitFor();
    expect(await selected.boundingBox()).toEqual(before);
    expect(await rows(page).count()).toBe(100);

    await page.keyboard.press("Escape");
    await newest("599 ");
    await publish(600, 1);
    await newest("600 ");
    const isAtEnd = () =>
      page
        .locator(".comments-scroll")
        .evaluate((list) => list.scrollTop + list.clientHeight >= list.scrollHeight - 1);
    await expect.poll(isAtEnd).toBe(true);

    // Who scrolls up reads, too.
    await page.locator(".comments-scroll").evaluate((list) => list.scrollBy(0, -300));
    await page.getByRole("button", { name: "Held" }).waitFor();
    const top = () => page.locator(".comments-scroll").evaluate((list) => list.scrollTop);
    const reading = await top();
    await publish(601, 50);
    await page.getByRole("button", { name: "50 new comments" }).waitFor();
    expect(await top()).toBe(reading);
  });

  test("says what a token lacks that may not moderate, and what failed", async () => {
    const refused = await open({ sub: "anna", videos: ["*"], publish: [] });
    const alert = refused.getByRole("alert");
    await alert.getByText("The token of anna lacks the scope “moderate”").waitFor();
    await refused.getByLabel("Token or API key").fill("nonsense");
    await refused.keyboard.press("Enter");
    await refused.getByRole("heading", { name: "This token is not accepted" }).waitFor();

    // One of another video's moderators.
    await viewer("room-1", "anna");
    await comment("room-2", "anna", "hello");
    const page = await open({ ...MODERATOR, scope: "moderate@room-1" }, "?video=room-2");
    await page.locator(".video", { hasText: "room-1" }).waitFor();
    await rows(page).filter({ hasText: "hello" }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("d");
    const failure = page.locator(".failure", { hasText: "The comment of anna is not deleted" });
    await failure.getByText("Your token does not allow this").waitFor();
    expect(await page.locator(".comment.is-deleted").count()).toBe(0);
    await failure.getByRole("button", { name: "Dismiss" }).click();
    await expect.poll(() => failure.count()).toBe(0);
    expect(await said(page).innerText()).toBe("");
  });
});
