/** Does what an operator asks of this gateway over NATS, and logs who asked. */
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import {
  CONNECTIONS_LIMIT,
  type ControlAnswer,
  type ControlRequest,
  decodeControlRequest,
  encodeControlAnswer,
  type ListedConnection,
} from "../../shared/protocol/control.ts";
import { controlSubject, isReservedSubject } from "../../shared/protocol/subjects.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";

const VIDEOS_LISTED = 10;
/** A disconnected viewer returns at a random moment within this. */
const RECONNECT_SPREAD_MS = 2_000;

/** A viewer, over any wire. */
interface ControlledViewer {
  /** Who watches, if that is known. */
  readonly actor: string | undefined;
  readonly wire: string;
  /** When it connected, in seconds of the monotonic clock. */
  readonly openedAtS: number;
  /** The videos that it watches. */
  watching(): readonly string[];
  /** Tells it when to reconnect, and disconnects it. */
  dismiss(reconnectAfterMs: number): void;
}

interface ControlOptions {
  readonly bus: Pick<Bus, "subscribe" | "publish">;
  readonly gateway: string;
  readonly viewers: () => Iterable<ControlledViewer>;
  /** Drains the process and ends it, as SIGTERM does. */
  readonly requestStop: (why: string) => void;
  readonly now: MonotonicClock;
  readonly random: () => number;
  readonly log: Log;
}

export class Control {
  readonly #options: ControlOptions;
  /** Given when a viewer is first listed: most never are. */
  readonly #ids = new WeakMap<ControlledViewer, string>();
  #lastId = 0;
  #subscription: BusSubscription | undefined;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  start(): void {
    const { bus, gateway } = this.#options;
    this.#subscription = bus.subscribe(controlSubject(gateway), (payload, _subject, reply) => {
      const request = decodeControlRequest(payload);
      // We may publish where the requester may not: never answer to a subject with a meaning.
      if (request === undefined || reply === "" || isReservedSubject(reply)) return;
      bus.publish(reply, encodeControlAnswer(this.#answer(request)));
    });
  }

  stop(): void {
    this.#subscription?.unsubscribe();
  }

  #answer(request: ControlRequest): ControlAnswer {
    const { log, requestStop, random } = this.#options;
    switch (request.op) {
      case "who":
        return this.#list(this.#find(({ actor }) => actor === request.actor));
      case "disconnect": {
        const { actor, connection, by } = request;
        const found = this.#find((viewer) =>
          connection === undefined
            ? actor !== undefined && viewer.actor === actor
            : this.#ids.get(viewer) === connection,
        );
        const answer = this.#list(found);
        for (const viewer of found) viewer.dismiss(Math.round(random() * RECONNECT_SPREAD_MS));
        log.info({ by, actor, connection, count: found.length }, "an operator disconnects viewers");
        return answer;
      }
      case "drain":
        log.info({ by: request.by }, "an operator drains this gateway");
        requestStop(`drained by ${request.by}`);
        return { count: [...this.#options.viewers()].length, connections: [] };
    }
  }

  #find(isWanted: (viewer: ControlledViewer) => boolean): readonly ControlledViewer[] {
    return [...this.#options.viewers()].filter(isWanted);
  }

  #list(found: readonly ControlledViewer[]): ControlAnswer {
    const connections = found.slice(0, CONNECTIONS_LIMIT).map((viewer) => this.#listed(viewer));
    return { count: found.length, connections };
  }

  #listed(viewer: ControlledViewer): ListedConnection {
    const { gateway, now } = this.#options;
    let connection = this.#ids.get(viewer);
    if (connection === undefined) {
      this.#lastId += 1;
      connection = `${gateway}.${this.#lastId}`;
      this.#ids.set(viewer, connection);
    }
    return {
      connection,
      wire: viewer.wire,
      videos: viewer.watching().slice(0, VIDEOS_LISTED),
      openS: Math.max(0, Math.round(now() / 1_000) - viewer.openedAtS),
    };
  }
}
