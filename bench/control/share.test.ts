import { expect, test } from "vitest";
import { share, shareOut } from "./share.ts";

test("shares are whole and add up", () => {
  expect(share(10, [1, 1, 1])).toEqual([3, 4, 3]);
  expect(share(10_000, [300, 4_850, 4_850])).toEqual([300, 4_850, 4_850]);
  expect(share(0, [1, 2])).toEqual([0, 0]);
  expect(share(5, [])).toEqual([]);
});

test("every part gets exactly as many viewers as it has room for", () => {
  const audiences = Array.from({ length: 1_000 }, (_, index) => ({
    video: `v${index}`,
    viewers: Math.ceil(2_000 / (index + 1)),
  }));
  const total = audiences.reduce((all, { viewers }) => all + viewers, 0);
  const weights = share(total, [3, 48.5, 48.5]);
  const parts = shareOut(audiences, weights);
  const sizes = parts.map((part) => part.reduce((all, { viewers }) => all + viewers, 0));
  expect(sizes).toEqual(weights);
  for (const { video, viewers } of audiences) {
    const given = parts.flat().filter((part) => part.video === video);
    expect(given.reduce((all, part) => all + part.viewers, 0)).toBe(viewers);
  }
});
