/**
 * The clients of docs/clients.md, in four languages: they read every integer exactly, and miss and
 * repeat nothing when their connection is cut.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Gateway } from "../../gateway/gateway.ts";
import { freePort } from "../../kit/nats/free-port.ts";
import { Command } from "../local/npm-start.ts";
import { Network } from "../sdk/support/network.ts";
import { eventually } from "../support/eventually.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { TestStack } from "../support/stack.ts";
import { SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { post, TestSocket } from "../support/viewer.ts";
import { build, LANGUAGES, type Language, lackOf, type Program } from "./support/languages.ts";

const PATIENTLY = { timeout: 60_000 };
const MOST = Number.MAX_SAFE_INTEGER;

let stack: TestStack;
let network: Network;
/** Requires tokens. */
let closed: Gateway;
let monitorPort: number;
beforeAll(async () => {
  monitorPort = await freePort();
  stack = await TestStack.start({ nats: { monitorPort } });
  closed = await stack.addGateway({ open: false, authSecret: SECRET });
  network = await Network.start(stack.gateway.port);
});
afterAll(async () => {
  await network?.stop();
  await stack?.stop();
});

/** Part of what nats-server reports about a connection. */
interface Connection {
  readonly authorized_user?: string;
  readonly in_msgs: number;
}

function run(language: Language, program: Program, ...args: readonly string[]): Command {
  return runWith({}, language, program, ...args);
}

function runWith(
  variables: NodeJS.ProcessEnv,
  language: Language,
  program: Program,
  ...args: readonly string[]
): Command {
  const [command, ...before] = language.command(program);
  const env = {
    ...process.env,
    NATS_URL: natsUrlAs("publisher", stack.nats.url),
    ...variables,
  };
  return new Command(command, [...before, ...args], env);
}

interface Stored {
  readonly kind: string;
  readonly id: string;
  readonly at: number;
  readonly seq: number;
  readonly prev: number;
  readonly data: { readonly n: number };
}

/** A video's comments at the gateway, formatted as the programs print them. */
async function stored(video: string): Promise<string[]> {
  const url = `http://127.0.0.1:${stack.gateway.port}/v1/videos/${video}/history`;
  const { events } = (await (await fetch(url)).json()) as { events: readonly Stored[] };
  return events.map(({ kind, id, seq, prev, at, data }) =>
    [kind, id, seq, prev, at, data.n].join(" "),
  );
}

