/** The demo page by keyboard, without motion, on a phone, and without a stack. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { hasBrowser } from "../support/chromium.ts";
import { useDemoApp } from "./demo-app.ts";

const SOON = { timeout: 60_000, interval: 100 };

/** The accessible name of the focused element. */
async function focused(page: Page): Promise<string> {
  const [, name = ""] = /^- \w+ "([^"]*)"/.exec(await page.locator(":focus").ariaSnapshot()) ?? [];
  return name;
}

/** The video's picture as it is painted now. */
async function picture(page: Page): Promise<string> {
  return await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        // After this frame has been painted.
        requestAnimationFrame(() =>
          setTimeout(() => resolve(document.querySelector("canvas")?.toDataURL() ?? "")),
        );
      }),
  );
}

describe.skipIf(!hasBrowser)("the demo page", () => {
  const app = useDemoApp();

  test("can be used by keyboard alone, and shows the focus at each stop", async () => {
    await app().putPoll("keyboard");
    const url = app().urlOf("keyboard");
    const window = await app().open({ url });
    const { page, likes, comments, audience } = window;
    await page.getByRole("button", { name: "Kill gateway-1" }).waitFor();
    const stops: string[] = [];
    for (let count = 0; count < 20; count += 1) {
      await page.keyboard.press("Tab");
      const name = await focused(page);
      stops.push(name);
      const outline = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(
          document.activeElement ?? document.body,
        );
        return outlineStyle === "none" ? "0px" : outlineWidth;
      });
      expect(outline, name).not.toBe("0px");
      if (name === "Your comment") {
        await page.keyboard.type("typed");
        await page.keyboard.press("Enter");
        await comments.filter({ hasText: "typed" }).waitFor();
      }
      if (name === "Like") {
        await page.keyboard.press("Space");
        await page.keyboard.press("l");
        await expect.poll(() => likes.innerText(), SOON).toBe("2");
      }
      if (name === "Fire 0") {
        await page.keyboard.press("Enter");
        await window.reaction("Fire 1").waitFor();
      }
      if (name === "Loud 0 votes, 0%") {
        await page.keyboard.press("Space");
        await page.getByRole("button", { name: "Loud 1 vote, 100%", pressed: true }).waitFor();
      }
      if (name === "Audience") {
        for (let step = 0; step < 6; step += 1) await page.keyboard.press("ArrowRight");
        await expect.poll(() => audience.inputValue(), SOON).toBe("6");
        await page.keyboard.press("Home");
      }
      if (name === "Kill dispatcher-2") {
        await page.keyboard.press("Enter");
        const card = page.getByRole("article", { name: "dispatcher-2" });
        await card.filter({ hasText: "Killed" }).waitFor();
        // The same button keeps the focus and revives the process.
        expect(await focused(page)).toBe("Revive dispatcher-2");
        await page.keyboard.press("Enter");
        await card.getByRole("button", { name: "Kill dispatcher-2" }).waitFor();
        break;
      }
    }
    expect(stops).toEqual([
      "Moderate",
      "Fire 0",
      "Applause 0",
      "In love 0",
      "Mind blown 0",
      "Party 0",
      "Comments",
      "Your name",
      "Your comment",
      "Send",
      "Like",
      "Slow 0 votes, 0%",
      "Loud 0 votes, 0%",
      "Audience",
      "Kill gateway-1",
      "Kill gateway-2",
      "Kill dispatcher-1",
      "Kill dispatcher-2",
    ]);
  }, 90_000);

  test("an L typed into a comment is not a like", async () => {
    const { page, likes } = await app().open({ url: app().urlOf("quiet") });
    await page.getByRole("textbox", { name: "Your comment" }).pressSequentially("lull");
    expect(await likes.innerText()).toBe("0");
  });

  test("stays still under reduced motion, and still counts", async () => {
    // A video of its own, so that its audience doesn't change.
    const url = app().urlOf("still");
    const window = await app().open({ url });
    const { page, likes } = window;
    const before = await picture(page);
    await window.like.click();
    await app().publish(
      Array.from({ length: 300 }, () => ({ kind: "like" })),
      "still",
    );
    await expect.poll(() => likes.innerText(), SOON).toBe("301");
    expect(await picture(page)).toBe(before);
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);

    const moving = await app().open({ reducedMotion: "no-preference" });
    const first = await picture(moving.page);
    expect(await picture(moving.page)).not.toBe(first);
  });

  test.each([390, 320])("fits a phone %i pixels wide", async (width) => {
    const { page } = await app().open({ viewport: { width, height: 844 }, isMobile: true });
    await page.locator(".poll-choice").first().waitFor();
    await page.getByRole("button", { name: "Kill gateway-1" }).waitFor();
    // The layout viewport widens if something overflows.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const buttons = await page.getByRole("button").all();
    expect(buttons.length).toBeGreaterThan(12);
    for (const button of buttons) {
      const box = await button.boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(36);
      expect((box?.x ?? width) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
    }
  });

  test("shows another video named in the URL", async () => {
    const window = await app().open({ url: app().urlOf("encore") });
    await app().publish([{ kind: "like" }, { kind: "like" }], "encore");
    await app().publish([{ kind: "like" }]);
    await expect.poll(() => window.likes.innerText(), SOON).toBe("2");
  });
});
