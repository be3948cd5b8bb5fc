/** The SDK at gateways that require tokens. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OvationError } from "../../sdk/index.ts";
import { Recorder } from "../support/recorder.ts";
import { TestStack } from "../support/stack.ts";
import { inSeconds, SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { client, connected, listen, statesOf } from "./support/client.ts";

let stack: TestStack;
let url: string;
beforeAll(async () => {
  stack = await TestStack.start({ gateway: { open: false, authSecret: SECRET } });
  url = `http://127.0.0.1:${stack.gateway.port}`;
});
afterAll(() => stack?.stop());

describe.each(["websocket", "sse"] as const)("over %s", (transport) => {
  test("an expiring token is replaced, and the video continues", async () => {
    const asked = new Recorder<"asked">();
    const token = async () => {
      asked.take("asked");
      return await tokenOf({
        ...VIEWER,
        exp: asked.all.length < 3 ? inSeconds(1) : inSeconds(3_600),
      });
    };
    const ovation = client(url, { token, transport });
    const video = `on-${transport}`;
    const { events, joined } = listen(ovation, video, "comment");
    await joined();
    await asked.until((all) => all.length >= 3);
    await ovation.video(video).publish("comment", { text: "still here" });
    expect(await events.first(() => true)).toMatchObject({ actor: "anna" });
  });

  test("a forged token ends the attempts", async () => {
    const token = await tokenOf(VIEWER, { key: Buffer.alloc(32, 1) });
    const ovation = client(url, { token, transport });
    const states = statesOf(ovation);
    ovation.connect();
    const closed = await states.first(({ name }) => name === "closed");
    expect(closed).toMatchObject({ reason: { code: "token_refused" } });
    expect(states.all.map(({ name }) => name)).toEqual(["idle", "connecting", "closed"]);
  });
});

test("an application is notified of a video that a fresh token does not cover", async () => {
  let isNarrow = false;
  const token = async () => {
    const videos = isNarrow ? ["kept"] : ["*"];
    const exp = isNarrow ? inSeconds(3_600) : inSeconds(1);
    return await tokenOf({ ...VIEWER, videos, exp });
  };
  const ovation = client(url, { token, transport: "websocket" });
  const errors = new Recorder<OvationError>();
  ovation.onError(errors.take);
  const { joined } = listen(ovation, "lost");
  await joined();
  isNarrow = true;
  expect(await errors.first(() => true)).toMatchObject({ code: "forbidden", video: "lost" });
  expect((await connected(ovation)).name).toBe("connected");
});
