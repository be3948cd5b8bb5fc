/**
 * Reports to the gateway what this viewer gets, where the gateway asks for it. A chunk of its own,
 * which most viewers never load.
 */
import type { EventsMessage } from "../../shared/protocol/wire/server-messages.ts";
import type { ObservedChannel } from "./arrivals.ts";
import { type Linked, type PublishHost, Reporter, type Terms } from "./reporter.ts";

/** The terms of a gateway; undefined if this client can't read them. */
function termsOf(report: unknown): Terms | undefined {
  const { everyMs, boundsMs } = Object(report) as Readonly<Record<string, unknown>>;
  const isNumber = (value: unknown): value is number => typeof value === "number";
  if (!isNumber(everyMs) || !(everyMs >= 1_000)) return undefined;
  if (!Array.isArray(boundsMs) || !boundsMs.every(isNumber)) return undefined;
  return { everyMs, boundsMs };
}

/**
 * Begins to report over a link.
 * @returns takes what arrives; without a message, it ends
 */
export function report(
  linked: Linked,
  channels: ReadonlyMap<string, ObservedChannel>,
  host: PublishHost,
): ((message?: EventsMessage) => void) | undefined {
  const { rules, request } = linked.link;
  const terms = termsOf(rules?.report);
  if (terms === undefined || request === undefined) return undefined;
  const { requestAnimationFrame: nextFrame, document: page } = globalThis as Partial<
    typeof globalThis
  >;
  const reporter = new Reporter({
    linked,
    channels,
    host,
    terms,
    screen: {
      page,
      // A browser's function throws when it is called as a method of another object.
      nextFrame: nextFrame && ((draw) => nextFrame(draw)),
      now: () => performance.now(),
    },
    random: Math.random,
  });
  reporter.start();
  return (message) => (message === undefined ? reporter.stop() : reporter.observe(message));
}
