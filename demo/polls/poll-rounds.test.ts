/** Which polls the demo opens, on a real HTTP server that holds a video's polls. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { OpenPoll } from "../audience/messages.ts";
import { PollRounds } from "./poll-rounds.ts";

const MINUTE_MS = 60_000;

let server: Server;
let polls: Record<string, { question: string; choices: string[]; closesAt: number }>;
let status: number;
let now: number;
let rounds: PollRounds;
let told: (OpenPoll | undefined)[];

beforeEach(async () => {
  polls = {};
  status = 200;
  now = 1_000_000;
  told = [];
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      response.writeHead(status);
      const [, name] = /\/polls\/([\w-]+)$/.exec(request.url ?? "") ?? [];
      if (name === undefined) return response.end(JSON.stringify({ state: { polls } }));
      const poll = { ...JSON.parse(body), createdAt: now, closed: false };
      polls[name] = poll;
      return response.end(JSON.stringify({ video: "launch", poll: name, ...poll }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  rounds = new PollRounds({
    token: undefined,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    video: "launch",
    wallClock: () => now,
    onPoll: (poll) => told.push(poll),
  });
});
afterEach(async () => {
  rounds.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("a result is shown for a while before the next poll, which asks something else", async () => {
  await rounds.look();
  const [first] = Object.entries(polls);
  expect(told).toEqual([{ name: first?.[0], choices: first?.[1].choices.length }]);
  now = first?.[1].closesAt ?? 0;
  await rounds.look();
  expect(told.at(-1)).toBeUndefined();
  now += MINUTE_MS;
  await rounds.look();
  const [, second] = Object.entries(polls);
  expect(told.at(-1)?.name).toBe(second?.[0]);
  expect(second?.[1].question).not.toBe(first?.[1].question);
});

test("a poll that is open already is left as it is, whoever opened it", async () => {
  const poll = { question: "Q", choices: ["a", "b", "c"], createdAt: now, closed: false };
  polls["mvp"] = { ...poll, closesAt: now + MINUTE_MS };
  await rounds.look();
  expect(Object.keys(polls)).toEqual(["mvp"]);
  expect(told).toEqual([{ name: "mvp", choices: 3 }]);
});

test("what failed is done at a later look", async () => {
  status = 503;
  await rounds.look();
  expect([told, Object.keys(polls)]).toEqual([[], []]);
  status = 200;
  await rounds.look();
  expect(Object.keys(polls)).toHaveLength(1);
});
