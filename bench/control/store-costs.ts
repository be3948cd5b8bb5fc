/** The rates of NATS's stores, and what the table costs a dispatcher. */

import pMap from "p-map";
import { Bucket } from "../../shared/bus/bucket.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { HistoryStream } from "../../shared/bus/history-stream.ts";
import { loadConfig } from "../../shared/config/load.ts";
import { subscriptionsBucket } from "../../shared/protocol/buckets.ts";
import { newNodeId } from "../../shared/protocol/names.ts";
import { rowKey } from "../../shared/protocol/subjects.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { US_PER_SECOND, usedWhile } from "./operation-costs.ts";
import { usageOf } from "./proc.ts";
import type { Stack } from "./stack.ts";

const AT_ONCE = 64;

/** The table: how fast it is written and read, and what its rows cost a dispatcher. */
export async function tableCosts(stack: Stack, rows: number) {
  const { config, bus } = await busOf(stack, "gateway");
  try {
    const bucket = new Bucket(bus, subscriptionsBucket(config));
    await bucket.ensure();
    const gateways = Array.from({ length: 20 }, newNodeId);
    const keys = Array.from({ length: rows }, (_, index) =>
      rowKey(`row-${Math.floor(index / 20)}`, gateways[index % 20] ?? ""),
    );
    const rss = () =>
      stack.processes
        .filter(({ kind }) => kind === "dispatcher")
        .map(({ pid }) => usageOf(pid).rssBytes)[0] ?? 0;
    const rssBefore = rss();
    const put = await usedWhile(stack, () =>
      pMap(keys, (key) => bucket.put(key, Buffer.from("1234")), { concurrency: AT_ONCE }),
    );
    const bytes = rss() - rssBefore;
    const began = performance.now();
    const read = await bucket.read();
    return {
      changeUs: (put.dispatcher / rows) * US_PER_SECOND,
      rowsPerSecond: ((read?.length ?? 0) * 1_000) / (performance.now() - began),
      rowBytes: bytes / rows,
    };
  } finally {
    await bus.stop();
  }
}

/** The history: how many records per second one stream stores, and how many checks it answers. */
export async function historyCosts(stack: Stack, records: number) {
  const { config, bus } = await busOf(stack, "dispatcher");
  try {
    const stream = new HistoryStream(bus, config);
    await stream.ensure();
    const payload = Buffer.alloc(200, 1);
    const videos = Array.from({ length: records }, (_, index) => `history-${index}`);
    const append = await usedWhile(stack, () =>
      pMap(videos, (video) => stream.append(video, payload, 0, config.storeTimeoutMs), {
        concurrency: AT_ONCE,
      }),
    );
    const read = await usedWhile(stack, () =>
      pMap(videos, (video) => stream.last(video), { concurrency: AT_ONCE }),
    );
    return {
      storesPerSecond: records / append.seconds,
      natsStoreUs: (append.nats / records) * US_PER_SECOND,
      looksPerSecond: records / read.seconds,
    };
  } finally {
    await bus.stop();
  }
}

async function busOf(stack: Stack, user: "gateway" | "dispatcher") {
  const loaded = loadConfig("dispatcher", [], {});
  if (loaded.outcome !== "config") throw new Error("the settings have no defaults");
  const servers = [stack.natsUrlAs(user)];
  const bus = await Bus.connect({ servers, inbox: user, name: "ovation-bench", log: silentLog });
  return { config: loaded.config, bus };
}
