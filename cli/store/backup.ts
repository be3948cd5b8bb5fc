/** `ovation store backup`: everything that is kept on disk, while all goes on. */
import { keptStreams, messagesOf } from "../../shared/bus/store-transfer.ts";
import { snapshotOf } from "../../shared/bus/stream-snapshot.ts";
import { VERSION } from "../../shared/runtime/version.ts";
import { finish, newFolder, type SavedStream, saveStream } from "./backup-folder.ts";
import { result, type StoreRun, say } from "./command.ts";

/** @throws SnapshotFailed, Refused */
export async function backup({ bus, config, word: folder }: StoreRun): Promise<number> {
  await newFolder(folder);
  const began = new Date().toISOString();
  const streams: SavedStream[] = [];
  for (const stream of keptStreams(config)) {
    if ((await messagesOf(bus, stream)) === undefined) continue;
    const saved = await saveStream(folder, await snapshotOf(bus, stream));
    streams.push(saved);
    say(config, `${stream}: ${saved.messages} messages, ${saved.bytes} bytes`);
  }
  const ended = new Date().toISOString();
  await finish(folder, { began, ended, ovation: VERSION, nats: bus.serverVersion, streams });
  result(config, { streams: streams.map(({ head: _, ...saved }) => saved) });
  return 0;
}
