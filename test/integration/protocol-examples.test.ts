/**
 * Runs every example of docs/protocol.md, and those of docs/clients.md over NATS, as printed, each
 * against a gateway of its own.
 */
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Gateway } from "../../gateway/gateway.ts";
import { openApiDocument } from "../../gateway/index.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { configFor } from "../../shared/config/load.ts";
import { HISTORY_STREAM } from "../../shared/protocol/subjects.ts";
import { CONNECT_PATH } from "../../shared/protocol/wire/endpoints.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { eventually } from "../support/eventually.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { DescribedApi, serverFaultOf } from "../support/openapi.ts";
import {
  blocksOf,
  type Fields,
  type HttpExample,
  isPart,
  isViewersOnly,
  matcher,
  matches,
  parseHttp,
  pattern,
  withoutOmitted,
  withoutTotals,
  withoutViewers,
} from "../support/protocol-examples.ts";
import { TestStack } from "../support/stack.ts";
import { post, TestSocket } from "../support/viewer.ts";

type Runner = (text: string, variant: string) => Promise<void>;

function page(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
}

const PAGE = page("protocol.md");
const api = new DescribedApi(openApiDocument("test"));
let stack: TestStack;
let gateway: Gateway;
let bus: Bus;

/** Reads messages until all expected ones have arrived, in any order; anything else fails the test. */
async function receiveAll(expected: unknown[], next: () => Promise<Fields>): Promise<void> {
  while (expected.length > 0) {
    const message = withoutOmitted(await next(), expected[0]);
    const others = withoutViewers(message);
    const index = expected.findIndex((one) => matches(message, one) || matches(others, one));
    if (index >= 0) expected.splice(index, 1);
    else if (others !== undefined) expect(message).toEqual(matcher(expected[0]));
  }
}

/** Resolves when every dispatcher knows that this gateway has a viewer of the video. */
async function known(video: string): Promise<void> {
  await eventually(() =>
    stack.dispatchers.every(({ routes }) => routes.row(video, gateway.id) !== undefined),
  );
}

/** Lines that make a video's events come: a publish, or a remark that names one. */
const PUBLISHING = /"op":"publish"|^# A backend publishes/;

/** What happens elsewhere in a conversation. */
const remarks: readonly [RegExp, (match: RegExpExecArray) => Promise<void>][] = [
  [
    /^# A backend publishes (\d+) events of kind (\w+) on (\w+) at once\.$/,
    async ([, count, kind, video]) => {
      const events = Array.from({ length: Number(count) }, () => ({ kind }));
      expect((await post(gateway.port, String(video), events)).status).toBe(200);
    },
  ],
  [/^# The gateway begins to stop\.$/, () => gateway.drain()],
];

/** The videos that the conversation subscribes to before its first publish. */
function subscribedIn(text: string): string[] {
  const before = text.slice(0, text.search(new RegExp(PUBLISHING, "m")));
  return [...before.matchAll(/"op":"subscribe","id":\d+,"video":"([\w-]+)"/g)].map(([, video]) =>
    String(video),
  );
}

/** Lines of `→` (sent), `←` (received), `← close` and `#` (what happens elsewhere). */
async function conversation(text: string, variant: string): Promise<void> {
  const socket = await TestSocket.open(gateway.port, variant === "json" ? "json" : "msgpack");
  let taken = 0;
  const next = async (): Promise<Fields> => {
    const message: Fields = await socket.until(
      () => socket.messages[taken] ?? (socket.closed && {}),
    );
    taken += 1;
    // As docs/asyncapi.yaml describes it.
    if (message["op"] !== undefined) expect(serverFaultOf(message)).toBeUndefined();
    return message;
  };
  const expected: unknown[] = [];
  const elsewhere: Promise<void>[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("← {")) {
      expected.push(pattern(line.slice(2)));
      continue;
    }
    await receiveAll(expected, next);
    const close = /^← close (\d+) (\w+)$/.exec(line);
    const remark = remarks.find(([form]) => form.test(line));
    const match = remark?.[0].exec(line);
    // A person is slower than this: dispatchers learn of a first viewer a moment after its answer.
    if (PUBLISHING.test(line)) await Promise.all(subscribedIn(text).map(known));
    if (line.startsWith("→ {")) socket.sendMessage(JSON.parse(line.slice(2)));
    else if (remark && match) elsewhere.push(remark[1](match));
    else if (close) {
      expect(await socket.untilClosed()).toEqual({ code: Number(close[1]), reason: close[2] });
    } else throw new Error(`this line of a conversation can't be read: ${line}`);
  }
  await receiveAll(expected, next);
  if (socket.closed === undefined) {
    // The answer to this comes last: nothing may have arrived that the example does not show.
    socket.sendMessage({ op: "the end", id: 1_000_000 });
    await receiveAll(
      [{ op: "error", id: 1_000_000, code: "op_unknown", message: "…", field: "op" }],
      next,
    );
    await socket.close();
  }
  const unexpected = socket.messages.slice(taken).filter((message) => withoutViewers(message));
  expect(unexpected).toEqual([]);
  await Promise.all(elsewhere);
}

