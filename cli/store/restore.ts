/** `ovation store restore`: puts a backup into a NATS, usually an empty one. */
import { putInPlace } from "../../shared/bus/store-transfer.ts";
import { chunksOf, readBackup } from "./backup-folder.ts";
import { result, type StoreRun, say } from "./command.ts";
import { arrivedText, checkTarget } from "./replace.ts";

/** @throws SnapshotFailed, Refused */
export async function restore({ bus, config, word: folder }: StoreRun): Promise<number> {
  const { streams, ended } = await readBackup(folder);
  await checkTarget(
    bus,
    config,
    streams.map(({ stream }) => stream),
  );
  say(config, `the backup of ${ended}`);
  const restored: { stream: string; messages: number }[] = [];
  for (const saved of streams) {
    const snapshot = { head: saved.head, chunks: chunksOf(folder, saved) };
    const messages = await putInPlace(bus, config, snapshot);
    restored.push({ stream: saved.stream, messages });
    say(config, arrivedText(saved.stream, saved.messages, messages));
  }
  result(config, { ended, restored });
  return 0;
}
