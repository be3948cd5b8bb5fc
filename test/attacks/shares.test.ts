/** One client takes as much as it can get of what all share, beside a well-behaved viewer. */
import { afterAll, beforeAll, describe, test } from "vitest";
import { floodHttp, HANDSHAKE, httpRequest, keepOpen } from "./support/flood.ts";
import { expectUnharmed } from "./support/measure.ts";
import { ACCESSES, startTarget, type Target } from "./support/target.ts";

/** More than one address may have. */
const CONNECTIONS = 1_500;
const REQUESTS_AT_ONCE = 64;

describe.each(ACCESSES)("others are served as before, and memory stays (%s)", (access) => {
  let target: Target;
  let authorization: Readonly<Record<string, string>>;
  beforeAll(async () => {
    target = await startTarget(access);
    const token = await target.token({ sub: "mallory", scope: "moderate" });
    authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  });
  afterAll(async () => await target?.stop());

  const perRequest: Readonly<Record<string, () => Uint8Array>> = {
    tickets: () => httpRequest("POST", "/v1/tickets", authorization),
    "deletes of ids that nobody used": () => {
      const path = `/v1/videos/past/events/${crypto.randomUUID()}`;
      return httpRequest("DELETE", path, authorization);
    },
  };
  test.each(Object.entries(perRequest))("%s", async (what, next) => {
    await expectUnharmed(what, target, async (signal) => {
      await floodHttp(target.port, REQUESTS_AT_ONCE, next, signal);
    });
  });

  const perConnection: Readonly<Record<string, string>> = {
    "connections that send nothing": "",
    "half of a request": "GET /v1/ping HTTP/1.1\r\nHost:",
    "WebSockets that never connect": HANDSHAKE,
  };
  test.each(Object.entries(perConnection))("%s", async (what, bytes) => {
    await expectUnharmed(what, target, async (signal) => {
      await keepOpen(target.port, CONNECTIONS, bytes, signal);
    });
  });
});
