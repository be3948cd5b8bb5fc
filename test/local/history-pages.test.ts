/** What a page of the history has while viewers come and go, and while there is no room for histories. */
import { expect, test } from "vitest";
import { metric } from "../support/stack.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, watch } from "../support/viewer.ts";

const COMMENTS = 10;
const stack = useTestStack({ gateway: { lingerMs: 0 } });
const crowded = useTestStack({ gateway: { historyCacheBytes: 1 } });

async function publishComments(port: number, video: string): Promise<void> {
  const comments = Array.from({ length: COMMENTS }, () => ({ kind: "comment" }));
  expect(await post(port, video, comments)).toMatchObject({ status: 200 });
}

async function read(port: number, video: string): Promise<readonly unknown[]> {
  const page = await fetch(`http://127.0.0.1:${port}/v1/videos/${video}/history?limit=50`);
  return ((await page.json()) as { readonly events: readonly unknown[] }).events;
}

test("a page that is read while the video's last viewer leaves has all comments", async () => {
  const { port } = stack().gateway;
  for (let round = 0; round < 30; round += 1) {
    const video = `leaving-${round}`;
    await publishComments(port, video);
    const viewer = await watch("json", port, video);
    const page = read(port, video);
    await viewer.close();
    expect(await page).toHaveLength(COMMENTS);
  }
});

test("pages of watched videos have all comments when the gateway has no room for their histories", async () => {
  const { port } = crowded().gateway;
  const videos = ["one", "two"];
  const viewers: Awaited<ReturnType<typeof watch>>[] = [];
  for (const video of videos) {
    await publishComments(port, video);
    viewers.push(await watch("json", port, video));
  }
  const reads = Array.from({ length: 40 }, (_, at) => read(port, videos[at % 2] ?? ""));
  for (const page of await Promise.all(reads)) expect(page).toHaveLength(COMMENTS);
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

test("viewers who come have all the comments that they ask for when the gateway has no room for histories", async () => {
  const { port } = crowded().gateway;
  const videos = ["three", "four"];
  for (const video of videos) await publishComments(port, video);
  const viewers = await Promise.all(
    Array.from({ length: 40 }, (_, at) =>
      watch("json", port, videos[at % 2] ?? "", { last: COMMENTS }),
    ),
  );
  // What is live comes after the past.
  for (const video of videos) await post(port, video, { kind: "comment", id: "live" });
  const received = await Promise.all(
    viewers.map(async (viewer, at) => {
      const comments = () => viewer.of(videos[at % 2] ?? "", "comment");
      await viewer.until(() => comments().some(({ id }) => id === "live"));
      return comments().length;
    }),
  );
  expect(received).toEqual(viewers.map(() => COMMENTS + 1));
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

test("many who read the history of a video that nobody watches share few reads of it", async () => {
  const { gateway } = stack();
  const comments = Array.from({ length: 250 }, () => ({ kind: "comment" }));
  for (let batch = 0; batch < 4; batch += 1) await post(gateway.port, "recording", comments);
  const reads = () => metric(gateway, "ovation_gateway_history_reads_total");
  const before = await reads();
  const pages = Array.from({ length: 40 }, () => read(gateway.port, "recording"));
  for (const page of await Promise.all(pages)) expect(page).toHaveLength(50);
  expect((await reads()) - before).toBeLessThan(20);
});