/** Whether a service has connected to NATS and sent a request. */
async function publisherHasAsked(): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${monitorPort}/connz?auth=true`);
  const { connections } = (await response.json()) as { connections: readonly Connection[] };
  return connections.some(
    ({ authorized_user: user, in_msgs: sent }) => user === "publisher" && sent > 0,
  );
}

async function publish(video: string, body: unknown): Promise<void> {
  const answer = await post(stack.gateway.port, video, body);
  expect(answer).toMatchObject({ status: 200 });
}

function linesOf(program: Command, prefix: string): string[] {
  return program.output.split("\n").filter((line) => line.startsWith(prefix));
}

for (const language of LANGUAGES) {
  const lack = lackOf(language);
  if (lack !== undefined) process.stderr.write(`Left out: clients in ${language.name} (${lack})\n`);
  describe.skipIf(lack !== undefined)(language.name, () => {
    beforeAll(() => build(language));

    test.each(["msgpack", "json", "sse"])(
      "over %s: sees likes and its own comment, and reconnects without a gap",
      async (wire) => {
        const video = `${language.folder}-${wire}`;
        const program = run(language, "watch", network.url, wire, video);
        try {
          await program.prints(/^subscribed$/m);
          const [, id] = await program.prints(/^published (\S+) \d+$/m);
          await program.prints(new RegExp(`^comment ${id} \\d+ 0 \\d+ ${MOST}$`, "m"));

          await stack.mirrored(video, 1);
          const likes = Array.from({ length: 250 }, () => ({ kind: "like" }));
          await publish(video, likes);
          const sum = () => {
            const counts = linesOf(program, "likes ").map((line) => Number(line.slice(6)));
            return counts.reduce((total, count) => total + count, 0);
          };
          await expect.poll(sum, PATIENTLY).toBe(250);

          network.isDown = true;
          network.cut();
          await program.prints(/^lost/m);
          const numbers = [0, -1, 2 ** 32, MOST, -MOST];
          for (const n of numbers) {
            await publish(video, { kind: "comment", data: { n } });
          }
          // One of them is deleted before the viewer is back.
          await publish(video, { kind: "comment", id: `${video}-gone`, data: { n: 1 } });
          await publish(video, { kind: "comment", data: { n: 2 } });
          const gone = `http://127.0.0.1:${stack.gateway.port}/v1/videos/${video}/events/${video}-gone`;
          expect((await fetch(gone, { method: "DELETE" })).status).toBe(200);
          network.isDown = false;
          await program.prints(/^resumed$/m);
          await publish(video, { kind: "comment", data: { n: 3 } });
          await expect.poll(() => linesOf(program, "comment "), PATIENTLY).toHaveLength(8);
          expect(linesOf(program, "comment ")).toEqual(await stored(video));
          expect(program.output).not.toMatch(/^(gap|missed)/m);
          expect(linesOf(program, "published ")).toHaveLength(1);
        } catch (error) {
          throw new Error(`it printed:\n${program.output}`, { cause: error });
        } finally {
          network.isDown = false;
          program.signalGroup("SIGKILL");
          await program.ended;
        }
      },
    );

    test.each(["json", "sse"])(
      "over %s: sends its token, and gives up if it is refused",
      async (wire) => {
        const url = `http://127.0.0.1:${closed.port}`;
        const watch = [url, wire, `${language.folder}-token`] as const;
        const bad = runWith({ OVATION_TOKEN: "nonsense" }, language, "watch", ...watch);
        expect((await bad.ended).code).not.toBe(0);
        expect(bad.output).toContain("token_refused");
        const good = { OVATION_TOKEN: await tokenOf(VIEWER) };
        const program = runWith(good, language, "watch", ...watch);
        try {
          await program.prints(/^published /m);
          await program.prints(/^comment /m);
        } finally {
          program.signalGroup("SIGKILL");
          await program.ended;
        }
      },
    );

    test("over NATS, as docs/clients.md prints it: publishes, and deletes", async () => {
      const viewer = await TestSocket.connect(stack.gateway.port, "msgpack");
      await viewer.ask("subscribe", { video: "launch" });
      const published = run(language, "publish");
      expect((await published.ended).code).toBe(0);
      const { accepted, seqs } = JSON.parse(published.output);
      const comment = await viewer.until(() =>
        viewer.of("launch", "comment").find((event) => event.id === accepted[0]),
      );
      expect(comment).toMatchObject({
        seq: seqs[0],
        data: { text: `Hello from ${language.name}` },
      });
      const deletion = run(language, "publish", accepted[0]);
      expect((await deletion.ended).code).toBe(0);
      expect(JSON.parse(deletion.output).accepted).toEqual(accepted);
      await viewer.until(() => viewer.of("launch", "retracted").length > 0);
      const unknown = run(language, "publish", "never-was");
      expect((await unknown.ended).code).not.toBe(0);
      expect(unknown.output).toContain("event_not_found");
      await viewer.close();
    });

    test("over NATS: waits for a dispatcher, and its comment is stored once", async () => {
      const [dispatcher] = stack.dispatchers.splice(0);
      await dispatcher?.stop();
      const before = await stored("launch");
      const published = run(language, "publish");
      // Its first attempt finds no dispatcher.
      await eventually(publisherHasAsked);
      await stack.addDispatcher();
      expect((await published.ended).code).toBe(0);
      expect(await stored("launch")).toHaveLength(before.length + 1);
    });
  });
}

describe("all of them at once", () => {
  const available = LANGUAGES.filter((language) => lackOf(language) === undefined);
  beforeAll(async () => {
    for (const language of available) await build(language);
  });

  /** Watches over every wire, each its own video. Nothing that happens meanwhile may be missed. */
  async function watchDuring(name: string, meanwhile: () => Promise<void>): Promise<void> {
    const watches = available.flatMap((language) =>
      ["msgpack", "json", "sse"].map((wire) => {
        const video = `${name}-${language.folder}-${wire}`;
        return { video, program: run(language, "watch", network.url, wire, video) };
      }),
    );
    try {
      await Promise.all(watches.map(({ program }) => program.prints(/^comment /m)));
      await meanwhile();
      for (const { video } of watches) await publish(video, { kind: "comment", data: { n: 1 } });
      for (const { video, program } of watches) {
        await program.prints(/^resumed$/m);
        const expected = await stored(video);
        await expect.poll(() => linesOf(program, "comment "), PATIENTLY).toEqual(expected);
        expect(program.output).not.toMatch(/^(gap|missed)/m);
      }
    } finally {
      for (const { program } of watches) program.signalGroup("SIGKILL");
      await Promise.all(watches.map(({ program }) => program.ended));
    }
  }

  test("give up a silent connection, and miss nothing", async () => {
    await watchDuring("silent", async () => network.silence());
  });

  test("move to another gateway when theirs stops, and miss nothing", async () => {
    const stopping = await stack.addGateway();
    network.port = stopping.port;
    await watchDuring("going", async () => {
      network.port = stack.gateway.port;
      await stopping.drain();
    });
    await stopping.stop();
    stack.gateways.splice(stack.gateways.indexOf(stopping), 1);
  });
});
