/** `ovation store move --to`: everything that is kept on disk goes to another NATS as well. */
import { keptStreams, messagesOf, putInPlace } from "../../shared/bus/store-transfer.ts";
import { snapshotOf } from "../../shared/bus/stream-snapshot.ts";
import { Refused, reach, result, type StoreRun, say } from "./command.ts";
import { arrivedText, checkTarget, checkUnwritten } from "./replace.ts";

/** @throws SnapshotFailed, Refused */
export async function move({ bus, config }: StoreRun): Promise<number> {
  if (config.to === undefined)
    throw new Refused("move: --to, the URL of the other NATS, is missing");
  await checkUnwritten(bus, "here");
  // A login in the URL counts before that of the settings, which is for the NATS that is left.
  const hasLogin = new URL(config.to).username !== "";
  const login = { natsUser: undefined, natsPassword: undefined, natsPasswordFile: undefined };
  const target = await reach([config.to], hasLogin ? { ...config, ...login } : config);
  const existing: string[] = [];
  for (const stream of keptStreams(config)) {
    if ((await messagesOf(bus, stream)) !== undefined) existing.push(stream);
  }
  await checkTarget(target, config, existing);
  const moved: { stream: string; messages: number }[] = [];
  for (const stream of existing) {
    const snapshot = await snapshotOf(bus, stream);
    const messages = await putInPlace(target, config, snapshot);
    moved.push({ stream, messages });
    say(config, arrivedText(stream, snapshot.head.state.messages, messages));
  }
  say(config, "Start the processes with the other --nats-url now. Here, everything is as it was.");
  result(config, { moved });
  await target.stop();
  return 0;
}
