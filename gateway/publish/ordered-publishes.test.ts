import { describe, expect, test } from "vitest";
import type { EncodedEvent } from "../../shared/protocol/bus-request.ts";
import { type ErrorCode, OvationError } from "../../shared/protocol/errors.ts";
import type { Accepted } from "./dispatcher-client.ts";
import { OrderedPublishes } from "./ordered-publishes.ts";
import { PendingLimit } from "./pending-limit.ts";

interface Request {
  readonly video: string;
  readonly ids: readonly string[];
  /** Accepts the first `count` events, and refuses the others with the code. */
  readonly answer: (count: number, code?: ErrorCode) => void;
}

/** Publishes of one connection, whose requests are answered by hand. */
function manualPublishes(limit = Number.POSITIVE_INFINITY) {
  const requests: Request[] = [];
  const waiting = new PendingLimit(limit);
  const request = (video: string, events: readonly EncodedEvent[]) =>
    new Promise<{ accepted: Accepted[]; error?: unknown }>((resolve) => {
      const ids = events.map(({ input }) => input.id ?? "");
      const answer = (count: number, code?: ErrorCode) => {
        const accepted = ids.slice(0, count).map((id) => ({ id, seq: undefined }));
        resolve(code === undefined ? { accepted } : { accepted, error: new OvationError(code) });
      };
      requests.push({ video, ids, answer });
    });
  const publishes = new OrderedPublishes({ publish: request }, waiting, () => performance.now());
  const codes: Record<string, string> = {};
  const publish = (video: string, id: string, isDurable = true) => {
    publishes.publish(video, { kind: "comment", id }, isDurable).then(
      () => {
        codes[id] = "accepted";
      },
      (error: OvationError) => {
        codes[id] = error.code;
      },
    );
  };
  const sent = () => requests.map(({ ids }) => ids.join());
  /** Answers the newest request, and waits until that has taken effect. */
  const answer = async (count: number, code?: ErrorCode) => {
    requests.at(-1)?.answer(count, code);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { requests, publish, codes, sent, answer, waiting: () => waiting.count };
}

describe("events that one connection publishes on one video", () => {
  test("wait while one is under way, and are then sent together in order", async () => {
    const { publish, codes, sent, answer, waiting } = manualPublishes();
    for (const id of ["a", "b", "c"]) publish("launch", id);
    expect(sent()).toEqual(["a"]);
    await answer(1);
    publish("launch", "d");
    expect(sent()).toEqual(["a", "b,c"]);
    await answer(2);
    await answer(1);
    expect(sent()).toEqual(["a", "b,c", "d"]);
    expect(codes).toEqual({ a: "accepted", b: "accepted", c: "accepted", d: "accepted" });
    expect(waiting()).toBe(0);
    publish("launch", "e");
    expect(sent().at(-1)).toBe("e");
  });

  test("don't wait for those on another video, nor latest ones for durable ones", () => {
    const { publish, sent } = manualPublishes();
    publish("launch", "a");
    publish("keynote", "b");
    publish("launch", "c", false);
    publish("launch", "d", false);
    expect(sent()).toEqual(["a", "b", "c"]);
  });

  test.each(["timeout", "history_unavailable", "unavailable", "overloaded"] as const)(
    "are not sent behind one that failed with %s",
    async (code) => {
      const { publish, codes, sent, answer, waiting } = manualPublishes();
      for (const id of ["a", "b", "c"]) publish("launch", id);
      await answer(0, code);
      expect(codes).toEqual({ a: code, b: "predecessor_failed", c: "predecessor_failed" });
      expect([sent(), waiting()]).toEqual([["a"], 0]);
      publish("launch", "d");
      expect(sent().at(-1)).toBe("d");
    },
  );

  test("in a list that failed in part each get their own outcome", async () => {
    const { publish, codes, answer } = manualPublishes();
    for (const id of ["a", "b", "c"]) publish("launch", id);
    await answer(1);
    publish("launch", "d");
    await answer(1, "timeout");
    expect(codes).toEqual({
      a: "accepted",
      b: "accepted",
      c: "timeout",
      d: "predecessor_failed",
    });
  });

  test("are still sent behind one that can never be accepted, which fails alone", async () => {
    const { publish, codes, sent, answer } = manualPublishes();
    for (const id of ["a", "b", "c", "d"]) publish("launch", id);
    await answer(0, "kind_unknown");
    expect(sent()).toEqual(["a", "b,c,d"]);
    await answer(0, "data_too_large");
    await answer(1);
    await answer(0, "data_too_large");
    await answer(0, "timeout");
    expect(sent()).toEqual(["a", "b,c,d", "b", "c", "d"]);
    expect(codes).toEqual({
      a: "kind_unknown",
      b: "accepted",
      c: "data_too_large",
      d: "timeout",
    });
  });

  test("are refused beyond the limit of waiting events", async () => {
    const { publish, codes, answer } = manualPublishes(1);
    for (const id of ["a", "b", "c"]) publish("launch", id);
    await answer(1);
    await answer(1);
    expect(codes).toEqual({ a: "accepted", b: "accepted", c: "unavailable" });
  });
});
