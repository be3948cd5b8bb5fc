/** Reading a bucket that has more entries than can be asked for one by one. */
import { expect, test } from "vitest";
import { Bucket } from "../../shared/bus/bucket.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { configFor } from "../../shared/config/load.ts";
import { bansBucket } from "../../shared/protocol/buckets.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { startTestNats } from "../support/nats.ts";
import { natsUrlAs } from "../support/nats-users.ts";

const KEYS = 3_000;

test("every entry is read once, the newest of each key, also where most sequences are gone", async () => {
  const nats = await startTestNats();
  const servers = [natsUrlAs("dispatcher", nats.url)];
  const bus = await Bus.connect({ servers, inbox: "dispatcher", name: "large", log: silentLog });
  try {
    const bucket = new Bucket(bus, bansBucket(configFor("dispatcher")));
    await bucket.ensure();
    const read = async () => {
      const watch = await bucket.watch();
      watch.stop();
      return [...watch.initial.values()]
        .map(({ key, value }) => `${key} ${Buffer.from(value ?? [])}`)
        .sort();
    };
    expect(await read()).toEqual([]);
    const values = new Map<string, string>();
    const put = async (index: number, value: string) => {
      values.set(`~.${index}`, value);
      await bucket.put(`~.${index}`, Buffer.from(value));
    };
    const all = async (from: number, to: number, work: (index: number) => Promise<unknown>) => {
      await Promise.all(Array.from({ length: to - from }, (_, at) => work(from + at)));
    };
    const expected = () => [...values].map(([key, value]) => `${key} ${value}`).sort();
    await put(0, "only");
    expect(await read()).toEqual(expected());
    await all(0, KEYS, (index) => put(index, "first"));
    await all(0, KEYS / 3, (index) => put(index, "second"));
    expect(await read()).toEqual(expected());
    // What is left is at one end, and the newest messages are gone.
    await all(100, KEYS, async (index) => {
      values.delete(`~.${index}`);
      await bucket.erase(await bucket.putTombstone(`~.${index}`));
    });
    expect(await read()).toEqual(expected());
  } finally {
    await bus.stop();
    await nats.stop();
  }
});
