/** null counts as an absent field, on every wire; in `data` it is a value. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Bus } from "../../shared/bus/connection.ts";
import { decode, type Encoding, encode } from "../../shared/protocol/wire/codec.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { postBytes } from "../support/raw.ts";
import { TestStack } from "../support/stack.ts";
import { TestSocket, watch } from "../support/viewer.ts";

const ENCODINGS: readonly Encoding[] = ["msgpack", "json"];
const EVENT = { kind: "comment", actor: null, id: null, data: null, publishedAt: null };

let stack: TestStack;
let bus: Bus;
beforeAll(async () => {
  stack = await TestStack.start();
  const servers = [natsUrlAs("publisher", stack.nats.url)];
  bus = await Bus.connect({ servers, inbox: "publisher", name: "test", log: silentLog });
});
afterAll(async () => {
  await bus?.stop();
  await stack?.stop();
});

describe.each(ENCODINGS)("in %s, null counts as an absent field", (encoding) => {
  test("of a WebSocket's requests", async () => {
    const { port } = stack.gateway;
    const viewer = await TestSocket.open(port, encoding);
    expect(await viewer.ask("connect", { token: null })).toMatchObject({ op: "result" });
    const video = `ok-${encoding}`;
    const fields = { video, after: null, epoch: null, last: null };
    const answer = await viewer.ask("subscribe", fields);
    expect(answer).toMatchObject({ op: "result" });
    expect(answer).not.toHaveProperty("recovered");
    const { kind, actor, data } = EVENT;
    const publish = { video, kind, actor, data, eventId: null };
    const { eventId } = await viewer.ask("publish", publish);
    const event = await viewer.until(() => viewer.of(video, "comment")[0]);
    expect(event).toMatchObject({ id: eventId, data: null });
    expect(event).not.toHaveProperty("actor");
    await viewer.close();
  });

  test("of events over HTTP and NATS, alone and in a list", async () => {
    const { port } = stack.gateway;
    const video = `ok-${encoding}-events`;
    const viewer = await watch("json", port, video);
    const headers = { "content-type": `application/${encoding}` };
    for (const body of [EVENT, [EVENT, EVENT]]) {
      const bytes = encode(encoding, body);
      expect((await postBytes(port, video, bytes, headers)).status).toBe(200);
      const reply = await bus.request(`ov.publish.${video}`, bytes, 5_000);
      expect(decode(encoding, reply)).toHaveProperty("accepted");
    }
    await viewer.until(() => viewer.of(video, "comment").length === 6);
    for (const event of viewer.of(video, "comment")) {
      expect(event).toMatchObject({ data: null });
      expect(event).not.toHaveProperty("actor");
    }
    await viewer.close();
  });

  test.each([
    ["video", { op: "publish", kind: "like", video: null }, "field_invalid"],
    ["kind", { op: "publish", video: "ok-a", kind: null }, "field_invalid"],
    ["op", { op: null }, "op_unknown"],
    ["token", { op: "refresh", token: null }, "field_invalid"],
  ])("but %s can't be absent", async (field, request, code) => {
    const viewer = await TestSocket.connect(stack.gateway.port, encoding);
    viewer.sendMessage({ id: 2, ...request });
    expect(await viewer.answerTo(2)).toMatchObject({ op: "error", code, field });
    await viewer.close();
  });
});
