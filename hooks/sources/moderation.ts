/** Who was banned and let in again, and which videos ended: from the record of what moderators did. */
import type { ReadMessage } from "../../shared/bus/stream-reader.ts";
import type { HookEvent } from "../../shared/protocol/hooks/events.ts";
import type { SourceProgress } from "../../shared/protocol/hooks/progress.ts";
import { waitingEvent } from "../../shared/protocol/hooks/stored-events.ts";
import { BAN_MODES } from "../../shared/protocol/moderation/ban.ts";
import {
  decodeModerationRecord,
  type ModerationRecord,
} from "../../shared/protocol/moderation/record.ts";
import { NO_VIDEO, targetOfModerationSubject } from "../../shared/protocol/subjects.ts";
import type { Outbox } from "./outbox.ts";
import type { Collector } from "./source.ts";

export class ModerationCollector implements Collector {
  readonly name = "moderation";
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  begin(): void {
    // It needs nothing but the next record.
  }

  async collect(messages: readonly ReadMessage[], { epoch }: SourceProgress): Promise<void> {
    for (const { subject, payload, sequence } of messages) {
      const record = decodeModerationRecord(payload);
      const target = targetOfModerationSubject(subject);
      const event = record && eventOf(record, target, `moderation:${epoch}:${sequence}`);
      if (event === undefined) continue;
      await this.#outbox.put(this.name, target, epoch, ({ upTo }) =>
        sequence <= upTo ? undefined : { upTo: sequence, mark: "", events: [waitingEvent(event)] },
      );
    }
  }
}

function eventOf(record: ModerationRecord, target: string, id: string): HookEvent | undefined {
  const { act, atMs, target: actor, why, detail } = record;
  const video = target === NO_VIDEO ? null : target;
  const about = { version: 1, id, at: atMs, video } as const;
  const by = record.by === undefined ? {} : { by: record.by };
  switch (act) {
    case "video.end":
      return video === null ? undefined : { ...about, video, type: "video.ended", data: by };
    case "ban.put": {
      const mode = BAN_MODES.find((one) => one === detail?.["mode"]);
      if (actor === undefined || mode === undefined) return undefined;
      const until = detail?.["untilMs"];
      const untilMs = typeof until === "number" ? until : null;
      const reason = why === undefined ? {} : { reason: why };
      const data = { actor, mode, untilMs, ...reason, ...by };
      return { ...about, type: "actor.banned", data };
    }
    case "ban.delete":
      if (actor === undefined) return undefined;
      return { ...about, type: "actor.unbanned", data: { actor, ...by } };
    default:
      return undefined;
  }
}
