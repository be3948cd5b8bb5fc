/** The client of a gateway below a path: its URL has the path, with or without a trailing slash. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { client, listen } from "./support/client.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({ gateway: { basePath: "/live" } });
});
afterAll(async () => {
  await stack?.stop();
});

describe.each(["websocket", "sse"] as const)("over %s", (transport) => {
  test.each(["/live", "/live/"])("a client of %s publishes, sees and reads back", async (path) => {
    const url = `http://127.0.0.1:${stack.gateway.port}${path}`;
    const ovation = client(url, { transport });
    const video = `at-${transport}-${path.length}`;
    const { events, joined } = listen(ovation, video, "comment");
    await joined();
    const id = await ovation.video(video).publish("comment", { text: "hello" });
    expect((await events.first(() => true)).data).toEqual({ text: "hello" });
    const page = await ovation.video(video).readHistory();
    expect([id, page.events.length]).toEqual([expect.anything(), 1]);
  });
});
