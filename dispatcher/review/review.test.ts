/** Reviewers that fail, over real sockets: none costs an event more than its budget. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { askOverHttp } from "./ask.ts";
import { Review } from "./review.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** The URL of a server that answers with this. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const event = (id: string) => ({ video: "launch", input: { id, kind: "comment", data: { id } } });

function reviewAt(url: string, budgetMs: number, now = monotonicNow): Review {
  return new Review({
    ask: askOverHttp({ url, ca: undefined, keys: [] }),
    budgetMs,
    now,
    log: silentLog,
  });
}

test("events that come together are asked about together, and each gets its own verdict", async () => {
  const requests: { kind: string; events: { id: string }[] }[] = [];
  const url = await serve(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const asked = JSON.parse(Buffer.concat(parts).toString());
    requests.push(asked);
    const verdicts = asked.events.map(({ id }: { id: string }) =>
      id === "bad" ? { verdict: "deny", message: "no" } : { verdict: "allow" },
    );
    response.end(JSON.stringify({ verdicts }));
  });
  const review = reviewAt(url, 10_000);
  const ids = ["a", "bad", "c"];
  const verdicts = await Promise.all(ids.map((id) => review.verdictOn(event(id))));
  expect(verdicts.map((one) => one?.verdict)).toEqual(["allow", "deny", "allow"]);
  expect(requests).toMatchObject([{ kind: "comment", events: ids.map((id) => ({ id })) }]);
});

test("nobody escapes the review, or keeps others from it, by data that can't be sent to reviewers", async () => {
  let asked = 0;
  const url = await serve(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString();
    asked += 1;
    expect(text.length).toBeLessThan(1_000_000);
    const verdicts = JSON.parse(text).events.map(() => ({ verdict: "allow" }));
    response.end(JSON.stringify({ verdicts }));
  });
  const review = reviewAt(url, 10_000);
  const of = (data: unknown) =>
    review.verdictOn({ video: "launch", input: { kind: "comment", data } });
  // Six bytes each as JSON.
  const long = "\u0001".repeat(40_000);
  const given = [2n ** 60n, long.repeat(3), long, long, long, "well"];
  const verdicts = await Promise.all(given.map(of));
  expect(verdicts.map((one) => one?.verdict)).toEqual([
    "deny",
    "deny",
    "allow",
    "allow",
    "allow",
    "allow",
  ]);
  expect([asked, review.stats.failures]).toEqual([2, 0]);
});

const BAD: readonly (readonly [string, RequestListener])[] = [
  ["never answers", () => undefined],
  ["drips its answer", (_, response) => response.write(" ")],
  ["has another number of verdicts", (_, response) => response.end('{"verdicts":[]}')],
  ["has verdicts that there are not", (_, to) => to.end('{"verdicts":[{"verdict":"burn"}]}')],
  ["answers with broken JSON", (_, response) => response.end("{")],
  ["answers with an error", (_, response) => response.writeHead(500).end()],
  ["hangs up", (request) => request.socket.destroy()],
  ["sends more than it may", (_, response) => response.end(Buffer.alloc(2_000_000, " "))],
];

test.each(BAD)("a reviewer that %s gives no verdict", async (_name, listener) => {
  let asked = 0;
  const url = await serve((request, response) => {
    asked += 1;
    listener(request, response);
  });
  // Those that answer do so long before.
  const review = reviewAt(url, 1_000);
  expect(await review.verdictOn(event("a"))).toBeUndefined();
  expect([asked, review.stats.failures]).toEqual([1, 1]);
});

test("a reviewer can't send the dispatcher to another address", async () => {
  let visits = 0;
  const inside = await serve((_, response) => {
    visits += 1;
    response.end('{"verdicts":[{"verdict":"allow"}]}');
  });
  const url = await serve((_, response) => response.writeHead(307, { location: inside }).end());
  expect(await reviewAt(url, 10_000).verdictOn(event("a"))).toBeUndefined();
  expect(visits).toBe(0);
});

test("one that fails again and again is not asked for a while, then once, and again when it answers", async () => {
  let asked = 0;
  let isWell = false;
  const url = await serve((_, response) => {
    asked += 1;
    response.writeHead(isWell ? 200 : 500).end('{"verdicts":[{"verdict":"allow"}]}');
  });
  let time = 0;
  const review = reviewAt(url, 10_000, () => time);
  for (const id of ["1", "2", "3", "4", "5"]) await review.verdictOn(event(id));
  expect([asked, review.isPaused]).toEqual([5, true]);
  expect(await review.verdictOn(event("6"))).toBeUndefined();
  expect(asked).toBe(5);
  isWell = true;
  time += 10_000;
  expect(await review.verdictOn(event("7"))).toEqual({ verdict: "allow" });
  expect([asked, review.isPaused]).toEqual([6, false]);
});
