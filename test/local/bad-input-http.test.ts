/** A bad HTTP request gets a status and a named error, and nothing is published. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encode } from "../../shared/protocol/wire/codec.ts";
import { eventually } from "../support/eventually.ts";
import { FOREIGN, msgpackWith, postBytes, RawSocket } from "../support/raw.ts";
import { metric, TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";
import { useWatchedStack } from "../support/watched-stack.ts";

const BODY_LIMIT = 65_536;
const LIKE = { kind: "like", data: FOREIGN };
const JSON_TYPE = { "content-type": "application/json" };
const MSGPACK_TYPE = { "content-type": "application/msgpack" };

let stack: TestStack;
let port: number;

const watched = useWatchedStack({ bodyLimitBytes: BODY_LIMIT }, "sse");
beforeAll(() => {
  ({ stack, port } = watched());
});

/** A request to publish events, as raw bytes, with these headers and this body. */
function rawPost(headers: string, body: string): string {
  return (
    "POST /v1/videos/ok-a/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
    `${headers}\r\n\r\n${body}`
  );
}

describe("the content of the body", () => {
  const list = (count: number) => Array.from({ length: count }, () => ({ ...LIKE }));
  const tooMuch = FOREIGN + "x".repeat(4_096);
  const good = list(3);
  test.each([
    ["an empty list", [], 413, { code: "batch_size_invalid", field: "events", limit: 1_000 }],
    ["1,001 events", list(1_001), 413, { code: "batch_size_invalid", limit: 1_000 }],
    ["a number", 7, 400, { code: "field_invalid" }],
    ["null", null, 400, { code: "field_invalid" }],
    ["no kind", { data: FOREIGN }, 400, { code: "field_invalid", field: "kind" }],
    ["an unknown kind", { ...LIKE, kind: "no" }, 400, { code: "kind_unknown", field: "kind" }],
    [
      "the kind viewers",
      { ...LIKE, kind: "viewers" },
      400,
      { code: "kind_reserved", field: "kind" },
    ],
    ["a bad id", { ...LIKE, id: "a.b" }, 400, { code: "event_id_invalid", field: "id" }],
    ["an empty actor", { ...LIKE, actor: "" }, 400, { code: "field_invalid", field: "actor" }],
    ["an actor that is too long", { ...LIKE, actor: "a".repeat(129) }, 400, { field: "actor" }],
    [
      "too much data",
      { ...LIKE, data: tooMuch },
      413,
      { code: "data_too_large", field: "data", limit: 4_096 },
    ],
    ["a number in a list", [...good, 7], 400, { code: "field_invalid", field: "events[3]" }],
    [
      "no kind in a list",
      [...good, { data: 1 }],
      400,
      { code: "field_invalid", field: "events[3].kind" },
    ],
    [
      "an unknown kind in a list",
      [...good, { kind: "no" }],
      400,
      { code: "kind_unknown", field: "events[3].kind" },
    ],
    [
      "the kind viewers in a list",
      [...good, { kind: "viewers" }],
      400,
      { code: "kind_reserved", field: "events[3].kind" },
    ],
    [
      "a bad id in a list",
      [...good, { ...LIKE, id: "*" }],
      400,
      { code: "event_id_invalid", field: "events[3].id" },
    ],
    [
      "too much data in a list",
      [...good, { ...LIKE, data: tooMuch }],
      413,
      { code: "data_too_large", field: "events[3].data", limit: 4_096 },
    ],
  ] as const)(
    "%s is refused with a named error, in the encoding of the request",
    async (_what, body, status, error) => {
      for (const [encoding, headers] of [
        ["json", JSON_TYPE],
        ["msgpack", MSGPACK_TYPE],
      ] as const) {
        const answer = await postBytes(port, "ok-a", encode(encoding, body), headers);
        expect(answer.status).toBe(status);
        expect(answer.headers["content-type"]).toBe(headers["content-type"]);
        expect(answer.error).toMatchObject(error);
        if ("limit" in error) expect(answer.error["message"]).toMatch(/\d/);
      }
    },
  );

  test.each([
    ["nothing", ""],
    ["an unclosed object", '{"kind":"like"'],
    ["two values", '{"kind":"like"}{"kind":"like"}'],
    ["text that is not UTF-8", Buffer.from('{"kind":"like","data":"é"}', "latin1")],
    ["msgpack", encode("msgpack", LIKE)],
  ])("%s instead of JSON is refused with a named error", async (_what, body) => {
    const answer = await postBytes(port, "ok-a", body);
    expect(answer.status).toBe(400);
    expect(answer.error).toMatchObject({ code: "body_malformed" });
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["a truncated map", encode("msgpack", LIKE).subarray(0, -1)],
    ["bytes after the value", Buffer.concat([encode("msgpack", LIKE), Buffer.of(0xc0)])],
    ["a list that never ends", Buffer.from("ddffffffff", "hex")],
    ["JSON", Buffer.from(JSON.stringify(LIKE))],
  ])("%s instead of msgpack is refused with a named error, in msgpack", async (_what, body) => {
    const answer = await postBytes(port, "ok-a", body, MSGPACK_TYPE);
    expect(answer.status).toBe(400);
    expect(answer.headers["content-type"]).toBe("application/msgpack");
    expect(answer.error).toMatchObject({ code: "body_malformed" });
  });

  test.each([
    ["a key __proto__", '{"kind":"like","data":{"__proto__":1}}', "data.__proto__"],
    ["a number that overflows", '{"kind":"like","data":1e999}', "data"],
    ["a number beyond 2^53", '[{"kind":"like","data":[7,1234567890123456789]}]', "[0].data[1]"],
    [
      "half a surrogate pair",
      '[{"kind":"like"},{"kind":"like","data":{"a":"\\ud800"}}]',
      "[1].data.a",
    ],
  ])("%s in the data of JSON is refused with the field's name", async (_what, body, path) => {
    const answer = await postBytes(port, "ok-a", body);
    expect(answer.status).toBe(400);
    const field = path.startsWith("[") ? `events${path}` : path;
    expect(answer.error).toMatchObject({ code: "data_invalid", field });
  });

  test.each([
    ["binary", "c40100", "data"],
    ["NaN", "cb7ff8000000000000", "data"],
    ["a number beyond 2^53", "9207cf112210f47de98115", "data[1]"],
  ])("%s in the data of msgpack is refused with the field's name", async (_what, data, field) => {
    const body = msgpackWith({ kind: "like" }, "data", Buffer.from(data, "hex"));
    const answer = await postBytes(port, "ok-a", body, MSGPACK_TYPE);
    expect(answer.status).toBe(400);
    expect(answer.error).toMatchObject({ code: "data_invalid", field });
  });

  test.each([
    ["JSON", "[".repeat(5_000) + "]".repeat(5_000), {}],
    ["msgpack", Buffer.alloc(20_000, 0x91), MSGPACK_TYPE],
  ])(
    "thousands of nested lists are refused with a named error in %s",
    async (_what, body, type) => {
      const headers = { "content-type": "application/json", ...type };
      const answer = await postBytes(port, "ok-a", body, headers);
      expect(answer.status).toBe(400);
      expect(answer.error).toMatchObject({ code: "field_invalid", limit: 15 });
    },
  );
});

