/** Kinds that change while everything runs: nobody is refused, nothing is lost, and faults are said. */

import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Finding } from "../../cli/doctor/diagnose.ts";
import { bundled } from "../support/bundle.ts";
import { eventually } from "../support/eventually.ts";
import { applyKinds, TEST_KINDS } from "../support/kinds.ts";
import { connectTo, natsUrlAs, PATIENCE } from "../support/nats-users.ts";
import { metric, TestStack } from "../support/stack.ts";
import { post, TestSocket } from "../support/viewer.ts";

let stack: TestStack;
let service: NatsConnection;
const folder = mkdtempSync(join(tmpdir(), "ovation-kinds-"));

beforeAll(async () => {
  // One dispatcher was configured with other kinds.
  stack = await TestStack.start({ gateways: 2, nats: { keepStore: true } });
  await stack.addDispatcher({ kinds: [{ name: "like", deliveryClass: "transient" }] });
  service = await connectTo(stack.nats.url, "publisher");
});
afterAll(async () => {
  await service?.close();
  await stack?.stop();
});

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of `ovation` as this user of NATS. */
async function ovation(user: "publisher" | "observer", ...words: string[]): Promise<Run> {
  const argv = [bundled("cli/main.ts"), ...words, "--nats-url", natsUrlAs(user, stack.nats.url)];
  return await new Promise((resolve) => {
    execFile(process.execPath, argv, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

function fileWith(text: string): string {
  const file = join(folder, "kinds.yaml");
  writeFileSync(file, text);
  return file;
}

const KINDS = { like: "transient", comment: { class: "durable", schema: {} } };

describe("a new kind", () => {
  test("is refused by no gateway and no dispatcher from the moment that it is applied", async () => {
    const sockets = await Promise.all(stack.gateways.map(({ port }) => TestSocket.connect(port)));
    const refused: unknown[] = [];
    for (let round = 0; round < 5; round += 1) {
      const kind = `wave-${round}`;
      await applyKinds(stack.nats.url, { ...KINDS, [kind]: "transient" });
      const overSockets = sockets.map((socket) => socket.ask("publish", { video: "new", kind }));
      const overHttp = stack.gateways.map(({ port }) => post(port, "new", [{ kind }]));
      const overNats = [0, 1].map(() =>
        service.request("ov.publish.new", `{"kind":"${kind}"}`, PATIENCE),
      );
      for (const answer of await Promise.all(overSockets)) {
        if (answer.op !== "result") refused.push(answer);
      }
      for (const { status, body } of await Promise.all(overHttp)) {
        if (status !== 200) refused.push(body);
      }
      for (const answer of await Promise.all(overNats)) {
        if (!answer.string().includes("accepted")) refused.push(answer.string());
      }
    }
    expect(refused).toEqual([]);
    for (const socket of sockets) await socket.close();
  });

  test("keeps a connection's order, although its first event waits for the kind to be known", async () => {
    const socket = await TestSocket.connect(stack.gateway.port);
    await socket.ask("subscribe", { video: "order" });
    await applyKinds(stack.nats.url, { ...KINDS, note: "durable" });
    const kinds = ["note", "comment", "note", "comment"];
    const publish = (kind: string) => socket.ask("publish", { video: "order", kind });
    const answers = await Promise.all(kinds.map(publish));
    expect(answers.map(({ op }) => op)).toEqual(kinds.map(() => "result"));
    const stored = () => (socket.events.get("order") ?? []).filter(({ seq }) => seq !== undefined);
    const seen = () => stored().map(({ kind }) => kind);
    await socket.until(() => seen().length === kinds.length);
    expect(seen()).toEqual(kinds);
    await socket.close();
  });

  test("is told to those who connect", async () => {
    await applyKinds(stack.nats.url, { ...KINDS, goal: "state" });
    await eventually(async () => {
      const answer = await fetch(`http://127.0.0.1:${stack.gatewayAt(1).port}/v1/ping`);
      const { kinds } = (await answer.json()) as { kinds: object };
      return JSON.stringify(kinds) === '{"like":"transient","comment":"durable","goal":"state"}';
    });
  });
});

test("many invented kinds cost few reads, and each is refused", async () => {
  const { gateway } = stack;
  const before = await metric(gateway, "ovation_kinds_reads_total");
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => post(gateway.port, "flood", { kind: `made-up-${n}` })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
  expect((await metric(gateway, "ovation_kinds_reads_total")) - before).toBeLessThan(30);
});

describe("ovation kinds", () => {
  test("applies a file, and prints what is stored", async () => {
    const text = "kinds:\n  like: transient\n  react:\n    class: transient\n    variants: any\n";
    const applied = await ovation("publisher", "kinds", "apply", fileWith(text));
    expect([applied.code, applied.stderr]).toEqual([0, ""]);
    const [, revision] =
      /^The kinds are applied, as revision (\d+)\.\n$/.exec(applied.stdout) ?? [];
    const printed = await ovation("publisher", "kinds");
    expect(printed.stdout).toBe(`# Revision ${revision}.\n${text}`);
    // The same again is no change.
    const again = await ovation("publisher", "kinds", "apply", fileWith(text));
    expect(again.stdout).toBe(applied.stdout);
  });

  test("names all faults of a file at once, and applies nothing of it", async () => {
    await applyKinds(stack.nats.url, KINDS);
    const text =
      "kinds:\n  good: latest\n  Bad: latest\n  gift: lasting\n  far: {class: latest, schema: {$ref: 'http://127.0.0.1/'}}\n";
    const { code, stderr } = await ovation("publisher", "kinds", "apply", fileWith(text));
    expect(code).toBe(1);
    expect(stderr).toContain("kinds.yaml has 3 faults; nothing was changed:");
    for (const field of ["kinds.Bad", "kinds.gift.class", "kinds.far.schema"]) {
      expect(stderr).toContain(`\n  - ${field}: `);
    }
    // Nor by a service that sends it itself.
    const kinds = { good: "latest", Bad: "latest", gift: "lasting" };
    await expect(applyKinds(stack.nats.url, kinds)).rejects.toThrow(
      /kinds_invalid.*kinds\.Bad.*kinds\.gift\.class/,
    );
    expect((await post(stack.gateway.port, "good", { kind: "good" })).status).toBe(400);
  });
});

describe("a kind's schema", () => {
  const refusal = (field: string) => ({ code: "data_invalid", field });

  test("refuses other data on every wire, and the error names the field", async () => {
    const schema = {
      type: "object",
      required: ["minute"],
      properties: { minute: { type: "integer", maximum: 130 }, by: { type: "string" } },
    };
    await applyKinds(stack.nats.url, { goal: { class: "durable", schema } });
    const socket = await TestSocket.connect(stack.gateway.port);
    const ask = async (data: unknown) =>
      await socket.ask("publish", { video: "goals", kind: "goal", data });
    expect(await ask({ minute: 90, by: "Ann" })).toMatchObject({ op: "result" });
    expect(await ask({ minute: 131 })).toMatchObject({ ...refusal("data.minute"), limit: 130 });
    expect(await ask({ by: "Ann" })).toMatchObject(refusal("data.minute"));
    expect(await ask(undefined)).toMatchObject(refusal("data"));
    await socket.close();
    const list = [
      { kind: "goal", data: { minute: 1 } },
      { kind: "goal", data: { minute: "x" } },
    ];
    const { body } = await post(stack.gateway.port, "goals", list);
    expect(body["error"]).toMatchObject(refusal("events[1].data.minute"));
    const answer = await service.request("ov.publish.goals", JSON.stringify(list), PATIENCE);
    expect(answer.json()).toMatchObject({ error: refusal("events[1].data.minute") });
  });

  test("of comments is a text of 1 to 500 characters, where nothing else is said", async () => {
    await applyKinds(stack.nats.url, { comment: "durable" });
    const publish = async (data: unknown) => {
      const { status, body } = await post(stack.gateway.port, "talk", { kind: "comment", data });
      return status === 200 ? "accepted" : (body["error"] as { field: string }).field;
    };
    expect(await publish({ text: "hi", colour: "red" })).toBe("accepted");
    expect(await publish({ text: "🎉".repeat(500) })).toBe("accepted");
    expect(await publish({ text: "🎉".repeat(501) })).toBe("data.text");
    expect(await publish({ text: "" })).toBe("data.text");
    expect(await publish({ text: ["hi"] })).toBe("data.text");
    expect(await publish({})).toBe("data.text");
    expect(await publish("hi")).toBe("data");
  });
});

describe("a process that can't use the stored kinds", () => {
  test("goes on with those that it knows; readiness and the doctor say so", async () => {
    const { revision } = await applyKinds(stack.nats.url, KINDS);
    const admin = await connectTo(stack.nats.url);
    const bucket = await new Kvm(admin).open("ov_kinds");
    const bad = await bucket.put("kinds", '{"kinds":{"like":"lasting"}}');
    const check = async (opsPort: number) => {
      const answer = await fetch(`http://127.0.0.1:${opsPort}/readyz`);
      const { checks } = (await answer.json()) as { checks: Record<string, string> };
      return checks["kinds"] ?? "";
    };
    for (const { opsPort } of [...stack.gateways, ...stack.dispatchers]) {
      await eventually(async () => (await check(opsPort)) !== "ok");
      expect(await check(opsPort)).toContain(
        `revision ${bad} is not valid, using revision ${revision}: kinds.like.class: must be one of`,
      );
    }
    expect((await post(stack.gateway.port, "on", { kind: "like" })).status).toBe(200);
    // A lease says which kinds its gateway used when it was last renewed.
    await eventually(async () => {
      const { stdout } = await ovation("observer", "doctor", "--look-again-ms", "300", "--json");
      const { findings } = JSON.parse(stdout) as { findings: Finding[] };
      return findings.filter(({ fault }) => fault === "kinds-differ").length === 4;
    });
    await applyKinds(stack.nats.url, KINDS);
    await eventually(async () => (await check(stack.gateway.opsPort)) === "ok");
    await admin.close();
  });
});

test("kinds survive a restart of NATS, and come back when their bucket is lost", async () => {
  await applyKinds(stack.nats.url, { ...KINDS, kept: "transient" });
  await post(stack.gateway.port, "kept", { kind: "kept" });
  const publishes = async () =>
    (await post(stack.gateway.port, "kept", { kind: "kept" })).status === 200;
  await stack.nats.stop();
  await stack.nats.restart();
  await eventually(publishes);
  const late = await stack.addGateway({ kinds: TEST_KINDS });
  expect((await post(late.port, "kept", { kind: "kept" })).status).toBe(200);
  await stack.deleteBucket("ov_kinds");
  await eventually(async () => (await ovation("publisher", "kinds")).stdout.includes("kept"));
  expect(await publishes()).toBe(true);
});
