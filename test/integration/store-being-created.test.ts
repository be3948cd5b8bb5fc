/** Stores that are read while somebody creates them, as after NATS has lost all. */
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Bucket } from "../../shared/bus/bucket.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { HistoryStream } from "../../shared/bus/history-stream.ts";
import { configFor } from "../../shared/config/load.ts";
import { stateBucket } from "../../shared/protocol/buckets.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { eventually } from "../support/eventually.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { createStores } from "../support/stores.ts";

const READERS = 8;
const ROUNDS = 4;

let nats: TestNats;
let bus: Bus;

beforeAll(async () => {
  nats = await startTestNats();
  const servers = [natsUrlAs("gateway", nats.url)];
  bus = await Bus.connect({ servers, inbox: "gateway", name: "reader", log: silentLog });
});
afterAll(async () => {
  await bus?.stop();
  await nats?.stop();
});

/** Reads until it has read something, or nothing, of an existing store. */
async function untilRead(read: () => Promise<unknown>): Promise<void> {
  while (bus.state !== "closed") {
    try {
      await read();
      return;
    } catch {
      // The store isn't there yet.
      await setImmediate();
    }
  }
}

test("a store can be read as soon as it is there: the server survives reads during its creation", async () => {
  const config = configFor("dispatcher", { natsUrl: [nats.url] });
  for (let round = 1; round <= ROUNDS; round += 1) {
    await nats.restart({ wipe: true });
    await eventually(() => bus.state === "connected");
    const state = new Bucket(bus, stateBucket(config));
    const history = new HistoryStream(bus, config);
    const readers = Array.from({ length: READERS }, async (_, index) => {
      await untilRead(() => (index % 2 === 0 ? state.get("launch") : history.last("launch")));
    });
    await createStores(nats.url);
    await Promise.all(readers);
    expect(await state.get("launch")).toBeUndefined();
    expect(await history.last("launch")).toBeUndefined();
  }
});
