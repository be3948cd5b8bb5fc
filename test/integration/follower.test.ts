/** A bucket is always read to the end, whatever is written to it meanwhile. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Bucket } from "../../shared/bus/bucket.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { BucketFollower } from "../../shared/bus/follower.ts";
import { FRONTENDS_BUCKET } from "../../shared/protocol/subjects.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { eventually } from "../support/eventually.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { natsUrlAs } from "../support/nats-users.ts";

const READS = 60;
const WRITERS = 3;

let nats: TestNats;
let bus: Bus;
let bucket: Bucket;
let isWriting: boolean;
let writing: Promise<void>[];

beforeAll(async () => {
  nats = await startTestNats();
  const servers = [natsUrlAs("dispatcher", nats.url)];
  bus = await Bus.connect({ servers, inbox: "dispatcher", name: "follower", log: silentLog });
  bucket = new Bucket(bus, {
    name: FRONTENDS_BUCKET,
    description: "",
    storage: "memory",
    isFollowed: true,
    replicas: 1,
    maxAgeMs: 600_000,
  });
  await bucket.ensure();
});
afterAll(async () => {
  await bus?.stop();
  await nats?.stop();
});

/** Replaces one entry, over and over. */
async function write(): Promise<void> {
  for (let n = 0; isWriting; n += 1) await bucket.put("lease", Buffer.from(String(n)));
}

beforeEach(() => {
  isWriting = true;
  writing = Array.from({ length: WRITERS }, write);
});
afterEach(async () => {
  isWriting = false;
  await Promise.all(writing);
});

test("reading ends, however often an entry is replaced meanwhile", async () => {
  await eventually(async () => (await bucket.read())?.length === 1);
  for (let read = 1; read <= READS; read += 1) {
    expect((await bucket.read())?.map(({ key }) => key)).toEqual(["lease"]);
  }
});

test("a follower gets a complete snapshot, however often an entry is replaced meanwhile", async () => {
  let reads = 0;
  let snapshot: readonly string[] = [];
  const failures: unknown[] = [];
  const follower = new BucketFollower({
    bus,
    bucket,
    mayCreate: true,
    resyncIntervalMs: 600_000,
    log: silentLog,
    handlers: {
      onSnapshot: async ({ entries }) => {
        reads += 1;
        snapshot = [...entries.keys()];
      },
      onChange: () => undefined,
      onUnreadable: (error) => failures.push(error),
    },
  });
  follower.start();
  for (let read = 1; read <= READS; read += 1) {
    await eventually(() => reads === read);
    expect(snapshot).toEqual(["lease"]);
    follower.resync("suspicion");
  }
  expect(failures).toEqual([]);
  await follower.stop();
});
