/**
 * The publishes of one connection that wait because something is not known here by which they are
 * checked: their kind, which may have been added a moment ago, or the rules of their video's room.
 * Those that follow wait behind them, so that they keep their order.
 */
import { KIND_PATTERN } from "../../shared/protocol/kinds.ts";
import type { Grant } from "../auth/grant.ts";
import { mustReadRules } from "./operations/room-rules.ts";
import type { GatewayServices } from "./services.ts";

/** A connection, as far as it is needed here. */
export interface LearningConnection {
  readonly services: Pick<GatewayServices, "rules" | "roomRules">;
  readonly grant: Grant;
  inFlight: number;
  /** Settled when its last publish that waits may go on. */
  learning: Promise<void> | undefined;
  /** @throws OvationError in_flight_exceeded */
  requireRoom(): void;
}

/**
 * @returns undefined when an event of this kind need not wait; otherwise it may go on once this
 *   resolves, whether the kind is known then or not
 * @throws OvationError in_flight_exceeded; unavailable or overloaded when the kinds can't be read
 */
export function readyToAdmit(
  connection: LearningConnection,
  video: string,
  kind: string,
): Promise<void> | undefined {
  const { services, grant, learning } = connection;
  const isKnown = services.rules.kinds.get(kind) !== undefined || !KIND_PATTERN.test(kind);
  const hasRules = !mustReadRules(services, grant, video);
  if (isKnown && hasRules && learning === undefined) return undefined;
  connection.requireRoom();
  return learn(connection, video, isKnown ? undefined : kind);
}

async function learn(
  connection: LearningConnection,
  video: string,
  kind: string | undefined,
): Promise<void> {
  const { services, grant } = connection;
  const { rules, roomRules } = services;
  const earlier = connection.learning;
  const turn = (async () => {
    // Its own publish reports why it failed.
    await earlier?.catch(() => undefined);
    if (kind !== undefined && rules.kinds.get(kind) === undefined) await rules.learnKinds();
    if (mustReadRules(services, grant, video)) await roomRules.learn(video);
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
