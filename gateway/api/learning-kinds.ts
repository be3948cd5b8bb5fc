/**
 * The publishes of one connection that wait because the kind of one of them is not known here: it
 * may have been added a moment ago. Those that follow wait behind it, so that they keep their order.
 */
import { KIND_PATTERN } from "../../shared/protocol/kinds.ts";
import type { GatewayServices } from "./services.ts";

/** A connection, as far as it is needed here. */
export interface LearningConnection {
  readonly services: Pick<GatewayServices, "rules">;
  inFlight: number;
  /** Settled when its last publish that waits for kinds may go on. */
  learning: Promise<void> | undefined;
  /** @throws OvationError in_flight_exceeded */
  requireRoom(): void;
}

/**
 * @returns undefined when an event of this kind need not wait; otherwise it may go on once this
 *   resolves, whether the kind is known then or not
 * @throws OvationError in_flight_exceeded; unavailable or overloaded when the kinds can't be read
 */
export function kindLearned(
  connection: LearningConnection,
  kind: string,
): Promise<void> | undefined {
  const { rules } = connection.services;
  const isKnown = rules.kinds.get(kind) !== undefined || !KIND_PATTERN.test(kind);
  if (isKnown && connection.learning === undefined) return undefined;
  connection.requireRoom();
  return learn(connection, isKnown ? undefined : kind);
}

async function learn(connection: LearningConnection, kind: string | undefined): Promise<void> {
  const { rules } = connection.services;
  const earlier = connection.learning;
  const turn = (async () => {
    // Its own publish reports why it failed.
    await earlier?.catch(() => undefined);
    if (kind !== undefined && rules.kinds.get(kind) === undefined) await rules.learnKinds();
  })();
  connection.learning = turn;
  connection.inFlight += 1;
  try {
    await turn;
  } finally {
    connection.inFlight -= 1;
    if (connection.learning === turn) connection.learning = undefined;
  }
}
