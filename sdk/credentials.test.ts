import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Credentials, expiryOf } from "./credentials.ts";

function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.`;
}

describe("when a token expires", () => {
  test("is told by a JWT, in seconds, also where its text needs base64url", () => {
    expect(expiryOf(jwt({ sub: "ÿ>?~~~", exp: 1_700_000_000 }))).toBe(1_700_000_000_000);
  });

  test.each(["opaque", "", "a.b.c", jwt({}), jwt({ exp: "soon" })])(
    "is not told by %j",
    (token) => {
      expect(expiryOf(token)).toBeUndefined();
    },
  );
});

describe("a token", () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  async function dueAfterMs(expiresInMs: number, refreshBeforeMs = 60_000): Promise<number> {
    let at = Number.NaN;
    const onDue = () => {
      at = Date.now();
    };
    const credentials = new Credentials(() => "", refreshBeforeMs, onDue);
    credentials.watch(jwt({ exp: expiresInMs / 1_000 }));
    await vi.runAllTimersAsync();
    return at;
  }

  test("is refreshed some time before it expires", async () => {
    expect(await dueAfterMs(600_000)).toBe(540_000);
  });

  test("that lives shortly is refreshed at half of its life", async () => {
    expect(await dueAfterMs(60_000)).toBe(30_000);
  });

  test("that is past is refreshed, but not without a pause", async () => {
    expect(await dueAfterMs(-60_000)).toBe(1_000);
  });

  test("that lives longer than a timer can is refreshed early", async () => {
    expect(await dueAfterMs(1e12)).toBe(2 ** 31 - 1);
  });

  test("that doesn't come in time is unavailable", async () => {
    const credentials = new Credentials(
      () => new Promise<string>(() => undefined),
      0,
      () => undefined,
    );
    const fetched = expect(credentials.fetch(1_000)).rejects.toMatchObject({
      code: "token_unavailable",
    });
    await vi.advanceTimersByTimeAsync(1_000);
    await fetched;
  });
});
