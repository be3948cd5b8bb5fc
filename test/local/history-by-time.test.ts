/** Pages of the history that begin at a time or after an event, of videos with and without viewers. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, watch } from "../support/viewer.ts";

const DAY_MS = 86_400_000;
const stack = useTestStack({
  gateway: { lingerMs: 0, historyEvents: 20 },
  dispatcher: { historyEvents: 20 },
});

const forever = useTestStack({
  gateway: { historyAgeMs: Number.POSITIVE_INFINITY },
  dispatcher: { historyAgeMs: Number.POSITIVE_INFINITY },
});

interface Page {
  readonly events: readonly { readonly id: string; readonly seq: number }[];
  readonly more: boolean;
  readonly recovered?: boolean;
  readonly oldest?: number;
}

async function get(video: string, query: Readonly<Record<string, number>>) {
  const text = new URLSearchParams(Object.entries(query).map(([name, n]) => [name, String(n)]));
  const url = `http://127.0.0.1:${stack().gateway.port}/v1/videos/${video}/history?${text}`;
  const answer = await fetch(url);
  return { status: answer.status, body: (await answer.json()) as Page };
}

const idsOf = ({ events }: Page) => events.map(({ id }) => id);

/** Each is stored in a later millisecond than the one before. */
async function publish(video: string, ids: readonly string[]): Promise<number[]> {
  const seqs: number[] = [];
  for (const id of ids) {
    const { body } = await post(stack().gateway.port, video, { kind: "comment", id });
    seqs.push(...(body["seqs"] as number[]));
    const now = Date.now();
    await eventually(() => Date.now() > now);
  }
  return seqs;
}

const timeOf = (seq = 0) => Math.floor(seq / 1_000);

describe.each(["watched", "unwatched"])("of a video that is %s", (video) => {
  let seqs: number[] = [];
  let leave: () => unknown = async () => undefined;
  beforeAll(async () => {
    if (video === "watched") {
      const viewer = await watch("json", stack().gateway.port, video);
      leave = () => viewer.close();
    }
    seqs = await publish(video, ["a", "b", "c", "d", "e"]);
    const url = `http://127.0.0.1:${stack().gateway.port}/v1/videos/${video}/events/c`;
    expect((await fetch(url, { method: "DELETE" })).status).toBe(200);
  });
  afterAll(() => leave());

  test("a time's events come oldest first, without deleted ones, page by page", async () => {
    const range = { from: timeOf(seqs[1]), to: timeOf(seqs[4]) };
    const { body } = await get(video, { ...range, limit: 1 });
    expect([idsOf(body), body.more, body.recovered]).toEqual([["b"], true, true]);
    const next = await get(video, { ...range, after: body.events[0]?.seq ?? 0, limit: 1 });
    expect([idsOf(next.body), next.body.more]).toEqual([["d"], false]);
  });

  test("what ends at a time is its newest events, and what begins after an event all later ones", async () => {
    const ending = await get(video, { to: timeOf(seqs[4]), limit: 2 });
    expect([idsOf(ending.body), ending.body.more]).toEqual([["b", "d"], true]);
    const after = await get(video, { after: seqs[0] ?? 0 });
    expect([idsOf(after.body), after.body.more]).toEqual([["b", "d", "e"], false]);
    expect((await get(video, { from: Date.now() + DAY_MS })).body).toMatchObject({ events: [] });
  });

  test("a time further back than events are kept is answered with what there is, and said", async () => {
    const { body } = await get(video, { from: Date.now() - 2 * DAY_MS });
    expect(idsOf(body)).toEqual(["a", "b", "d", "e"]);
    expect(body).toMatchObject({ recovered: false, oldest: seqs[0] });
  });
});

test("events that were removed because there were too many are said to be missing", async () => {
  const ids = Array.from({ length: 40 }, (_, index) => `e${index}`);
  const [first = 0] = await publish("full", ids);
  const { body } = await get("full", { from: timeOf(first), limit: 1_000 });
  expect(body.recovered).toBe(false);
  expect(body.oldest).toBe(body.events[0]?.seq);
  expect(idsOf(body).at(-1)).toBe("e39");
  expect(await get("full", { from: timeOf(body.oldest) })).toMatchObject({
    body: { recovered: true },
  });
});

test("a history that is kept forever reaches back to any time", async () => {
  const { port } = forever().gateway;
  expect(await post(port, "kept", { kind: "comment", id: "k1" })).toMatchObject({ status: 200 });
  const answer = await fetch(`http://127.0.0.1:${port}/v1/videos/kept/history?from=1`);
  expect(await answer.json()).toMatchObject({ events: [{ id: "k1" }], recovered: true });
});

test.each([
  [{ from: 2, to: 1 }, "from"],
  [{ from: -1 }, "from"],
  [{ to: 0.5 }, "to"],
  [{ after: -1 }, "after"],
])("the query %j is refused, and the error names the field", async (query, field) => {
  const { status, body } = await get("any", query);
  expect([status, body]).toMatchObject([400, { error: { code: "field_invalid", field } }]);
});
