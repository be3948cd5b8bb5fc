/** `npm start -- --auth`: each line of its banner can be pasted. Linux only, because of /proc. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { hasBrowser, launchChromium } from "../support/chromium.ts";
import { type Command, NpmStart, shell } from "./npm-start.ts";

const UP_MS = 60_000;
const SOON = { timeout: 60_000, interval: 200 };
const ORIGIN = "http://live.example";

describe.runIf(process.platform === "linux")("npm start -- --auth", () => {
  let stack: NpmStart;
  let port = 0;
  const listeners: Command[] = [];

  beforeAll(async () => {
    port = await freePort();
    stack = new NpmStart(
      ...["--auth", "--port", String(port), "--gateways", "1", "--dispatchers", "1"],
      ...["--audience", "15", "--allow-origin", ORIGIN],
      ...["--kinds", "like:transient,comment:durable,vote:vote,score:state"],
    );
    await stack.up();
  }, UP_MS);
  afterEach(() => {
    for (const listener of listeners.splice(0)) listener.signalGroup("SIGKILL");
  });
  afterAll(() => stack.cleanUp());

  /** Runs a printed line, after those that set the tokens, as in one terminal. */
  function paste(beginning: string, holds = ""): Command {
    const lines = stack.output.split("\n").map((line) => line.trim());
    const exports = lines.filter((line) => line.startsWith("export "));
    const line = lines.find((one) => one.startsWith(beginning) && one.includes(holds));
    if (line === undefined) throw new Error(`no ${beginning} in ${stack.output}`);
    const command = shell([...exports, line].join("\n"));
    listeners.push(command);
    return command;
  }

  async function request(path: string, headers: Record<string, string> = {}) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    return { response, body: (await response.json()) as Record<string, unknown> };
  }

  test("tokens are required, and the flags for pages and kinds hold", async () => {
    const { response } = await request("/v1/videos/launch", { origin: ORIGIN });
    expect(response.status).toBe(401);
    expect(response.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    const { body } = await request("/v1/ping");
    expect(body["kinds"]).toMatchObject({ score: "state" });
    expect(stack.output).not.toContain("OPEN");
  });

  test("what a viewer publishes and a backend writes is heard, until a moderator mutes it", async () => {
    const [sse, socket] = [paste("curl -N"), paste("npx node -e")];
    await socket.prints(/\{"op":"result","id":2\b/);
    // What was published before it listened is rightly not heard.
    const like = async () => {
      await paste("curl -X POST", '"like"').ended;
      return sse.output;
    };
    await expect.poll(like, SOON).toMatch(/"kind":"like","at":\d+,"actor":"anna"/);
    const backend = paste("curl -X POST", '"comment"');
    await backend.prints(/"accepted":\["/);
    await socket.prints(/"actor":"bo","data":\{"text":"Hello!"\}/);
    const ban = paste("OVATION_URL");
    await ban.prints(/"actor":"bo","mode":"mute"/);
    const muted = async () => {
      const again = paste("curl -X POST", '"comment"');
      await again.ended;
      return again.output;
    };
    await expect.poll(muted, SOON).toContain('"code":"banned"');
  });

  /** What there is of the video, as a backend reads it. */
  async function launch() {
    const token = /BACKEND_TOKEN=(\S+)/.exec(stack.output)?.[1] ?? "";
    return (await request("/v1/videos/launch", { authorization: `Bearer ${token}` })).body;
  }

  test("the stack itself opens polls", async () => {
    await expect.poll(async () => (await launch())["state"], SOON).toHaveProperty("polls");
  });

  test.runIf(hasBrowser)(
    "the printed pages work with a token, and bring the audience",
    async () => {
      const link = (name: string) =>
        new RegExp(`^ {2}${name} +(http\\S+)$`, "m").exec(stack.output)?.[1] ?? "";
      const browser = await launchChromium();
      try {
        const page = await browser.newPage();
        await page.goto(link("Open"));
        await expect.poll(() => page.locator(".status").innerText(), SOON).toBe("WebSocket");
        expect(page.url()).not.toContain("token");
        // The simulated audience comes when somebody looks.
        await expect.poll(async () => (await launch())["viewers"], SOON).toBeGreaterThan(5);
        await page.goto(link("Moderate"));
        await expect.poll(() => page.locator("body").innerText(), SOON).toContain("launch");
        expect(await page.locator(".sign-in").count()).toBe(0);
        const file = join(stack.temporary, "page.html");
        const lines = /^ {2}(<!doctype html>[\s\S]*?<\/script>)\n\n/m.exec(stack.output)?.[1];
        await writeFile(file, lines ?? "");
        await page.goto(`file://${file}`);
        // Nobody who may not publish has a line to write in.
        await page.locator("ovation-chat [part=input]").waitFor();
      } finally {
        await browser.close();
      }
    },
  );
});
