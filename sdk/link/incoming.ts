/** Checks messages of a gateway once, as far as the SDK relies on them. */
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { DeliveryClass } from "../../shared/protocol/kinds.ts";
import type { Answer, PushHandlers, Refusal, Rules } from "./link.ts";

/** A decoded map. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEvent(value: unknown): value is OvationEvent {
  return isFields(value) && typeof value["id"] === "string" && typeof value["kind"] === "string";
}

/** The events of a list; other items are skipped. */
export function eventsOf(value: unknown): OvationEvent[] {
  return Array.isArray(value) ? value.filter(isEvent) : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** Reads the `error` of an HTTP response, or a message with `op: "error"`. */
export function refusalOf(fields: Fields): Refusal {
  const code = text(fields["code"]) ?? "internal";
  return {
    op: "error",
    code,
    message: text(fields["message"]) ?? code,
    field: text(fields["field"]),
    limit: number(fields["limit"]),
    retryAfterMs: number(fields["retryAfterMs"]),
  };
}

function rulesOf({ limits, kinds, report }: Fields): Rules | undefined {
  if (!isFields(limits) || !isFields(kinds)) return undefined;
  const of = (deliveryClass: DeliveryClass) =>
    Object.keys(kinds).filter((kind) => kinds[kind] === deliveryClass);
  return {
    transient: of("transient"),
    latest: of("latest"),
    state: of("state"),
    dataBytes: number(limits["dataBytes"]),
    messageBytes: number(limits["messageBytes"]),
    report,
  };
}

/** Reads a message with `op: "result"` or `op: "error"`. */
export function answerOf(fields: Fields): Answer {
  if (fields["op"] === "error") return refusalOf(fields);
  return {
    op: "result",
    gateway: text(fields["gateway"]),
    expiresInMs: number(fields["expiresInMs"]),
    eventId: text(fields["eventId"]),
    seq: number(fields["seq"]),
    epoch: text(fields["epoch"]),
    recovered: typeof fields["recovered"] === "boolean" ? fields["recovered"] : undefined,
    oldest: number(fields["oldest"]),
    now: number(fields["now"]),
    state: isFields(fields["state"]) ? fields["state"] : undefined,
    totals: countsOf(fields["totals"]),
    rules: rulesOf(fields),
  };
}

/** The counts by kind; values that are not numbers are skipped. */
export function countsOf(value: unknown): Readonly<Record<string, number>> | undefined {
  if (!isFields(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).filter(
      (entry): entry is [string, number] => typeof entry[1] === "number",
    ),
  );
}

/** Dispatches a push. An unknown or unreadable one is ignored: a newer gateway may have sent it. */
export function dispatchPush(message: Fields, handlers: PushHandlers): void {
  const { op, video, events, epoch, seq, reconnectAfterMs } = message;
  if (op === "events" && typeof video === "string" && events !== undefined) {
    const counts = countsOf(message["counts"]);
    handlers.onEvents({ op, video, events: eventsOf(events), counts });
  } else if (op === "reset" && typeof video === "string" && typeof epoch === "string") {
    handlers.onReset({ op, video, epoch, seq: number(seq) ?? 0 });
  } else if (op === "bye") {
    handlers.onBye({ op, reconnectAfterMs: number(reconnectAfterMs) ?? 0 });
  } else if (op === "stale" || op === "live") handlers.onStale(op === "stale");
  else if (op === "unsubscribed" && typeof video === "string") {
    handlers.onUnsubscribed(video, refusalOf(message));
  } else if (op === "refresh") handlers.onRefresh();
}
