/** What an operator can rely on when the doctor checks the subscription table. */
import { execFile } from "node:child_process";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "nats";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Finding } from "../../cli/doctor/diagnose.ts";
import { encodeStatement } from "../../shared/protocol/common-settings.ts";
import { DEFAULT_PARTITIONS } from "../../shared/protocol/partitions.ts";
import { INSPECT_DISPATCHERS } from "../../shared/protocol/subjects.ts";
import { bundled } from "../support/bundle.ts";
import { eventually } from "../support/eventually.ts";
import { connectTo, natsUrlAs } from "../support/nats-users.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { TestStack } from "../support/stack.ts";
import { watch } from "../support/viewer.ts";

/** Nothing repairs the table within a test. */
const NO_REPAIR = { leaseMs: 60_000, reconcileIntervalMs: 3_600_000, countIntervalMs: 50 };
const LINGERING = { ...NO_REPAIR, lingerMs: 600_000 };
const SUBSCRIPTIONS = "ov_subscriptions";

interface Diagnosis {
  readonly code: number;
  readonly text: string;
}

/** Runs the doctor as an operator does. */
async function doctor(...flags: readonly string[]): Promise<Diagnosis> {
  const argv = [bundled("cli/doctor/main.ts"), ...flags];
  return await new Promise((resolve) => {
    execFile(process.execPath, argv, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr });
    });
  });
}

let stack: TestStack;
let admin: NatsConnection;
const paused: RoleProcess[] = [];

async function findings(...flags: readonly string[]): Promise<readonly Partial<Finding>[]> {
  const url = natsUrlAs("observer", stack.nats.url);
  const { text } = await doctor("--nats-url", url, "--look-again-ms", "300", "--json", ...flags);
  const found: readonly Finding[] = JSON.parse(text).findings;
  return found.map(({ revision: _, ...finding }) => finding);
}

async function write(key: string, value: string): Promise<void> {
  await (await new Kvm(admin).open(SUBSCRIPTIONS)).put(key, value);
}

async function remove(key: string): Promise<void> {
  await (await new Kvm(admin).open(SUBSCRIPTIONS)).delete(key);
}

describe("a healthy deployment", () => {
  beforeAll(async () => {
    stack = await TestStack.start({ gateways: 2, gateway: LINGERING, dispatcher: NO_REPAIR });
  });
  afterAll(() => stack.stop());

  test("is reported as such, whatever is watched", async () => {
    const viewers = await Promise.all(
      [0, 0, 1].map((at) => watch("json", stack.gatewayAt(at).port, "launch")),
    );
    await watch("json", stack.gatewayAt(1).port, "encore");
    // Rows of a video that nobody is counted for, and of one whose last viewer isn't.
    await watch("json", stack.gatewayAt(1).port, "numbers", { kinds: ["viewers"] });
    await watch("json", stack.gatewayAt(0).port, "launch", { hidden: true });
    // A video that was just left lingers, and so does its row.
    await (await watch("json", stack.gatewayAt(1).port, "left")).close();
    await stack.mirrored("launch", viewers.length);
    const observer = natsUrlAs("observer", stack.nats.url);
    const report = () => doctor("--nats-url", observer, "--look-again-ms", "300");
    // A gateway that started before the kinds were stored reads them again a moment later.
    await eventually(async () => !(await report()).text.includes("kinds-differ"));
    const { code, text } = await report();
    expect(text).toBe("The table is right: 2 gateways with a lease, 5 rows.\n");
    expect(code).toBe(0);
  });

  test("with a dispatcher that leaves one out is told which partition is served by one alone", async () => {
    const other = await connectTo(stack.nats.url, "dispatcher");
    const all = Array.from({ length: DEFAULT_PARTITIONS }, (_, number) => number);
    const serves = all.filter((number) => number !== 7);
    const settings = { partitions: String(DEFAULT_PARTITIONS) };
    other.subscribe(INSPECT_DISPATCHERS, {
      callback: (_error, message) =>
        void message.respond(encodeStatement({ dispatcher: "other", settings, serves })),
    });
    await other.flush();
    expect(await findings()).toEqual([{ fault: "partition-served-by-one", partition: 7 }]);
    await other.close();
  });
});

