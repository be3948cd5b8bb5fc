/** A page that nobody sees gets its events in few frames, and what it missed when it is shown. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { OvationOptions } from "../../sdk/index.ts";
import { eventually } from "../support/eventually.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import { client, connected, listen } from "./support/client.ts";
import { LaterGateway, refused } from "./support/later-gateway.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({ gateway: { lingerMs: 0 } });
});
afterAll(async () => {
  await stack?.stop();
});

/** What a browser has and Node has not. */
const page = { hidden: false };
const network = { saveData: false };
let events: EventTarget;

beforeEach(() => {
  events = new EventTarget();
  page.hidden = network.saveData = false;
  vi.stubGlobal("document", page);
  vi.stubGlobal("navigator", { connection: network });
  vi.stubGlobal("addEventListener", events.addEventListener.bind(events));
});
afterEach(() => void vi.unstubAllGlobals());

function turn(hidden: boolean): void {
  page.hidden = hidden;
  events.dispatchEvent(new Event("visibilitychange"));
}

/** The paces that a client asks for while its page is hidden and shown, and after it reconnected. */
async function pacesAsked(options: Partial<OvationOptions> = {}): Promise<readonly unknown[]> {
  const gateway = await LaterGateway.start(({ op }) =>
    op === "pace" ? refused("op_unknown") : {},
  );
  try {
    const ovation = client(gateway.url, options);
    ovation.connect();
    await connected(ovation);
    turn(true);
    turn(true);
    turn(false);
    turn(true);
    // An older gateway doesn't know the request: the connection stays.
    for (const socket of gateway.sockets) socket.close(1011);
    await eventually(() => gateway.of("connect").length === 2);
    await connected(ovation);
    turn(false);
    // After all others: a page that comes back checks its connection.
    await eventually(
      () => gateway.of("ping").length > 0 && gateway.asked.all.at(-1)?.op === "ping",
    );
    return gateway.of("pace").map(({ everyMs }) => everyMs);
  } finally {
    await gateway.stop();
  }
}

test("a hidden page asks for slow frames, one that is shown for all of them, on each connection", async () => {
  expect(await pacesAsked()).toEqual([10_000, 0, 10_000, 10_000, 0]);
});

test("where the browser saves data, frames come once a second", async () => {
  network.saveData = true;
  expect(await pacesAsked()).toEqual([1_000, 10_000, 1_000, 10_000, 10_000, 1_000]);
});

test("an application that needs its events at once on a hidden page gets them", async () => {
  expect(await pacesAsked({ slowsDown: false })).toEqual([]);
});

test("a page gets what happened while it was hidden as soon as it is shown, comments and counts", async () => {
  const ovation = client(`http://127.0.0.1:${stack.gateway.port}`);
  const video = ovation.video("launch");
  const comments: unknown[] = [];
  let likes = 0;
  let frames = 0;
  video.on("comment", ({ data }) => comments.push(data));
  video.onFrame(({ counts }) => {
    frames += 1;
    likes += counts["like"] ?? 0;
  });
  const watching = listen(client(`http://127.0.0.1:${stack.gateway.port}`), "launch");
  await watching.joined();
  await stack.mirrored("launch", 2);
  turn(true);
  for (let round = 1; round <= 20; round += 1) {
    await post(stack.gateway.port, "launch", [{ kind: "like" }, { kind: "comment", data: round }]);
  }
  expect(frames).toBeLessThan(10);
  turn(false);
  await eventually(() => comments.length >= 20 && likes >= 20);
  expect(comments).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect(likes).toBe(20);
});
