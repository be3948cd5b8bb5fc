/** The stores that dispatchers create, for tests that run none. */
import { Bucket } from "../../shared/bus/bucket.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { HistoryStream } from "../../shared/bus/history-stream.ts";
import { deadHooksConfig, hookEventsConfig } from "../../shared/bus/hook-streams.ts";
import { KeptStream } from "../../shared/bus/kept-stream.ts";
import { ModerationStream } from "../../shared/bus/moderation-stream.ts";
import { VotesStream } from "../../shared/bus/votes-stream.ts";
import { configFor } from "../../shared/config/load.ts";
import {
  bansBucket,
  endedBucket,
  frontendsBucket,
  hooksBucket,
  kindsBucket,
  shadowBucket,
  stateBucket,
  subscriptionsBucket,
  ticketsBucket,
  timelineBucket,
  totalsBucket,
} from "../../shared/protocol/buckets.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { natsUrlAs } from "./nats-users.ts";

/** Creates all of them, with a dispatcher's login. */
export async function createStores(url: string): Promise<void> {
  const servers = [natsUrlAs("dispatcher", url)];
  const bus = await Bus.connect({ servers, inbox: "dispatcher", name: "stores", log: silentLog });
  const config = configFor("dispatcher", { natsUrl: [url] });
  const specs = [
    subscriptionsBucket(config),
    frontendsBucket(config),
    ticketsBucket(1),
    kindsBucket(config),
    stateBucket(config),
    endedBucket(config),
    bansBucket(config),
    shadowBucket(config),
    totalsBucket(config),
    timelineBucket(config),
    hooksBucket(config),
  ];
  for (const spec of specs) await new Bucket(bus, spec).ensure();
  await new HistoryStream(bus, config).ensure();
  await new ModerationStream(bus, config).ensure();
  await new VotesStream(bus, config).ensure();
  for (const stream of [hookEventsConfig(config), deadHooksConfig(config)]) {
    await new KeptStream(bus, stream).ensure();
  }
  await bus.stop();
}
