/** Errors without a listener are printed on the console: each code once per video. */
import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { client, statesOf } from "./support/client.ts";
import { LaterGateway, refused } from "./support/later-gateway.ts";

const printed: string[] = [];
let gateway: LaterGateway | undefined;

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation((line: string) => printed.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  printed.length = 0;
  await gateway?.stop();
  gateway = undefined;
});

const refusing = (op: string) => (asked: { readonly op: string }) =>
  asked.op === op ? refused(op === "connect" ? "token_refused" : "forbidden") : {};

test("a refused video, by its id, once however often it is watched", async () => {
  gateway = await LaterGateway.start(refusing("subscribe"));
  const ovation = client(gateway.url);
  for (const id of ["one", "two", "one"]) {
    ovation.video(id).on("like", () => undefined)();
    ovation.video(id).on("like", () => undefined);
    await expect.poll(() => printed.some((line) => line.includes(id))).toBe(true);
  }
  expect(printed).toEqual([
    "ovation: forbidden one: refused: forbidden",
    "ovation: forbidden two: refused: forbidden",
  ]);
});

test("nothing if there is a listener", async () => {
  gateway = await LaterGateway.start(refusing("subscribe"));
  const ovation = client(gateway.url);
  const heard: (string | undefined)[] = [];
  ovation.onError(({ video }) => heard.push(video));
  ovation.video("one").on("like", () => undefined);
  await expect.poll(() => heard).toEqual(["one"]);
  expect(printed).toEqual([]);
});

test("a permanently refused token", async () => {
  gateway = await LaterGateway.start(refusing("connect"));
  client(gateway.url, { token: "no" }).connect();
  await expect.poll(() => printed).toEqual(["ovation: token_refused : refused: token_refused"]);
});

test("a wrong URL, once however often it is tried", async () => {
  const server = createServer((_, response) => response.writeHead(404).end()).listen(0);
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  const ovation = client(`http://127.0.0.1:${address.port}`);
  ovation.connect();
  await expect.poll(() => printed.length).toBe(1);
  await statesOf(ovation).first((state) => state.name === "reconnecting" && state.attempt > 4);
  expect(printed).toEqual([
    expect.stringContaining("ovation: wrong_address : no gateway answers at"),
  ]);
  server.close();
  server.closeAllConnections();
});

test("neither a close by the application nor what may resolve itself", async () => {
  const ovation = client("http://127.0.0.1:9");
  ovation.connect();
  const isLost = () => ovation.state.name === "reconnecting" && ovation.state.attempt >= 3;
  await expect.poll(isLost).toBe(true);
  ovation.close();
  expect(printed).toEqual([]);
});
