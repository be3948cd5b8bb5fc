/** `ovation store wait`: until all copies are complete, but for those of a server that is away. */
import { awaitCopies } from "../../shared/bus/store-admin.ts";
import { result, type StoreRun, say } from "./command.ts";

/** @throws StoreChangeFailed */
export async function waitForCopies({ bus, config, word: without }: StoreRun): Promise<number> {
  const streams = await awaitCopies(bus, config, {
    without,
    waitMs: config.copiesWaitMs,
    onDone: (stream) => say(config, `${stream}: the other servers have all of it`),
  });
  result(config, { without, streams });
  return 0;
}
