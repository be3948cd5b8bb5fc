/** What happened on a video over time: read over HTTP, stored by whichever dispatcher took it. */
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, watch } from "../support/viewer.ts";

const stack = useTestStack({ gateways: 1, dispatchers: 2 });

interface Timeline {
  readonly points: readonly {
    readonly at: number;
    readonly counts: Readonly<Record<string, number>>;
    readonly viewers: number | null;
  }[];
}

async function get(video: string, query: string) {
  const url = `http://127.0.0.1:${stack().gateway.port}/v1/videos/${video}/timeline${query}`;
  const answer = await fetch(url);
  return { status: answer.status, body: await answer.json() };
}

test("likes, comments and viewers are told by ten seconds, once their dispatchers have stored them", async () => {
  const since = Date.now();
  const viewer = await watch("json", stack().gateway.port, "heat");
  await stack().mirrored("heat", 1);
  await viewer.until(() => viewer.of("heat", "viewers").length > 0);
  for (let count = 0; count < 40; count += 1) {
    const kind = count % 4 === 0 ? "comment" : "like";
    expect(await post(stack().gateway.port, "heat", { kind })).toMatchObject({ status: 200 });
  }
  const last = await stack().addDispatcher();
  const [first, second] = stack().dispatchers;
  // One that stops stores what it has at once, and both had some.
  await Promise.all([first?.drain(), second?.drain()]);
  const query = `?from=${since}&to=${Date.now() + 1}&step=10000`;
  await eventually(async () => {
    const { points } = (await get("heat", query)).body as Timeline;
    const sum = (kind: string) => points.reduce((all, { counts }) => all + (counts[kind] ?? 0), 0);
    return sum("like") === 30 && sum("comment") === 10;
  });
  const { points } = (await get("heat", query)).body as Timeline;
  expect(points.every(({ at }) => at % 10_000 === 0)).toBe(true);
  expect(points.at(-1)?.viewers).toBe(1);
  await viewer.close();
  await last.drain();
});

test.each([
  ["?step=5000", "step"],
  ["?step=15000", "step"],
  ["?from=-1", "from"],
  ["?from=0&to=86420000", "from"],
  ["?from=0&to=86400000&step=10000", "step"],
  ["?to=x", "to"],
])("the query %s is refused, and the error names the field", async (query, field) => {
  const { status, body } = await get("heat", query);
  expect([status, body]).toMatchObject([400, { error: { code: "field_invalid", field } }]);
});
