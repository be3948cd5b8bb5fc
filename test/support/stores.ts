/** The stores that dispatchers create, for tests that run none. */
import { Bus } from "../../shared/bus/connection.ts";
import { KeptStream } from "../../shared/bus/kept-stream.ts";
import { storeConfigs } from "../../shared/bus/store-configs.ts";
import { configFor } from "../../shared/config/load.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { natsUrlAs } from "./nats-users.ts";

/** Creates all of them, with a dispatcher's login. */
export async function createStores(url: string): Promise<void> {
  const servers = [natsUrlAs("dispatcher", url)];
  const bus = await Bus.connect({ servers, inbox: "dispatcher", name: "stores", log: silentLog });
  const config = configFor("dispatcher", { natsUrl: [url] });
  for (const store of storeConfigs(config)) await new KeptStream(bus, store).ensure();
  await bus.stop();
}
