/** A stop of everything at once, in which NATS may go first: no role considers that fatal. */
import { expect, test } from "vitest";
import { startTestNats } from "../support/nats.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { TestSocket } from "../support/viewer.ts";

const FATAL = '"level":"fatal"';

test.each([
  ["before the roles are stopped", "before"],
  ["at the same time", "with"],
  ["while they drain", "during"],
])(
  "when NATS goes %s, gateways and dispatchers end with code 0 and nothing fatal",
  async (_what, when) => {
    const nats = await startTestNats();
    const flags = ["--drain-ms", "3000"];
    const roles: RoleProcess[] = [];
    try {
      for (const role of ["dispatcher", "gateway"] as const) {
        roles.push(await spawnRole(role, nats.url, flags));
      }
      const viewer = await TestSocket.connect(roles[1]?.port ?? 0);
      await viewer.ask("subscribe", { video: "ok-a" });
      const stopNats = async () => await nats.kill9();
      if (when === "before") await stopNats();
      const ends = roles.map(async (role) => await role.stop());
      if (when === "with") await stopNats();
      if (when === "during") {
        await viewer.untilClosed();
        await stopNats();
      }
      expect(await Promise.all(ends)).toEqual([0, 0]);
      const lines = roles.flatMap(({ output }) => output);
      expect(lines.filter((line) => line.includes(FATAL))).toEqual([]);
    } finally {
      for (const role of roles) await role.kill9();
      await nats.stop();
    }
  },
);
