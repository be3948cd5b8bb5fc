/** The guides of running a deployment: their commands, as printed. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseCommand } from "../../bench/options.ts";
import { readRecording } from "../../bench/recordings/recording.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { type RoleProcess, spawnStrict } from "../support/process.ts";
import { at, Guide, paste, prints, useGateways } from "./guide.ts";

const ROOT = join(import.meta.dirname, "../..");
const gateways = useGateways();

test.each(["behind-nginx", "behind-haproxy", "behind-caddy", "behind-aws"])(
  "%s: a gateway answers the command",
  async (name) => {
    const guide = new Guide(name);
    const answer = await paste(at(gateways().open, guide.block("sh", "curl")));
    expect(JSON.parse(answer)).toMatchObject({ protocol: "ovation.v1" });
    // The configuration of the proxy is generated, and run by `npm run test:proxies`.
    expect(guide.untaken.filter((block) => !block.includes(": text: "))).toEqual([]);
  },
);

describe("new-kind", () => {
  const guide = new Guide("new-kind");
  const file = join(ROOT, ".cache/guide-kinds.yaml");
  const here = (script: string) => script.replaceAll("kinds.yaml", file);
  afterAll(async () => await rm(file, { force: true }));

  test("is there for pages once it is applied", async () => {
    const { stack, open } = gateways();
    const env = { NATS_URL: natsUrlAs("publisher", stack.nats.url) };
    await paste(here(guide.block("sh", "> kinds.yaml")), env);
    expect(await readFile(file, "utf8")).toContain("like: transient");
    await writeFile(file, guide.block("yaml"));
    const exported = { OVATION_NATS_URL: env.NATS_URL };
    await paste(here(guide.block("sh", "apply")), exported);
    await prints(at(open, guide.block("ts")), [/Who designed this\?/, /1 times 🔥/]);
    expect(guide.untaken).toEqual([]);
  });
});

describe("rehearsal", () => {
  const guide = new Guide("rehearsal");
  const recording = join(ROOT, ".cache/semi-final.json");
  let gateway: RoleProcess | undefined;
  afterAll(async () => {
    await gateway?.kill9();
    await rm(recording, { force: true });
  });

  test("a gateway with the guide's flags takes the replay, and nothing is lost", async () => {
    const [command = ""] = /--open[\s\S]*/.exec(guide.block("sh", "--open")) ?? [];
    const flags = command.split(/[\s\\]+/).filter((word) => word !== "");
    gateway = await spawnStrict("gateway", gateways().stack.nats.url, flags);
    const staging = (script: string) =>
      script.replaceAll("ws://staging.example.com", `ws://127.0.0.1:${gateway?.port}`);
    const trial = await paste(staging(guide.block("sh", "--viewers 50")));
    expect(trial).toMatch(/lost +0\b/);
  });

  test("its other commands are understood", async () => {
    const commandOf = (script: string) =>
      parseCommand((/bench -- (.*)/.exec(script)?.[1] ?? "").split(" "));
    expect(commandOf(guide.block("sh", "--out"))).toMatchObject({
      words: ["replay"],
      out: "rehearsal.json",
    });
    const { replay } = commandOf(guide.block("sh", "semi-final.json")).options;
    expect(replay).toBe("semi-final.json");
    await writeFile(recording, guide.block("json"));
    expect(readRecording(recording).points).toHaveLength(3);
    expect(await paste(guide.block("sh", "ovation size"))).toContain("gateways");
    expect(guide.untaken).toEqual([]);
  });
});
