import { expect, test } from "vitest";
import type { ProcessView, RowView } from "../contract.ts";
import { ActivityLog } from "./activity-log.ts";

function process(state: ProcessView["state"]): ProcessView {
  return { name: "gateway-1", role: "gateway", state };
}

function row(viewers: number, isDead = false): RowView {
  return { gatewayId: "abcdefgh", process: "gateway-1", viewers, isDead };
}

function texts({ newest }: ActivityLog): readonly string[] {
  return newest.map(({ tone, text }) => `${tone}: ${text}`);
}

test("a gateway's crash and restart are logged once each, in order", () => {
  const activity = new ActivityLog();
  activity.note([process("running")], []);
  activity.note([process("running")], [row(2)]);
  activity.note([process("running")], [row(3)]);
  for (let time = 0; time < 2; time += 1) activity.note([process("down")], [row(3)]);
  for (let time = 0; time < 2; time += 1) activity.note([process("down")], [row(3, true)]);
  activity.note([process("down")], []);
  activity.note([process("starting")], []);
  activity.note([process("running")], []);
  expect(texts(activity)).toEqual([
    "plain: The table has a row of gateway-1: it has viewers",
    "bad: gateway-1 is down",
    "bad: The lease of gateway-1 has expired: its 3 viewers no longer count",
    "plain: A dispatcher swept the row of gateway-1",
    "good: gateway-1 is up again",
  ]);
});

test("a row that its gateway removes is not reported as swept", () => {
  const activity = new ActivityLog();
  activity.note([], [{ ...row(1), process: "" }]);
  activity.note([], []);
  expect(texts(activity).at(-1)).toBe("plain: The table no longer has a row of gateway abcdef");
});

test("only the newest entries are kept, each with its own id", () => {
  const activity = new ActivityLog();
  for (let time = 0; time < 100; time += 1) {
    activity.note([process(time % 2 === 0 ? "running" : "down")], []);
  }
  expect(activity.newest).toHaveLength(30);
  expect(new Set(activity.newest.map(({ id }) => id)).size).toBe(30);
});