describe("the body's type and length", () => {
  test.each([
    "text/plain",
    "application/jsonx",
    "application/x-www-form-urlencoded",
    "",
    undefined,
  ])("the content type %s is refused with a named error", async (type) => {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const answer = await postBytes(port, "ok-a", JSON.stringify(LIKE), headers);
    expect(answer.status).toBe(415);
    expect(answer.error).toMatchObject({ code: "content_type_unsupported", field: "Content-Type" });
    expect(answer.error["message"]).toContain("application/json or application/msgpack");
  });

  test.each(["gzip", "br", "deflate", "x-gzip, identity", "aws-chunked", "GZIP"])(
    "the content coding %s is refused with a named error that says which one is accepted",
    async (coding) => {
      const headers = { ...JSON_TYPE, "content-encoding": coding };
      const answer = await postBytes(port, "ok-a", gzipSync(JSON.stringify(LIKE)), headers);
      expect(answer.status).toBe(415);
      expect(answer.error).toMatchObject({
        code: "content_encoding_unsupported",
        field: "Content-Encoding",
      });
      expect(answer.headers["accept-encoding"]).toBe("identity");
    },
  );

  test.each(["identity", "Identity", ""])(
    "the content coding %j counts as none",
    async (coding) => {
      const headers = { ...JSON_TYPE, "content-encoding": coding };
      expect((await postBytes(port, "ok-a", '{"kind":"like"}', headers)).status).toBe(200);
    },
  );

  test.each(["application/json; charset=utf-8", "APPLICATION/JSON", "application/json;x=y"])(
    "the content type %s is JSON",
    async (type) => {
      const answer = await postBytes(port, "ok-a", '{"kind":"like","id":"mine"}', {
        "content-type": type,
      });
      expect([answer.status, answer.body]).toEqual([200, { accepted: ["mine"] }]);
    },
  );

  const ofLength = (length: number) => JSON.stringify(LIKE).padEnd(length, " ");

  test("a body of exactly the limit is accepted", async () => {
    const body = '{"kind":"like"}'.padEnd(BODY_LIMIT, " ");
    expect((await postBytes(port, "ok-a", body)).status).toBe(200);
  });

  test.each([
    ["a byte over the limit", BODY_LIMIT + 1],
    ["far over the limit", 64 * BODY_LIMIT],
  ])("a body %s is refused with a named error", async (_what, length) => {
    const answer = await postBytes(port, "ok-a", ofLength(length), JSON_TYPE);
    expect(answer.status).toBe(413);
    expect(answer.error).toMatchObject({ code: "body_too_large", limit: BODY_LIMIT });
  });

  test("a body whose length is over the limit is refused before it arrives", async () => {
    const socket = await RawSocket.open(port);
    socket.write(rawPost(`Content-Length: ${BODY_LIMIT + 1}`, '{"kind"'));
    expect((await socket.response()).error).toMatchObject({ code: "body_too_large" });
    await socket.untilClosed();
  });

  test("a body that is cut off halfway publishes nothing", async () => {
    const requests = async () => await metric(stack.gateway, "ovation_gateway_requests_total");
    const before = await requests();
    const socket = await RawSocket.open(port);
    socket.write(rawPost("Content-Length: 100", JSON.stringify(LIKE)));
    await eventually(async () => (await requests()) === before + 1);
    socket.destroy();
    await socket.untilClosed();
    expect((await postBytes(port, "ok-a", '{"kind":"like"}')).status).toBe(200);
  });

  test("a refused request leaves its connection usable for the next one", async () => {
    const socket = await RawSocket.open(port);
    const body = JSON.stringify(LIKE);
    const bad = rawPost(`Content-Length: ${body.length}`, body).replace("/json", "/xml");
    const good = rawPost("Content-Length: 15", '{"kind":"like"}');
    socket.write(bad);
    expect((await socket.response()).status).toBe(415);
    socket.write(bad.replace("ok-a", "a.b"));
    expect((await socket.response()).error["code"]).toBe("video_invalid");
    socket.write(good);
    expect((await socket.response()).status).toBe(200);
    socket.destroy();
  });
});

describe("no dispatcher on the bus", () => {
  let lonely: TestStack;
  beforeAll(async () => {
    lonely = await TestStack.start({ dispatchers: 0 });
  });
  afterAll(async () => {
    await lonely?.stop();
  });

  test("is reported at once: over HTTP with a time to retry, and on the socket", async () => {
    const { port } = lonely.gateway;
    const answer = await postBytes(port, "ok-a", '[{"kind":"like"},{"kind":"like"}]');
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("1");
    expect(answer.error).toMatchObject({ code: "unavailable" });
    expect(answer.body["accepted"]).toEqual([]);
    const viewer = await TestSocket.connect(port);
    const like = { video: "ok-a", kind: "like" };
    expect(await viewer.ask("publish", like)).toMatchObject({ op: "error", code: "unavailable" });
    expect(await viewer.ask("subscribe", { video: "ok-a" })).toMatchObject({ op: "result" });
    await lonely.addDispatcher();
    expect(await viewer.ask("publish", like)).toMatchObject({ op: "result" });
    await viewer.close();
  });
});