describe("a wrong row is reported", () => {
  beforeEach(async () => {
    stack = await TestStack.start({ gateway: NO_REPAIR, dispatchers: 0 });
    admin = await connectTo(stack.nats.url);
    await watch("json", stack.gateway.port, "launch");
  });
  afterEach(async () => {
    for (const process of paused.splice(0)) await process.kill9();
    await admin.close();
    await stack.stop();
  });

  test("when it is missing: its viewers get nothing", async () => {
    const gateway = stack.gateway.id;
    await remove(`launch.${gateway}`);
    expect(await findings()).toEqual([{ fault: "row-missing", gateway, video: "launch", held: 1 }]);
  });

  test("when its count is wrong", async () => {
    const gateway = stack.gateway.id;
    await write(`launch.${gateway}`, "7");
    expect(await findings()).toEqual([
      { fault: "count-wrong", gateway, video: "launch", row: 7, held: 1 },
    ]);
  });

  test("when its gateway doesn't watch the video, or it is unreadable", async () => {
    const gateway = stack.gateway.id;
    await write(`encore.${gateway}`, "1");
    await write(`launch.${gateway}`, "many");
    await write("some.thing.else", "1");
    const found = await findings();
    expect(found).toHaveLength(3);
    expect(found).toContainEqual({ fault: "foreign-key", key: "some.thing.else" });
    expect(found).toContainEqual({ fault: "row-unreadable", gateway, video: "launch" });
    expect(found).toContainEqual({
      fault: "row-of-unwatched-video",
      gateway,
      video: "encore",
      row: 1,
    });
  });

  test("when its gateway is dead", async () => {
    await write("launch.nobody", "3");
    expect(await findings()).toEqual([
      { fault: "row-of-dead-gateway", gateway: "nobody", video: "launch", row: 3 },
    ]);
  });

  test("and so is its gateway when its lease expired", async () => {
    const flags = ["--lease-ms", "1500", "--lease-renew-ms", "300"];
    const process = await spawnRole("gateway", stack.nats.url, flags);
    paused.push(process);
    process.child.kill("SIGSTOP");
    const found = await findings(...flags);
    expect(found).toContainEqual({ fault: "lease-expired", gateway: process.id });
  });

  test("in words too, with an exit code that a script can use", async () => {
    await remove(`launch.${stack.gateway.id}`);
    const flags = ["--nats-url", natsUrlAs("observer", stack.nats.url), "--look-again-ms", "300"];
    const { code, text } = await doctor(...flags);
    expect(code).toBe(1);
    expect(text).toContain("row-missing: a gateway holds this video but has no row");
    expect(text).toContain(`gateway ${stack.gateway.id}, video launch, held 1`);
  });

  test("and the doctor changes nothing: it reports a missing bucket and does not create it", async () => {
    // A running gateway would recreate it, as it should.
    await stack.gateway.drain();
    await stack.gateway.stop();
    await stack.deleteBucket(SUBSCRIPTIONS);
    const missing = { fault: "bucket-missing", bucket: SUBSCRIPTIONS };
    expect(await findings()).toEqual([missing]);
    expect(await findings()).toEqual([missing]);
  });
});

describe("a table that can't be read", () => {
  test("is not reported as right", async () => {
    const flags = ["--nats-url", "nats://127.0.0.1:1", "--patience-ms", "500"];
    const { code, text } = await doctor(...flags);
    expect(text).toContain("NATS could not be reached within 500 ms");
    expect(code).toBe(3);
  });

  test("a wrong setting is refused by name", async () => {
    const { code, text } = await doctor("--frame-events", "3");
    expect(code).toBe(2);
    expect(text).toContain("--frame-events is a setting of the gateway, not of the doctor");
  });
});
