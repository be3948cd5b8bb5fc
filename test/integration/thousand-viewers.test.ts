/** End to end: a thousand viewers, a hundred likes a second, every role a process of its own. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Load } from "../support/load.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { metric } from "../support/stack.ts";
import { TestSocket, watch } from "../support/viewer.ts";

const VIEWERS = 1_000;
const LIKES_PER_SECOND = 100;
const SECONDS = 10;
/** This one process reads for all viewers, and could not keep up with 100,000 frames a second. */
const FLAGS = [
  ...[
    "--frame-interval-min-ms",
    "25",
    "--frame-interval-viewers",
    "0",
    "--in-flight-limit",
    "1000",
  ],
  // However late a frame is, it carries each of its events.
  ...["--frame-events", "10000"],
];

let nats: TestNats;
let gateways: RoleProcess[] = [];
let dispatchers: RoleProcess[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  const two = [1, 2];
  dispatchers = await Promise.all(two.map(() => spawnRole("dispatcher", nats.url)));
  gateways = await Promise.all(two.map(() => spawnRole("gateway", nats.url, FLAGS)));
});
afterAll(async () => {
  for (const process of [...gateways, ...dispatchers]) await process.kill9();
  await nats?.stop();
});

function portOf(index: number): number {
  const gateway = gateways[index % gateways.length];
  if (gateway === undefined) throw new Error("no gateway");
  return gateway.port;
}

test("1,000 viewers of one video each count 100 likes a second for 10 s exactly, each like once", async () => {
  const viewers: Awaited<ReturnType<typeof watch>>[] = [];
  for (let index = 0; index < VIEWERS; index += 50) {
    const some = Array.from({ length: 50 }, (_, at) =>
      watch("msgpack", portOf(index + at), "final"),
    );
    viewers.push(...(await Promise.all(some)));
  }
  const viewerCount = () =>
    (viewers[0]?.of("final", "viewers").at(-1)?.data as { viewers: number } | undefined)?.viewers;
  await viewers[0]?.until(() => viewerCount() === VIEWERS);
  for (const dispatcher of dispatchers) {
    await eventually(async () => (await metric(dispatcher, "ovation_dispatcher_table_rows")) === 2);
  }

  const publisher = await TestSocket.connect(portOf(1), "msgpack");
  const load = new Load(publisher, "final", LIKES_PER_SECOND);
  const expected = LIKES_PER_SECOND * SECONDS;
  await eventually(() => load.result.accepted.size >= expected, 4 * SECONDS * 1_000);
  const { accepted, refused } = await load.stop();
  expect([...refused]).toEqual([]);

  for (const viewer of viewers) {
    await viewer.until(() => viewer.total("final", "like") >= accepted.size);
    expect(viewer.total("final", "like")).toBe(accepted.size);
    expect(new Set(viewer.of("final", "like").map(({ id }) => id))).toEqual(accepted);
  }
  for (const gateway of gateways) {
    expect(await metric(gateway, "ovation_gateway_events_dropped_total")).toBe(0);
  }
  await Promise.all(viewers.map((viewer) => viewer.close()));
  // The gateways have noticed that every connection was closed.
  for (const gateway of gateways) {
    await eventually(async () => (await metric(gateway, "ovation_gateway_websockets")) <= 1);
  }
  await publisher.close();
}, 180_000);
