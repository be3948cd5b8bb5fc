import { afterEach, describe, expect, test, vi } from "vitest";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { EventInput } from "../../shared/protocol/events.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import { Batcher } from "./batcher.ts";
import type { Accepted } from "./dispatcher-client.ts";
import { PendingLimit } from "./pending-limit.ts";

interface Request {
  readonly video: string;
  readonly ids: readonly (string | undefined)[];
  readonly traces: readonly TraceContext[];
  readonly answer: (accepted: number, error?: unknown) => void;
}

/** Batches whose requests are answered by hand. */
function manualBatches() {
  const requests: Request[] = [];
  const waiting = new PendingLimit();
  const batches = new Batcher(
    {
      publish: (video, events, traces) =>
        new Promise((resolve) => {
          const ids = events.map(({ input }) => input.id);
          const answer = (count: number, error?: unknown) => {
            const accepted: Accepted[] = ids.slice(0, count).map((id) => ({
              id: id ?? "",
              seq: undefined,
            }));
            resolve(error === undefined ? { accepted } : { accepted, error });
          };
          requests.push({ video, ids, traces, answer });
        }),
    },
    waiting,
    () => performance.now(),
  );
  return { batches, requests, waiting };
}

const like = (id: string): EventInput => ({ kind: "like", id });
const settled = (promises: readonly Promise<Accepted>[]) => Promise.allSettled(promises);

afterEach(() => {
  vi.useRealTimers();
});

describe("published likes", () => {
  test("are sent at once when alone", () => {
    const { batches, requests, waiting } = manualBatches();
    void batches.publish("launch", like("a"));
    expect(requests.map(({ ids }) => ids)).toEqual([["a"]]);
    expect(waiting.count).toBe(0);
  });

  test("that follow are sent together when the first is answered, each with its own answer", async () => {
    const { batches, requests, waiting } = manualBatches();
    const all = ["a", "b", "c"].map((id) => batches.publish("launch", like(id)));
    expect(waiting.count).toBe(2);
    requests[0]?.answer(1);
    expect(await all[0]).toEqual({ id: "a", seq: undefined });
    expect(requests.map(({ ids }) => ids)).toEqual([["a"], ["b", "c"]]);
    requests[1]?.answer(2);
    expect((await Promise.all(all)).map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(waiting.count).toBe(0);
  });

  test("in one batch belong to the traces of all that have one", () => {
    const trace = (digit: string): TraceContext => ({
      traceId: digit.repeat(32),
      spanId: digit.repeat(16),
      isSampled: true,
      state: "",
    });
    const { batches, requests } = manualBatches();
    const [first, ...more] = [undefined, trace("1"), undefined, trace("2")];
    void batches.publish("launch", like("a"), first);
    for (const one of more) void batches.publish("launch", like("b"), one);
    requests[0]?.answer(1);
    return vi.waitFor(() => {
      expect(requests.map(({ traces }) => traces)).toEqual([[], [trace("1"), trace("2")]]);
    });
  });

  test("do not wait for a dead dispatcher", async () => {
    const { batches, requests } = manualBatches();
    const all = ["a", "b", "c"].map((id) => batches.publish("launch", like(id)));
    while (requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(requests[1]?.ids).toEqual(["b", "c"]);
    requests[1]?.answer(2);
    expect((await Promise.all(all.slice(1))).map(({ id }) => id)).toEqual(["b", "c"]);
    requests[0]?.answer(1);
    expect(await all[0]).toEqual({ id: "a", seq: undefined });
  });

  test("on another video, or of another kind, don't wait for each other", () => {
    const { batches, requests } = manualBatches();
    void batches.publish("launch", like("a"));
    void batches.publish("encore", like("b"));
    void batches.publish("launch", { kind: "wave", id: "c" });
    expect(requests.map(({ video, ids }) => [video, ids])).toEqual([
      ["launch", ["a"]],
      ["encore", ["b"]],
      ["launch", ["c"]],
    ]);
  });

  test("get the error when the request failed, except those accepted before it", async () => {
    const { batches, requests } = manualBatches();
    const all = ["a", "b", "c"].map((id) => batches.publish("launch", like(id)));
    requests[0]?.answer(1);
    await all[0];
    const error = new OvationError("timeout");
    requests[1]?.answer(1, error);
    const [, second, third] = await settled(all);
    expect(second?.status).toBe("fulfilled");
    expect(third).toEqual({ status: "rejected", reason: error });
    // The next one is sent as usual.
    void batches.publish("launch", like("d"));
    expect(requests.at(-1)?.ids).toEqual(["d"]);
  });

  test("that a dispatcher refuses are taken apart: only the refused one fails", async () => {
    const { batches, requests } = manualBatches();
    const ids = Array.from({ length: 21 }, (_, n) => `l${n}`);
    const all = settled(ids.map((id) => batches.publish("launch", like(id))));
    for (let next = 0; next < requests.length; next += 1) {
      const request = requests[next];
      if (request?.ids.includes("l7")) request.answer(0, new OvationError("data_invalid"));
      else request?.answer(request.ids.length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const failed = (await all).flatMap(({ status }, n) => (status === "rejected" ? [ids[n]] : []));
    expect(failed).toEqual(["l7"]);
    expect(requests.length).toBeLessThan(12);
  });

  test("of a kind that no dispatcher takes are not taken apart", async () => {
    const { batches, requests } = manualBatches();
    const all = settled(["a", "b", "c"].map((id) => batches.publish("launch", like(id))));
    requests[0]?.answer(1);
    await new Promise((resolve) => setImmediate(resolve));
    requests[1]?.answer(0, new OvationError("kind_unknown"));
    expect((await all).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(requests).toHaveLength(2);
  });

  test("are sent a thousand at a time, and are refused when too many wait", async () => {
    vi.useFakeTimers(); // However long it takes to create so many, none of them has waited long.
    const { batches, requests, waiting } = manualBatches();
    const all = Array.from({ length: 100_001 }, (_, n) =>
      batches.publish("launch", like(String(n))),
    );
    for (const one of all) one.catch(() => undefined);
    expect(waiting.count).toBe(100_000);
    await expect(batches.publish("launch", like("more"))).rejects.toThrow("100000 events wait");
    requests[0]?.answer(1);
    await all[0];
    expect(requests[1]?.ids).toHaveLength(1_000);
    expect(waiting.count).toBe(99_000);
  });
});
