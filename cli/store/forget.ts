/** `ovation store forget`: a server of NATS won't come back, and the cluster is one smaller. */
import { removeServer } from "../../shared/bus/server-remove.ts";
import { result, type StoreRun, say } from "./command.ts";

/** @throws StoreChangeFailed */
export async function forget({ bus, config, word: server }: StoreRun): Promise<number> {
  await removeServer(bus, server);
  say(config, `${server}: the cluster doesn't count it any more`);
  result(config, { server });
  return 0;
}
