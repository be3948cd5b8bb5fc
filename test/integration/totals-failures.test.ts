/**
 * Totals while everything but NATS is killed in turn, and NATS is restarted, under likes: none is
 * counted twice, totals never fall, and no more is missing than killed dispatchers had not stored.
 */
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { names, useProcesses, useStack } from "../support/guarantee-stack.ts";
import { expectRising, totalsOf } from "../support/totals.ts";
import { type Inbox, TestSocket, watch } from "../support/viewer.ts";

const VIDEO = "match";
const CONNECTIONS = 8;
const stack = useStack({ gateways: 2, gateway: { requestTimeoutMs: 2_000 } });
const spawned = useProcesses(stack);

/** Publishes likes on one connection, each when the one before is answered. */
class Liker {
  sent = 0;
  accepted = 0;
  #isWanted = true;
  readonly #running: Promise<void>;

  constructor(port: number) {
    this.#running = this.#run(port);
  }

  async stop(): Promise<void> {
    this.#isWanted = false;
    await this.#running;
  }

  async #run(port: number): Promise<void> {
    const socket = await TestSocket.connect(port);
    while (this.#isWanted && socket.closed === undefined) {
      this.sent += 1;
      const asked = socket.ask("publish", { video: VIDEO, kind: "like" });
      const answer = await Promise.race([asked, socket.untilClosed().then(() => undefined)]);
      if (answer?.op === "result") this.accepted += 1;
    }
    await socket.close();
  }
}

const likesShown = (viewer: Inbox) => totalsOf(viewer, VIDEO)?.["like"] ?? 0;

test("totals keep their promise while each role is killed and NATS is restarted, under likes", async () => {
  const likers: Liker[] = [];
  const sum = (of: "sent" | "accepted") => likers.reduce((all, liker) => all + liker[of], 0);
  const more = (count: number) => {
    const before = sum("accepted");
    return eventually(() => sum("accepted") >= before + count);
  };
  const start = (ports: readonly number[]) => {
    for (const index of names("liker", CONNECTIONS).keys()) {
      likers.push(new Liker(ports[index % ports.length] ?? 0));
    }
  };
  const stopAll = async () => {
    await Promise.all(likers.map((liker) => liker.stop()));
  };
  const stay = stack().gateways.map(({ port }) => port);
  const viewers = await Promise.all(stay.map((port) => watch("json", port, VIDEO)));
  const gateway = await spawned("gateway");
  const dispatcher = await spawned("dispatcher");

  start([...stay, gateway.port]);
  await more(200);
  await gateway.kill9();
  await more(200);
  await stopAll();
  // Nobody who counted was killed: all of it is there.
  const counted = sum("accepted");
  for (const viewer of viewers) {
    await viewer.until(() => likesShown(viewer) >= counted);
    expect(likesShown(viewer)).toBeLessThanOrEqual(sum("sent"));
  }

  start(stay);
  await more(200);
  const stored = Math.max(...viewers.map(likesShown));
  await dispatcher.kill9();
  const before = { sent: sum("sent"), accepted: sum("accepted") };
  await more(200);
  await stopAll();
  // What was shown when it was killed, and all that was sent since: each connection has one under way.
  const least = stored + sum("accepted") - before.accepted - CONNECTIONS;
  for (const viewer of viewers) {
    await viewer.until(() => likesShown(viewer) >= least);
    expect(likesShown(viewer)).toBeLessThanOrEqual(sum("sent"));
  }

  // The one that is left stores all that it has before the rest is compared with it.
  await stack().addDispatcher();
  const settled = async () => {
    const waiting = stack().dispatchers.map(({ opsPort }) =>
      fetch(`http://127.0.0.1:${opsPort}/metrics`).then((page) => page.text()),
    );
    const pages = await Promise.all(waiting);
    return pages.every((page) => page.includes("ovation_dispatcher_totals_waiting_videos 0"));
  };
  await eventually(settled);
  await viewers[0]?.until(() => viewers.every((viewer) => likesShown(viewer) >= least));
  const shown = Math.max(...viewers.map(likesShown));
  const sent = sum("sent");
  const accepted = sum("accepted");
  start(stay);
  await more(200);
  await stack().nats.kill9();
  await stack().nats.restart();
  await more(200);
  await stopAll();
  // A dispatcher outlives NATS with all that it has counted.
  for (const viewer of viewers) {
    await viewer.until(() => likesShown(viewer) >= shown + sum("accepted") - accepted);
    expect(likesShown(viewer)).toBeLessThanOrEqual(shown + sum("sent") - sent);
    expectRising(viewer, VIDEO, "like");
  }
  const late = await watch("json", (await stack().addGateway()).port, VIDEO);
  await late.until(() => likesShown(late) === Math.max(...viewers.map(likesShown)));
  await Promise.all([late, ...viewers].map((viewer) => viewer.close()));
}, 120_000);
