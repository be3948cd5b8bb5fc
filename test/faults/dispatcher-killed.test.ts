/** A dispatcher is killed in the middle of a burst: what is lost, and who gets an error. */
import { afterEach, describe, expect, test } from "vitest";
import { publishSubject } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, Viewer } from "./cluster/audience.ts";
import { FaultCluster } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";
import { logFigures } from "./cluster/viewer-swarm.ts";

const VIDEO = "launch";
const PUBLISHES = 60_000;
/** Requests in flight at a time. */
const LANES = 90;

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A burst of likes, each a NATS request that waits for its answer. */
class Burst {
  sent = 0;
  accepted = 0;
  /** The errors that publishers got for likes that were not accepted. */
  readonly errors: string[] = [];
  readonly #lanes: Promise<void>[] = [];
  readonly #nats: Awaited<ReturnType<FaultCluster["admin"]>>;

  constructor(nats: Awaited<ReturnType<FaultCluster["admin"]>>) {
    this.#nats = nats;
    this.addLanes();
  }

  /** Adds publishers. */
  addLanes(): void {
    this.#lanes.push(...Array.from({ length: LANES }, () => this.#lane()));
  }

  async done(): Promise<void> {
    await Promise.all(this.#lanes);
  }

  get inFlight(): number {
    return this.sent - this.accepted - this.errors.length;
  }

  async #lane(): Promise<void> {
    const like = encodeMsgpack({ kind: "like" });
    while (this.sent < PUBLISHES) {
      this.sent += 1;
      try {
        const options = { timeout: 10_000 };
        const { data } = await this.#nats.request(publishSubject(VIDEO), like, options);
        expect(decodeTrustedMsgpack(data)).toEqual({ accepted: [expect.any(String)] });
        this.accepted += 1;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== "TimeoutError") throw error;
        this.errors.push(error.name);
      }
    }
  }
}

describe.skipIf(lanFault() !== undefined)("one of three dispatchers", () => {
  test("killed amid a burst loses no more than it had in flight, each with an error, and the others carry on at once", async () => {
    const cluster = await FaultCluster.start({ nats: 1, gateways: 2, dispatchers: 3 });
    cleanUps.push(() => cluster.end());
    // One at each gateway.
    const viewers = cluster.urls.map((url) => new Viewer([url], VIDEO));
    cleanUps.push(() => {
      for (const viewer of viewers) viewer.close();
    });
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    await eventually(async () => {
      const rows = cluster
        .all("dispatcher")
        .map((node) => node.metric("ovation_dispatcher_table_rows"));
      return (await Promise.all(rows)).every((count) => count === viewers.length);
    });
    const commenter = new Commenter(cluster.urls, VIDEO, "ann");
    cleanUps.push(() => commenter.stop());
    commenter.start();
    await commenter.goesOn();
    const publisher = await cluster.admin();
    cleanUps.push(() => publisher.close());

    const burst = new Burst(publisher);
    await eventually(() => burst.sent > PUBLISHES / 3, 60_000);
    const killed = cluster.kill("dispatcher-2");
    const { inFlight } = burst;
    for (const viewer of viewers) viewer.measureSilence();
    await killed;
    // The earlier lanes may all be waiting for the killed dispatcher.
    burst.addLanes();
    expect(burst.sent).toBeLessThan((2 * PUBLISHES) / 3);
    // Likes keep coming, so viewers should see something new all the time.
    await eventually(() => burst.sent > (2 * PUBLISHES) / 3, 60_000);
    const silenceMs = Math.max(...viewers.map(({ longestSilenceMs }) => longestSilenceMs));
    await commenter.goesOn();
    await burst.done();
    const { sent, accepted, errors } = burst;
    for (const viewer of viewers) await viewer.until(() => viewer.likes >= accepted);
    await commenter.stop();
    logFigures(
      `${sent} likes, ${inFlight} in flight at the kill; ${errors.length} publishers got ` +
        `"${errors[0] ?? "nothing"}"; shown: ${viewers.map(({ likes }) => likes).join(", ")}; ` +
        `longest time without anything new: ${Math.round(silenceMs)} ms; ` +
        `comments stored: ${commenter.stored.size}, failed: ${commenter.errors.length}`,
    );
    expect(accepted + errors.length).toBe(sent);
    expect(errors.length).toBeLessThanOrEqual(inFlight);
    expect(silenceMs).toBeLessThan(1_000);
    // A like whose dispatcher died after sending but before answering was still shown; none twice.
    for (const { likes } of viewers) expect(likes).toBeLessThanOrEqual(sent);
    // Only a comment that it had in flight is reported as in doubt.
    expect(commenter.errors.every(({ code }) => code === "timeout")).toBe(true);
    expect(commenter.errors.length).toBeLessThanOrEqual(1);
    await expectAllComments(viewers, [commenter]);
    await cluster.healthyTable();
  });
});
