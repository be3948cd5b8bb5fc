/** Invalid arguments of the public API throw at the call, and the error names them. */
import { describe, expect, test } from "vitest";
import { Ovation, type OvationOptions, type Video } from "./index.ts";

const URL_TEXT = "https://live.example.com";

function make(options: unknown): Ovation {
  return new Ovation(options as OvationOptions);
}

describe("url", () => {
  test.each([
    undefined,
    null,
    "",
    "localhost:8080",
    "live.example.com",
    "ftp://live.example.com",
    "file:///index.html",
    "https://",
    "https:///path",
    "https://live example.com",
    "javascript:alert(1)",
    5,
    {},
    [],
    [""],
    [URL_TEXT, undefined],
    [URL_TEXT, "localhost:8080"],
  ])("%j is refused, and the error says what is expected", (url) => {
    const expected = /^url: an address like https:\/\/\S+ is expected, not ./;
    expect(() => make({ url })).toThrow(TypeError);
    expect(() => make({ url })).toThrow(expected);
  });

  test.each([
    URL_TEXT,
    "http://127.0.0.1:8080/live/",
    "ws://[::1]:8080",
    "WSS://live.example.com",
    new URL(URL_TEXT),
    [URL_TEXT, new URL("https://other.example.com")],
  ])("%s is accepted", (url) => {
    expect(make({ url }).state).toEqual({ name: "idle" });
  });
});

const NUMBERS = ["waitMs", "queueLimit", "refreshBeforeMs", "connectTimeoutMs", "heartbeatMs"];
const FUNCTIONS = ["fetch", "WebSocket", "random"];

describe("options", () => {
  test.each(
    NUMBERS.flatMap((name) =>
      [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY].map((value) => [name, value] as const),
    ),
  )("%s: %d is out of range", (name, value) => {
    const act = () => make({ url: URL_TEXT, [name]: value });
    expect(act).toThrow(RangeError);
    expect(act).toThrow(`${name}: a whole number from 0 to 2147483647 is expected, not ${value}`);
  });

  test.each([
    ...NUMBERS.map((name) => [name, "5"] as const),
    ...FUNCTIONS.map((name) => [name, {}] as const),
    ["whileAway", "later"],
    ["transport", "carrier pigeon"],
    ["token", 5],
    ["token", null],
    ["waitMs", null],
  ] as const)("%s: %j is of the wrong type", (name, value) => {
    const act = () => make({ url: URL_TEXT, [name]: value });
    expect(act).toThrow(TypeError);
    expect(act).toThrow(new RegExp(`^${name}: .+ is expected, not `));
  });

  test.each(["ur", "tokens", "toString", "__proto__x"])("%s is unknown", (name) => {
    expect(() => make({ url: URL_TEXT, [name]: 1 })).toThrow(
      new TypeError(`unknown option ${name}`),
    );
  });

  test.each([undefined, null, 5, URL_TEXT])("can't be %j", (options) => {
    expect(() => make(options)).toThrow(TypeError);
  });

  test("that are undefined get their defaults", () => {
    const names = [...NUMBERS, ...FUNCTIONS, "whileAway", "transport", "token"];
    const options = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(make({ url: URL_TEXT, ...options }).state.name).toBe("idle");
  });
});

describe("a video", () => {
  const ovation = make({ url: URL_TEXT });
  const video = (id: unknown, options?: unknown) => ovation.video(id as string, options as object);

  test.each([undefined, null, 5, {}, ["launch"], Symbol("launch")])(
    "can't have the id %s",
    (id) => {
      expect(() => video(id)).toThrow(TypeError);
      expect(() => video(id)).toThrow(/^id: a string is expected, not /);
    },
  );

  test.each(["", "a b", "a.b", "ü", "v".repeat(129)])(
    "with the id %j is refused with a code",
    (id) => {
      expect(() => video(id)).toThrow(expect.objectContaining({ code: "video_invalid" }));
    },
  );

  test.each([1_001, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "can't have a history of %d",
    (history) => {
      expect(() => video("launch", { history })).toThrow(RangeError);
      expect(() => video("launch", { history })).toThrow(
        `history: a whole number from 0 to 1000 is expected, not ${history}`,
      );
    },
  );

  test.each([{ history: "50" }, { history: null }, { histroy: 50 }, null, 50])(
    "can't have the options %j",
    (options) => {
      expect(() => video("launch", options)).toThrow(TypeError);
    },
  );

  test.each([0, 1_000, undefined])("may have a history of %s", (history) => {
    expect(video("launch", { history }).history).toBe(history ?? 0);
  });
});

describe("a call", () => {
  const ovation = make({ url: URL_TEXT });
  const video = ovation.video("launch") as unknown as Record<
    keyof Video,
    (...given: readonly unknown[]) => unknown
  >;

  test.each([
    ["on", ["comment"]],
    ["on", ["comment", {}]],
    ["on", [undefined, () => undefined]],
    ["onFrame", [5]],
    ["onMissed", [null]],
  ] as const)("video.%s(%j) throws", (name, given) => {
    expect(() => video[name](...given)).toThrow(TypeError);
  });

  test.each(["onState", "onError"] as const)("ovation.%s accepts only a function", (name) => {
    expect(() => ovation[name]("listener" as never)).toThrow(
      new TypeError("listener: a function is expected, not listener"),
    );
  });

  test.each([
    [[undefined], TypeError],
    [[5], TypeError],
    [["like", undefined, { waitMs: -1 }], RangeError],
    [["like", undefined, { waitMs: Number.NaN }], RangeError],
    [["like", undefined, { whileAway: "now" }], TypeError],
    [["like", undefined, { whenLimited: 5 }], TypeError],
    [["like", undefined, { wait: 5 }], TypeError],
    [["like", undefined, null], TypeError],
  ] as const)("publish(...%j) rejects", async (given, Kind) => {
    await expect(video.publish(...given)).rejects.toThrow(Kind);
    expect(ovation.state.name).toBe("idle");
  });

  test.each([
    [{ limit: 0 }, RangeError],
    [{ limit: 1_001 }, RangeError],
    [{ limit: 1.5 }, RangeError],
    [{ limit: "5" }, TypeError],
    [{ before: 0 }, RangeError],
    [{ before: Number.NaN }, RangeError],
    [{ page: 5 }, TypeError],
    [{ from: new Date(Number.NaN) }, RangeError],
    [{ to: "today" }, TypeError],
    [null, TypeError],
  ] as const)("readHistory(%j) rejects", async (query, Kind) => {
    await expect(video.readHistory(query)).rejects.toThrow(Kind);
  });
});
