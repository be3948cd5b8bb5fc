/** Likes at a rate, given to a real HTTP server. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Likes } from "./likes.ts";

let server: Server;
let url = "";
let posted = 0;
let fromGuests = 0;
let now = 0;
let hasGuests = true;

beforeEach(async () => {
  posted = fromGuests = now = 0;
  hasGuests = true;
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
  const likeFromGuest = () => {
    if (hasGuests) fromGuests += 1;
    return hasGuests;
  };
  return new Likes({ url, video: "launch", now: () => now, likeFromGuest });
}

/** Gives for a second, four times, and no faster than they are taken. */
async function giveForASecond(likes: Likes, expected: number): Promise<void> {
  const before = posted + fromGuests;
  for (let quarter = 1; quarter <= 4; quarter += 1) {
    now += 250;
    likes.give();
    await expect
      .poll(() => posted + fromGuests - before, { interval: 5 })
      .toBeGreaterThanOrEqual(Math.floor((expected * quarter) / 4) - 1);
  }
}

test("a few come from guests, many over HTTP, and their number is right", async () => {
  const likes = makeLikes();
  likes.setRate(40);
  await giveForASecond(likes, 40);
  expect({ posted, fromGuests }).toEqual({ posted: 0, fromGuests: 40 });
  likes.setRate(3_000);
  await giveForASecond(likes, 3_000);
  expect({ posted, fromGuests }).toEqual({ posted: 2_900, fromGuests: 140 });
});

test("those that no guest can give are given all the same", async () => {
  hasGuests = false;
  const likes = makeLikes();
  likes.setRate(40);
  await giveForASecond(likes, 40);
  expect({ posted, fromGuests }).toEqual({ posted: 40, fromGuests: 0 });
});

test("a pause is not made up for, and none is none", () => {
  const likes = makeLikes();
  likes.setRate(80);
  now += 60_000;
  likes.give();
  expect(fromGuests).toBe(20);
  likes.setRate(0);
  now += 60_000;
  likes.give();
  expect(fromGuests).toBe(20);
});
