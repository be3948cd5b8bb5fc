/** The demo page in a real browser, on the stack that `npm start` runs. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { Network } from "../sdk/support/network.ts";
import { hasBrowser } from "../support/chromium.ts";
import { useDemoApp } from "./demo-app.ts";

const SOON = { timeout: 60_000, interval: 100 };

describe.skipIf(!hasBrowser)("the demo page", () => {
  const app = useDemoApp();

  test("two windows and a late one show the same numbers and comments", async () => {
    const url = app().urlOf("together");
    await app().putPoll("together");
    const [one, other] = [await app().open({ url }), await app().open({ url })];
    for (const { viewers } of [one, other]) {
      await expect.poll(() => viewers.innerText(), SOON).toMatch(/^2\s*viewers$/);
    }
    await one.like.click();
    await other.like.click();
    await one.reaction("Fire").click();
    await other.reaction("Party").click();
    await other.choice("Slow").click();
    await other.say("hello from the other window");

    // The own vote shows within a few frames of the page; the tally comes once a second.
    const atOnce = await one.choice("Loud").evaluate(async (button: HTMLButtonElement) => {
      button.click();
      for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
      return button.ariaPressed;
    });
    expect(atOnce).toBe("true");

    const late = await app().open({ url });
    for (const window of [one, other, late]) {
      await expect
        .poll(() => window.numbers(), SOON)
        .toEqual({
          likes: "2",
          reactions: ["1", "0", "0", "0", "1"],
          shares: ["50%", "50%"],
          votes: ["2"],
        });
      await window.showsComment("hello from the other window");
    }
    expect(await late.choice("Loud").getAttribute("aria-pressed")).toBe("false");
    await app().putPoll("together", { closesAt: Date.now() });
    await one.page.reload();
    for (const { page } of [one, other, late]) {
      await page.locator(".poll-closed").waitFor();
      expect(await page.locator(".poll-share").allInnerTexts()).toEqual(["50%", "50%"]);
    }
    // This browser remembers its vote.
    expect(await one.choice("Loud").getAttribute("aria-pressed")).toBe("true");
  });

  test("what others write is shown as text, never as markup", async () => {
    const window = await app().open();
    const text = '<img src=x onerror="document.title = 1"><b>bold</b>';
    await app().publish([{ kind: "comment", data: { name: "<i>name</i>", text } }]);
    await window.showsComment(text);
    expect(await window.page.locator(".comment img, .comment b, .comment i").count()).toBe(0);
    expect(await window.page.title()).toBe("Ovation, live");
  });

  test("leads to the console, where a comment is deleted from all windows", async () => {
    const url = app().urlOf("moderated");
    const [window, other] = [await app().open({ url }), await app().open({ url })];
    await other.say("buy my coins");
    for (const { comments } of [window, other]) await comments.first().waitFor();
    const { page } = window;
    await page.getByRole("link", { name: "Moderate" }).click();
    // It has a name of its own for the record.
    await page.locator(".top-who", { hasText: /moderator-[0-9a-f]{6}$/ }).waitFor();
    await page.locator(".comment-text", { hasText: "buy my coins" }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("d");
    await expect.poll(() => other.comments.count(), SOON).toBe(0);
  });

  test("even as markup it could not run or load anything", async () => {
    const { page } = await app().open();
    const answer = await page.request.get(app().url);
    expect(answer.headers()).toMatchObject({
      "content-security-policy": expect.stringMatching(
        /^default-src 'self';.*connect-src 'self' http:\/\/127\.0\.0\.1:\d+.*frame-ancestors 'none'$/,
      ),
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    const blocked = await page.evaluate(async () => {
      const directives = new Set<string>();
      const both = new Promise<void>((resolve) => {
        document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
          directives.add(effectiveDirective);
          if (directives.size === 2) resolve();
        });
      });
      const injected = document.createElement("div");
      injected.innerHTML =
        '<img src="https://evil.example/x.png"><b onclick="document.title=1">b</b>';
      document.body.append(injected);
      injected.querySelector("b")?.click();
      await both;
      injected.remove();
      return [...directives].toSorted();
    });
    expect(blocked).toEqual(["img-src", "script-src-attr"]);
    expect(await page.title()).toBe("Ovation, live");
  });

  test("a comment survives a reload, and the killing of a gateway from the page", async () => {
    const window = await app().open();
    await window.say("said before");
    await window.showsComment("said before");
    await window.page.reload();
    await window.showsComment("said before");
    await expect.poll(() => window.ownGateway(), SOON).toMatch(/^gateway-/);
    const gateway = await window.ownGateway();

    await window.kill(gateway);
    await window.process(gateway).filter({ hasText: "Killed" }).waitFor();
    await window.happened.filter({ hasText: "This page is connected again" }).waitFor();
    await window.say("said without it");
    await window.showsComment("said without it");
    await window.page.reload();
    for (const text of ["said before", "said without it"]) await window.showsComment(text);
    expect(await window.comments.filter({ hasText: "said" }).allInnerTexts()).toEqual([
      "said before",
      "said without it",
    ]);

    await window.revive(gateway);
    await window
      .process(gateway)
      .getByRole("button", { name: `Kill ${gateway}` })
      .waitFor();
    await window.happened.filter({ hasText: `${gateway} is up again` }).waitFor();
  }, 90_000);

  test("a dispatcher is killed and revived, and likes keep flowing", async () => {
    const url = app().urlOf("killing");
    const [window, other] = [await app().open({ url }), await app().open({ url })];
    await window.kill("dispatcher-1");
    // The other window shows the same, and can revive it too.
    await other.process("dispatcher-1").filter({ hasText: "Killed" }).waitFor();
    await window.like.click();
    await expect.poll(() => other.likes.innerText(), SOON).toBe("1");
    await other.revive("dispatcher-1");
    await window.page.getByRole("button", { name: "Kill dispatcher-1" }).waitFor();
    await window.happened.filter({ hasText: "dispatcher-1 is up again" }).waitFor();
  }, 90_000);

  test("the panel shows processes, the table's rows and the latency of each hop", async () => {
    const window = await app().open();
    for (const name of ["gateway-1", "gateway-2", "dispatcher-1", "dispatcher-2"]) {
      await window.process(name).getByText("CPU").waitFor();
    }
    const table = window.page.getByRole("region", { name: "Subscription table" });
    await expect
      .poll(
        () =>
          table
            .getByRole("row")
            .filter({ hasText: /^gateway-\d/ })
            .count(),
        SOON,
      )
      .toBeGreaterThan(0);
    const latencies = window.page.getByRole("region", { name: "Latency by hop" });
    await expect
      .poll(() => latencies.getByRole("definition").allInnerTexts(), SOON)
      .toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/^[\d.,]+ ms$/)));
  });

  test("the slider brings an audience, in all windows, and removes it", async () => {
    const [window, other] = [await app().open(), await app().open()];
    await window.audience.fill("10");
    await expect.poll(() => other.audience.inputValue(), SOON).toBe("10");
    const viewers = async () => Number((await other.viewers.innerText()).replace(/\D/g, ""));
    await expect.poll(viewers, SOON).toBeGreaterThan(2);
    await expect
      .poll(async () => Number((await other.likes.innerText()).replace(",", "")), SOON)
      .toBeGreaterThan(20);
    await window.audience.fill("0");
    await expect.poll(viewers, SOON).toBe(2);
  });

  test("without a WebSocket it uses Server-Sent Events, and works the same", async () => {
    const network = await Network.start(app().port);
    network.blocksWebSockets = true;
    try {
      const window = await app().open({ url: `${network.url}/?video=streams` });
      await expect.poll(() => window.status.innerText(), SOON).toBe("Server-Sent Events");
      const other = await app().open({ url: app().urlOf("streams") });
      await window.like.click();
      await expect.poll(() => other.likes.innerText(), SOON).toBe("1");
      await window.say("over plain HTTP");
      for (const one of [window, other]) await one.showsComment("over plain HTTP");
    } finally {
      await app().closeWindows();
      await network.stop();
    }
  });

  test("after 5 s offline, the 200 comments missed meanwhile appear, in order, once", async () => {
    const window = await app().open();
    await window.say("before the tunnel");
    await window.showsComment("before the tunnel");
    await window.context.setOffline(true);
    const back = new Promise((resolve) => setTimeout(resolve, 5_000));
    const texts = Array.from({ length: 200 }, (_, index) => `in the tunnel ${index}`);
    for (let from = 0; from < texts.length; from += 20) {
      await app().publish(
        texts
          .slice(from, from + 20)
          .map((text) => ({ kind: "comment", data: { name: "Light", text } })),
      );
    }
    await back;
    expect(await window.comments.filter({ hasText: "tunnel" }).count()).toBe(1);
    await window.context.setOffline(false);
    await window.showsComment("in the tunnel 199");
    const shown = await window.comments.filter({ hasText: "tunnel" }).allInnerTexts();
    expect(shown).toEqual(["before the tunnel", ...texts]);
  }, 90_000);

  test("is not the only one: the lines that npm start prints are a page, as a file and from any server", async () => {
    const html = app().printedPage;
    expect(html.trim().split("\n")).toHaveLength(5);
    const folder = mkdtempSync(join(tmpdir(), "ovation-printed-"));
    const file = join(folder, "index.html");
    writeFileSync(file, html);
    const server = createServer((_request, response) => {
      response.setHeader("Content-Type", "text/html").end(html);
    }).listen(0, "127.0.0.1");
    try {
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const one = await app().show(pathToFileURL(file).href);
      const two = await app().show(`http://localhost:${port}/`);
      for (const [page, other] of [
        [one, two],
        [two, one],
      ] as const) {
        const text = `from ${new URL(page.url()).protocol}`;
        await page.getByRole("textbox", { name: "Your comment" }).fill(text);
        await page.keyboard.press("Enter");
        for (const shown of [page, other]) await shown.getByText(text, { exact: true }).waitFor();
      }
    } finally {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true });
    }
  });
});
