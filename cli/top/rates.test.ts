import { expect, test } from "vitest";
import { ratesOf } from "./rates.ts";

const CLASSES = { like: "transient", react: "transient", comment: "durable", vote: "vote" };

test("rates are of the time between two samples, by the class of the kinds", () => {
  const before = {
    at: 1_000,
    live: [],
    videos: [{ video: "a", viewers: 1, totals: { like: 10, comment: 5 } }],
  };
  const totals = { like: 30, react: 4, "react:🔥": 4, comment: 6, viewers: 9 };
  const live = [{ video: "a", viewers: 2, gateways: 2 }];
  const now = { at: 3_000, live, videos: [{ video: "a", viewers: 2, totals }] };
  expect(ratesOf(before, now, CLASSES)).toEqual([
    {
      video: "a",
      viewers: 2,
      gateways: 2,
      likesPerSecond: 12,
      commentsPerMinute: 30,
      likes: 34,
      comments: 6,
    },
  ]);
});

test("a rate is null for a video that is new, or whose totals can't be read; it is never negative", () => {
  const before = { at: 0, live: [], videos: [{ video: "a", viewers: 1, totals: { comment: 5 } }] };
  const videos = [
    { video: "a", viewers: 1, totals: { comment: 4 } },
    { video: "b", viewers: 1, totals: { like: 1 } },
    { video: "c", viewers: 1 },
  ];
  const rates = ratesOf(before, { at: 1_000, live: [], videos }, CLASSES);
  expect(rates.map(({ commentsPerMinute }) => commentsPerMinute)).toEqual([0, null, null]);
  expect(rates.map(({ likes }) => likes)).toEqual([0, 1, null]);
});
