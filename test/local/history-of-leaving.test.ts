/** What a page of the history has while viewers come and go. */
import { expect, test } from "vitest";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, watch } from "../support/viewer.ts";

const COMMENTS = 10;
const stack = useTestStack({ gateway: { lingerMs: 0 } });

test("a page that is read while the video's last viewer leaves has all comments", async () => {
  const { port } = stack().gateway;
  for (let round = 0; round < 30; round += 1) {
    const video = `leaving-${round}`;
    const comments = Array.from({ length: COMMENTS }, () => ({ kind: "comment" }));
    await post(port, video, comments);
    const viewer = await watch("json", port, video);
    const page = fetch(`http://127.0.0.1:${port}/v1/videos/${video}/history?limit=50`);
    await viewer.close();
    const { events } = (await (await page).json()) as { events: readonly unknown[] };
    expect(events).toHaveLength(COMMENTS);
  }
});
