/** `ovation store leave`: a server of NATS is about to go, or has gone, and others keep its copies. */
import { leaveServer } from "../../shared/bus/store-admin.ts";
import { result, type StoreRun, say } from "./command.ts";

/** @throws StoreChangeFailed */
export async function leave({ bus, config, word: server }: StoreRun): Promise<number> {
  const streams = await leaveServer(bus, config, {
    server,
    waitMs: config.copiesWaitMs,
    onDone: (stream) => say(config, `${stream}: its copy is on another server`),
  });
  if (streams.length === 0) say(config, `No stream has a copy on ${server}.`);
  result(config, { server, streams });
  return 0;
}
