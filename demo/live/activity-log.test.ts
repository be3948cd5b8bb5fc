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

test("a gateway's death and return are told once each, in their order", () => {
  const chronicle = new ActivityLog();
  chronicle.note([process("running")], []);
  chronicle.note([process("running")], [row(2)]);
  chronicle.note([process("running")], [row(3)]);
  for (let look = 0; look < 2; look += 1) chronicle.note([process("down")], [row(3)]);
  for (let look = 0; look < 2; look += 1) chronicle.note([process("down")], [row(3, true)]);
  chronicle.note([process("down")], []);
  chronicle.note([process("starting")], []);
  chronicle.note([process("running")], []);
  expect(texts(chronicle)).toEqual([
    "plain: The table has a row of gateway-1: it has viewers",
    "bad: gateway-1 is down",
    "bad: The lease of gateway-1 has ended: its 3 viewers no longer count",
    "plain: A dispatcher swept the row of gateway-1",
    "good: gateway-1 is up again",
  ]);
});

test("a row that its gateway takes back is not swept", () => {
  const chronicle = new ActivityLog();
  chronicle.note([], [{ ...row(1), process: "" }]);
  chronicle.note([], []);
  expect(texts(chronicle).at(-1)).toBe("plain: The table has no row any more of gateway abcdef");
});

test("only the newest are kept, each with an id of its own", () => {
  const chronicle = new ActivityLog();
  for (let time = 0; time < 100; time += 1) {
    chronicle.note([process(time % 2 === 0 ? "running" : "down")], []);
  }
  expect(chronicle.newest).toHaveLength(30);
  expect(new Set(chronicle.newest.map(({ id }) => id)).size).toBe(30);
});
