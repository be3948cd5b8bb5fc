/** Finds a stored event by its id, as the chain has it now. */
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import type { ChainReader } from "../chain/chain-reader.ts";
import type { Deferred } from "../chain/pending-limit.ts";
import { type ChainMessage, readMessage } from "./chain-message.ts";
import { eventsIn } from "./retraction.ts";
import type { VideoChain } from "./video-chain.ts";
import type { VideoWriter } from "./video-writer.ts";

interface EventFinderOptions {
  readonly store: Pick<HistoryStream, "next">;
  readonly reader: ChainReader<ChainMessage>;
  readonly writerOf: (video: string) => VideoWriter;
}

export class EventFinder {
  readonly #options: EventFinderOptions;

  constructor(options: EventFinderOptions) {
    this.#options = options;
  }

  /** The job's outcome is the event; undefined when it is deleted, or not there. */
  find(video: string, id: string, job: Deferred<DurableEvent | undefined>): void {
    const { store, reader, writerOf } = this.#options;
    void writerOf(video).runExclusive(job, async (chain) => {
      // Another dispatcher may have stored or deleted it a moment ago.
      await reader.bringUpToDate(chain);
      if (chain.trust !== "sound") throw new OvationError("history_unavailable");
      const known = chain.ids.get(id);
      if (known === undefined || known.retractedBy !== undefined) return job.resolve(undefined);
      const holders = await messagesOf(store, chain, known.holders);
      job.resolve(holders.flatMap(eventsIn).find(({ seq }) => seq === known.seq));
    });
  }
}

/** Those of a chain's messages that are not erased yet. */
export async function messagesOf(
  store: Pick<HistoryStream, "next">,
  { video }: VideoChain,
  sequences: readonly number[],
): Promise<ChainMessage[]> {
  const found: ChainMessage[] = [];
  for (const sequence of sequences) {
    const message = await store.next(video, sequence);
    if (message?.sequence === sequence) found.push(readMessage(message));
  }
  return found;
}
