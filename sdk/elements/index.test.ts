/** The elements where there is no browser. */
import { expect, test } from "vitest";

test("on a server, importing the elements defines nothing and fails at nothing", async () => {
  expect("customElements" in globalThis).toBe(false);
  const { OvationLive } = await import("./index.ts");
  expect(OvationLive.observedAttributes).toContain("video");
});
