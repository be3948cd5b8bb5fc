import { describe, expect, test } from "vitest";
import { addressKey } from "../limits/client-key.ts";
import { Grant, openGrant } from "./grant.ts";

describe("how long a grant is valid", () => {
  test.each([
    [undefined, {}],
    [61_000, { expiresInMs: 60_000 }],
    // Within the leeway for the clocks of token issuers.
    [-4_000, { expiresInMs: 0 }],
    [Number.POSITIVE_INFINITY, { expiresInMs: Number.MAX_SAFE_INTEGER }],
  ])(
    "is sent as the time left, in whole milliseconds that any client can read (%s)",
    (at, sent) => {
      const grant = new Grant({ videos: [], publish: [], scopes: [], expiresAtMs: at });
      expect(grant.lifeLeft(1_000)).toEqual(sent);
    },
  );
});

test("whoever names himself at an open gateway keeps the limits of his address", () => {
  const address = addressKey("192.0.2.1");
  const grant = openGrant("anna");
  expect(grant.actor).toBe("anna");
  expect([grant.clientAt(address), grant.limitedAt(address)]).toEqual([address, address]);
});
