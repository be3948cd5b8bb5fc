/** Follows videos by pattern, over NATS: as a service that observes, and not as a viewer. */
import { setTimeout as wait } from "node:timers/promises";
import type { Frame } from "../../sdk/index.ts";
import { OvationError } from "../../server-sdk/index.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { natsSettings } from "../../shared/config/nats-settings.ts";
import { readVariablesOf } from "../../shared/config/sources.ts";
import { defaultsOf, valuesOf } from "../../shared/config/values.ts";
import type { OvationEvent } from "../../shared/protocol/event.ts";
import { decodeFanoutMessage } from "../../shared/protocol/fanout-message.ts";
import {
  OBSERVE_SUBJECT,
  OBSERVED_SUBJECTS,
  videoOfObservedSubject,
} from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import { createLog } from "../../shared/runtime/log.ts";
import { UsageError } from "../http/command.ts";

/** Dispatchers forget an observer after three of these. */
const REPEAT_MS = 10_000;
const ANSWER_MS = 5_000;

/**
 * Follows videos until the signal aborts.
 * @throws OvationError, UsageError
 */
export async function observe(
  patterns: readonly string[],
  waitMs: number,
  signal: AbortSignal,
  onFrame: (video: string, frame: Frame) => void,
): Promise<void> {
  const bus = await connected(waitMs);
  try {
    bus.subscribe(OBSERVED_SUBJECTS, (payload, subject) => {
      const video = videoOfObservedSubject(subject);
      const frame = frameOf(payload);
      if (video !== undefined && frame !== undefined) onFrame(video, frame);
    });
    while (!signal.aborted) {
      await request(bus, patterns);
      await wait(REPEAT_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await bus.stop();
  }
}

/** Connects as the variables for NATS say. */
async function connected(waitMs: number): Promise<Bus> {
  const variables = readVariablesOf(natsSettings, process.env);
  const { values, faults } = valuesOf(natsSettings, (key) => variables.get(key));
  if (faults.length > 0) throw new UsageError(faults.join("\n"));
  const login = { ...defaultsOf(natsSettings), ...values };
  const servers = login.natsUrl;
  const log = createLog("tail", "tail", "silent");
  const connecting = Bus.connect({ servers, login, inbox: "observer", name: "ovation-tail", log });
  const late = wait(waitMs, undefined, { ref: false });
  const bus = await Promise.race([connecting, late]).catch((fault: Error) => {
    throw new OvationError("login_refused", `${fault.message}; patterns need the user observer`);
  });
  if (bus !== undefined) return bus;
  const message = `NATS could not be reached within ${waitMs} ms; OVATION_NATS_URL says where it is`;
  throw new OvationError("unavailable", message);
}

async function request(bus: Bus, videos: readonly string[]): Promise<void> {
  const body = Buffer.from(JSON.stringify({ videos }));
  const answer = await bus.request(OBSERVE_SUBJECT, body, ANSWER_MS).catch((fault: Error) => {
    const message = `no dispatcher answers: ${fault.message}`;
    throw new OvationError("unavailable", message);
  });
  const { error } = JSON.parse(Buffer.from(answer).toString()) as {
    readonly error?: { readonly code: string; readonly message: string };
  };
  if (error !== undefined) throw new OvationError(error.code, error.message);
}

/** What all may see of a message; undefined when that is nothing. */
function frameOf(payload: Uint8Array): Frame | undefined {
  const message = decodeFanoutMessage(payload);
  if (message?.form !== "events" && message?.form !== "record") return undefined;
  const entries =
    message.form === "record"
      ? message.record.events
      : message.events.filter(({ onlyFor }) => onlyFor === undefined);
  const events = entries.map(({ bytes }) => decodeTrustedMsgpack(bytes) as OvationEvent);
  const counts: Record<string, number> = {};
  for (const { kind } of events) counts[kind] = (counts[kind] ?? 0) + 1;
  for (const { kind, count } of message.form === "events" ? (message.counted ?? []) : []) {
    counts[kind] = (counts[kind] ?? 0) + count;
  }
  return { events, counts };
}
