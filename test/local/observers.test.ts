/** A service that observes videos by pattern over NATS, and is no viewer; and `ovation tail` as one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { NatsConnection } from "nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeFanoutMessage } from "../../shared/protocol/fanout-message.ts";
import { OBSERVE_SUBJECT } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import { bundled } from "../support/bundle.ts";
import { eventually } from "../support/eventually.ts";
import { connectTo, natsUrlAs } from "../support/nats-users.ts";
import { TestStack } from "../support/stack.ts";
import { post, watch } from "../support/viewer.ts";

let stack: TestStack;
let observer: NatsConnection;
beforeAll(async () => {
  stack = await TestStack.start({ gateways: 2, dispatchers: 2 });
  observer = await connectTo(stack.nats.url, "observer");
});
afterAll(async () => {
  await observer?.close();
  await stack?.stop();
});

/** What the observer has heard of videos, each event as `<video> <kind> <id>`. */
function listen(): string[] {
  const heard: string[] = [];
  observer.subscribe("ov.observed.*", {
    callback: (_error, { subject, data }) => {
      const message = decodeFanoutMessage(data);
      const encoded =
        message?.form === "events"
          ? message.events.map(({ bytes }) => bytes)
          : message?.form === "record"
            ? message.record.events.map(({ bytes }) => bytes)
            : [];
      for (const bytes of encoded) {
        const { kind, id } = decodeTrustedMsgpack(bytes) as { kind: string; id: string };
        heard.push(`${subject.slice("ov.observed.".length)} ${kind} ${id}`);
      }
    },
  });
  return heard;
}

async function observe(...videos: string[]): Promise<Record<string, unknown>> {
  const answer = await observer.request(OBSERVE_SUBJECT, JSON.stringify({ videos }));
  return answer.json();
}

test("it hears each event of each video of its pattern once, watched or not, and is not counted", async () => {
  const heard = listen();
  expect(await observe("match-*")).toEqual({ observedForMs: 30_000 });
  // The first dispatcher answered; the other has it soon.
  await eventually(() =>
    stack.dispatchers.every(({ routes }) => routes.subjects("match-0").length > 0),
  );
  const viewers = [
    await watch("json", stack.gatewayAt(0).port, "match-1"),
    await watch("json", stack.gatewayAt(1).port, "match-1"),
  ];
  await stack.mirrored("match-1", 2);
  const { port } = stack.gateway;
  for (const video of ["match-1", "match-2", "other"]) {
    for (const kind of ["like", "comment"]) {
      expect((await post(port, video, { kind, id: `${video}-${kind}` })).status).toBe(200);
    }
  }
  expect((await post(port, "match-2", { kind: "comment", id: "last" })).status).toBe(200);
  await expect.poll(() => heard).toContain("match-2 comment last");
  await expect.poll(() => heard.some((line) => line.startsWith("match-1 viewers "))).toBe(true);
  const published = heard.filter((line) => !line.includes(" viewers "));
  expect(published.toSorted()).toEqual([
    "match-1 comment match-1-comment",
    "match-1 like match-1-like",
    "match-2 comment last",
    "match-2 comment match-2-comment",
    "match-2 like match-2-like",
  ]);
  const info = await fetch(`http://127.0.0.1:${port}/v1/videos/match-2`);
  expect(await info.json()).toMatchObject({ viewers: 0 });
  for (const { routes } of stack.dispatchers) expect([...routes.videos()]).toEqual(["match-1"]);
  for (const viewer of viewers) await viewer.close();
});

test("what is no pattern is refused by name", async () => {
  const error = { code: "field_invalid", field: "videos" };
  expect(await observe("match-*-final")).toMatchObject({ error });
});

test("ovation tail follows a pattern over NATS, and ends after --count", async () => {
  const args = [bundled("cli/main.ts"), "tail", "cup-*", "--kinds", "comment", "--count", "2"];
  const env = { ...process.env, OVATION_NATS_URL: natsUrlAs("observer", stack.nats.url) };
  const child = spawn(process.execPath, args, { env });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const closed = once(child, "close");
  await eventually(() =>
    stack.dispatchers.every(({ routes }) => routes.subjects("cup-0").length > 0),
  );
  for (const [video, kind] of [
    ["cup-1", "like"],
    ["cup-1", "comment"],
    ["cup-2", "comment"],
  ]) {
    const event = { kind, id: `${video}-${kind}`, data: { text: "hi" } };
    expect((await post(stack.gateway.port, video ?? "", event)).status).toBe(200);
  }
  expect(await closed).toEqual([0, null]);
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  expect(lines).toMatchObject([
    { video: "cup-1", kind: "comment", data: { text: "hi" } },
    { video: "cup-2", kind: "comment" },
  ]);
});

test.each([
  [3, "could not be reached", "300", () => "nats://127.0.0.1:1"],
  [4, "login", "60000", () => natsUrlAs("observer", stack.nats.url).replace(/:[^:@]+@/, ":wrong@")],
])("a tail of a pattern ends with %d when it fails: %s", async (code, text, waitMs, url) => {
  const args = [bundled("cli/main.ts"), "tail", "cup-*", "--wait-ms", waitMs];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, OVATION_NATS_URL: url() },
  });
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    err += part;
  });
  expect(await once(child, "close")).toEqual([code, null]);
  expect(err).toContain(text);
  expect(err).not.toContain("wrong");
});