async function fetchExample(example: HttpExample): Promise<Response> {
  const response = await fetch(`http://127.0.0.1:${gateway.port}${example.path}`, example.request);
  expect(response.status).toBe(example.status);
  for (const [name, value] of example.headers) expect(response.headers.get(name)).toBe(value);
  return response;
}

async function http(text: string): Promise<void> {
  const example = parseHttp(text);
  const response = await fetchExample(example);
  const { method = "GET" } = example.request;
  // The OpenAPI document says the same as the page; it has no WebSocket.
  if (example.path !== CONNECT_PATH)
    expect(await api.faultOf(method, example.path, response.clone())).toBeUndefined();
  expect(await response.json()).toEqual(matcher(pattern(example.rest)));
}

/** The parts of an event stream that are separated by empty lines, comments left out. */
async function* streamParts(response: Response): AsyncGenerator<string> {
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const parts = (text + chunk).split("\n\n");
    text = parts.pop() ?? "";
    yield* parts.filter((part) => !part.startsWith(":"));
  }
}

async function sse(text: string): Promise<void> {
  const example = parseHttp(text);
  const parts = streamParts(await fetchExample(example));
  for (const expected of example.rest.split("\n\n")) {
    const [, path, body = ""] = /^→ POST (\S+) (.+)$/.exec(expected) ?? [];
    if (path !== undefined) {
      const video = path.split("/")[3] ?? "";
      await known(video);
      expect((await post(gateway.port, video, JSON.parse(body))).status).toBe(200);
      continue;
    }
    const next = async () => withoutTotals((await parts.next()).value ?? "", expected);
    let part = await next();
    while (isViewersOnly(part) && !isPart(part, expected)) part = await next();
    if (!isPart(part, expected)) expect(part).toBe(expected);
  }
  await parts.return(undefined);
}

async function nats(text: string): Promise<void> {
  const lines = text.split("\n");
  expect(lines.length % 2).toBe(0);
  const bytesOf = (written: string) =>
    written.startsWith("0x ")
      ? Buffer.from(written.slice(3).replaceAll(" ", ""), "hex")
      : Buffer.from(written);
  for (let index = 0; index < lines.length; index += 2) {
    const [, subject, request = ""] = /^→ (\S+) (.+)$/.exec(lines[index] ?? "") ?? [];
    const [, expected = ""] = /^← (.+)$/.exec(lines[index + 1] ?? "") ?? [];
    if (subject === undefined || expected === "") throw new Error(`no request and reply: ${text}`);
    const reply = Buffer.from(await bus.request(subject, bytesOf(request), 5_000));
    if (expected.startsWith("0x "))
      expect(reply.toString("hex")).toBe(bytesOf(expected).toString("hex"));
    else expect(JSON.parse(reply.toString())).toEqual(matcher(pattern(expected)));
  }
}

const runners: Readonly<Record<string, Runner>> = { conversation, http, sse, nats };

/** Of docs/clients.md, programs are run by `npm run test:clients`. */
const overNats = blocksOf(page("clients.md")).filter(({ kind }) => kind === "nats");
const written = blocksOf(PAGE);
const blocks = [
  ...written.map((block) => ({ ...block, on: "docs/protocol.md" })),
  ...overNats.map((block) => ({ ...block, on: "docs/clients.md" })),
];
const cases = blocks.flatMap((block) =>
  (block.kind === "conversation" ? ["json", "msgpack"] : ["json"]).map((variant) => ({
    ...block,
    variant,
  })),
);

beforeAll(async () => {
  stack = await TestStack.start({ gateways: 0, dispatchers: 0 });
  bus = await Bus.connect({
    servers: [natsUrlAs("publisher", stack.nats.url)],
    inbox: "publisher",
    name: "test-service",
    log: silentLog,
  });
});
afterAll(async () => {
  await bus?.stop();
  await stack?.stop();
});

test("the pages have examples of every form, and each fence of docs/protocol.md is one", () => {
  expect(new Set(blocks.map(({ kind }) => kind))).toEqual(new Set(Object.keys(runners)));
  expect(2 * written.length).toBe(PAGE.match(/^\s*(```|~~~)/gm)?.length);
});

describe("what the pages show", () => {
  beforeEach(async () => {
    // With the kinds that a new deployment has.
    const { kinds } = configFor("dispatcher");
    await stack.addDispatcher({ kinds });
    gateway = await stack.addGateway({ kinds, viewerReportsOneIn: 1 });
  });
  afterEach(async () => {
    // Removes its rows from the table, so that the next example counts only its own viewers.
    await gateway.drain();
    await gateway.stop();
    for (const dispatcher of stack.dispatchers.splice(0)) await dispatcher.stop();
    // Each example starts with a video without history.
    await stack.deleteStream(HISTORY_STREAM);
  });

  test.each(cases)(
    "the $kind of $on at line $line holds in $variant",
    async ({ kind, text, variant }) => {
      const run = runners[kind];
      if (run === undefined) throw new Error(`a block of the form ${kind} can't be run`);
      await run(text, variant);
    },
    15_000,
  );
});
