/** Who may read metrics learns no video's id from them: ids may be secret links. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { postBytes } from "../support/raw.ts";
import { watch } from "../support/viewer.ts";
import { startTarget, type Target } from "./support/target.ts";

const VIDEO = "unlisted-7f3a";

let target: Target;
beforeAll(async () => {
  target = await startTarget("open");
});
afterAll(async () => await target?.stop());

test("metrics and health don't name the videos that are watched and published on", async () => {
  const { gateway, dispatcher, port } = target;
  const viewer = await watch("json", port, VIDEO);
  for (const event of [{ kind: "like" }, { kind: "comment", data: { text: "hello" } }]) {
    const published = await postBytes(port, VIDEO, JSON.stringify(event));
    expect(published.status).toBe(200);
  }
  await viewer.until(() => viewer.of(VIDEO, "comment").length > 0);
  for (const { opsPort } of [gateway, dispatcher]) {
    for (const path of ["metrics", "readyz", "healthz"]) {
      const response = await fetch(`http://127.0.0.1:${opsPort}/${path}`);
      expect(await response.text()).not.toContain(VIDEO);
    }
  }
  await viewer.close();
});
