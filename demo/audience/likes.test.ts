/** Likes at a given rate, sent to a real HTTP server. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Likes } from "./likes.ts";

let server: Server;
let url = "";
let posted = 0;
let fromViewers = 0;
let now = 0;
let hasViewers = true;

beforeEach(async () => {
  posted = fromViewers = now = 0;
  hasViewers = true;
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const events = JSON.parse(body) as unknown[];
      posted += events.length;
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function makeLikes(): Likes {
  const likeFromViewer = () => {
    if (hasViewers) fromViewers += 1;
    return hasViewers;
  };
  const likes = { url, video: "launch", token: undefined };
  return new Likes({ ...likes, now: () => now, likeFromViewer });
}

/** Publishes for one second in four steps, no faster than the server accepts. */
async function publishForASecond(likes: Likes, expected: number): Promise<void> {
  const before = posted + fromViewers;
  for (let quarter = 1; quarter <= 4; quarter += 1) {
    now += 250;
    likes.publish();
    await expect
      .poll(() => posted + fromViewers - before, { interval: 5 })
      .toBeGreaterThanOrEqual(Math.floor((expected * quarter) / 4) - 1);
  }
}

test("a few come from viewers' sockets, the rest over HTTP, and their number is right", async () => {
  const likes = makeLikes();
  likes.setRate(40);
  await publishForASecond(likes, 40);
  expect({ posted, fromViewers }).toEqual({ posted: 0, fromViewers: 40 });
  likes.setRate(3_000);
  await publishForASecond(likes, 3_000);
  expect({ posted, fromViewers }).toEqual({ posted: 2_900, fromViewers: 140 });
});

test("likes that no viewer can send are sent over HTTP", async () => {
  hasViewers = false;
  const likes = makeLikes();
  likes.setRate(40);
  await publishForASecond(likes, 40);
  expect({ posted, fromViewers }).toEqual({ posted: 40, fromViewers: 0 });
});

test("a pause is not made up for, and a rate of 0 sends nothing", () => {
  const likes = makeLikes();
  likes.setRate(80);
  now += 60_000;
  likes.publish();
  expect(fromViewers).toBe(20);
  likes.setRate(0);
  now += 60_000;
  likes.publish();
  expect(fromViewers).toBe(20);
});
