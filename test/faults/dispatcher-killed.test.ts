/** A dispatcher is killed in the middle of a burst: what is lost, and who is told. */
import { afterEach, describe, expect, test } from "vitest";
import { publishSubject } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, Viewer } from "./world/audience.ts";
import { lanFault } from "./world/lan.ts";
import { tell } from "./world/viewer-swarm.ts";
import { FaultCluster } from "./world/world.ts";

const VIDEO = "launch";
const PUBLISHES = 60_000;
/** Requests that are under way at a time. */
const LANES = 90;

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A burst of likes, each a request over NATS that waits for its answer. */
class Burst {
  sent = 0;
  accepted = 0;
  /** What publishers were told whose like was not accepted. */
  readonly errors: string[] = [];
  readonly #lanes: Promise<void>[] = [];
  readonly #nats: Awaited<ReturnType<FaultCluster["admin"]>>;

  constructor(nats: Awaited<ReturnType<FaultCluster["admin"]>>) {
    this.#nats = nats;
    this.join();
  }

  /** More publishers come. */
  join(): void {
    this.#lanes.push(...Array.from({ length: LANES }, () => this.#lane()));
  }

  async done(): Promise<void> {
    await Promise.all(this.#lanes);
  }

  get underWay(): number {
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
  test("killed amid a burst loses no more than it had in its hands, each told, and the others go on at once", async () => {
    const world = await FaultCluster.start({ nats: 1, gateways: 2, dispatchers: 3 });
    cleanUps.push(() => world.end());
    // One at each gateway.
    const viewers = world.urls.map((url) => new Viewer([url], VIDEO));
    cleanUps.push(() => {
      for (const viewer of viewers) viewer.close();
    });
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    await eventually(async () => {
      const rows = world
        .all("dispatcher")
        .map((node) => node.metric("ovation_dispatcher_table_rows"));
      return (await Promise.all(rows)).every((count) => count === viewers.length);
    });
    const commenter = new Commenter(world.urls, VIDEO, "ann");
    cleanUps.push(() => commenter.stop());
    commenter.start();
    await commenter.goesOn();
    const publisher = await world.admin();
    cleanUps.push(() => publisher.close());

    const burst = new Burst(publisher);
    await eventually(() => burst.sent > PUBLISHES / 3, 60_000);
    const killed = world.kill("dispatcher-2");
    const { underWay } = burst;
    for (const viewer of viewers) viewer.listen();
    await killed;
    // Those before may all wait for the one that was killed.
    burst.join();
    expect(burst.sent).toBeLessThan((2 * PUBLISHES) / 3);
    // While likes are still to come, so that something new is due all the time.
    await eventually(() => burst.sent > (2 * PUBLISHES) / 3, 60_000);
    const silenceMs = Math.max(...viewers.map(({ longestSilenceMs }) => longestSilenceMs));
    await commenter.goesOn();
    await burst.done();
    const { sent, accepted, errors } = burst;
    for (const viewer of viewers) await viewer.until(() => viewer.likes >= accepted);
    await commenter.stop();
    tell(
      `${sent} likes, ${underWay} under way at the kill; ${errors.length} publishers were told ` +
        `"${errors[0] ?? "nothing"}"; shown: ${viewers.map(({ likes }) => likes).join(", ")}; ` +
        `the longest time without anything new: ${Math.round(silenceMs)} ms; ` +
        `comments stored: ${commenter.stored.size}, failed: ${commenter.errors.length}`,
    );
    expect(accepted + errors.length).toBe(sent);
    expect(errors.length).toBeLessThanOrEqual(underWay);
    expect(silenceMs).toBeLessThan(1_000);
    // One whose dispatcher died between sending and answering was shown all the same; none twice.
    for (const { likes } of viewers) expect(likes).toBeLessThanOrEqual(sent);
    // A comment in its hands was told to be in doubt, and no other one.
    expect(commenter.errors.every(({ code }) => code === "timeout")).toBe(true);
    expect(commenter.errors.length).toBeLessThanOrEqual(1);
    await expectAllComments(viewers, [commenter]);
    await world.healthyTable();
  });
});
