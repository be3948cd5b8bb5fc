/**
 * How the events of a kind are delivered.
 *
 * - `transient`: may be sampled for a slow or flooded viewer; counts stay exact.
 * - `durable`: stored, ordered per video, recoverable.
 * - `latest`: only the newest one matters, and only at the moment.
 * - `state`: the newest one is stored, and told to everyone who comes.
 * - `vote`: counted once for each actor of a poll; nobody is sent it.
 */
export type DeliveryClass = "transient" | "durable" | "latest" | "state" | "vote";

/** The classes whose events viewers get. */
export type DeliveredClass = Exclude<DeliveryClass, "vote">;

/** Every delivery class, for code that checks input. */
export const DELIVERY_CLASSES: readonly DeliveryClass[] = [
  "transient",
  "durable",
  "latest",
  "state",
  "vote",
];

/** A JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A kind of event, and how it is delivered. */
export interface Kind {
  readonly name: string;
  readonly deliveryClass: DeliveryClass;
  /** What `data.variant` may be, each counted by itself; undefined: the kind has none. */
  readonly variants?: readonly string[] | "any";
  /** What `data` must be; undefined: anything. */
  readonly schema?: JsonSchema;
  /** Whether reviewers are asked before an event is published. */
  readonly review?: boolean;
}

/** The grammar of a kind's name. */
export const KIND_PATTERN = /^[a-z][a-z0-9_-]{0,31}$/;

/** How many kinds a deployment may configure, besides the built-in ones. */
export const KINDS_LIMIT = 32;

/** The built-in kind that carries viewer counts. */
export const VIEWERS_KIND = "viewers";
/** The built-in kind that carries how many events of each kind there were. */
export const TOTALS_KIND = "totals";
/** The built-in kind that deletes a durable event. */
export const RETRACTED_KIND = "retracted";

/** The built-in kind that says that the video has ended. */
export const ENDED_KIND = "ended";

/** The built-in kind that has the rules of the video's room. */
export const RULES_KIND = "rules";
/** The built-in kind that has the event which a moderator pinned. */
export const PINNED_KIND = "pinned";

const BUILT_IN_LATEST = [VIEWERS_KIND, TOTALS_KIND];
const BUILT_IN_STATE = [PINNED_KIND, RULES_KIND, "polls", ENDED_KIND];
/** Only the names: this much is part of every page. */
const BUILT_IN: readonly string[] = [...BUILT_IN_LATEST, RETRACTED_KIND, ...BUILT_IN_STATE];

/** Whether only Ovation itself sends this kind: nobody may configure or publish it. */
export function isBuiltIn(name: string): boolean {
  return BUILT_IN.includes(name);
}

function builtInKinds(): readonly Kind[] {
  return [
    ...BUILT_IN_LATEST.map((name): Kind => ({ name, deliveryClass: "latest" })),
    { name: RETRACTED_KIND, deliveryClass: "durable" },
    ...BUILT_IN_STATE.map((name): Kind => ({ name, deliveryClass: "state" })),
  ];
}

/** The kinds of a deployment: the configured ones and the built-in ones. */
export class KindTable implements Iterable<Kind> {
  readonly #byName: ReadonlyMap<string, Kind>;
  /** The names of those that may be published. */
  readonly publishable: readonly string[];

  constructor(kinds: readonly Kind[]) {
    // The built-in ones come last, so that no configured kind can replace them.
    this.#byName = new Map([...kinds, ...builtInKinds()].map((kind) => [kind.name, kind]));
    this.publishable = this.names().filter((name) => !isBuiltIn(name));
  }

  /** The kind with this name, or undefined if this deployment has none. */
  get(name: string): Kind | undefined {
    return this.#byName.get(name);
  }

  /** Whether there is such a kind, and its events are transient. */
  isTransient(name: string): boolean {
    return this.get(name)?.deliveryClass === "transient";
  }

  /** Whether there is such a kind, and its events are durable. */
  isDurable(name: string): boolean {
    return this.get(name)?.deliveryClass === "durable";
  }

  /** Whether there is such a kind, and its events are stored before they are acknowledged. */
  isStored(name: string): boolean {
    const deliveryClass = this.get(name)?.deliveryClass;
    return deliveryClass === "durable" || deliveryClass === "state" || deliveryClass === "vote";
  }

  /** Whether there is such a kind, and its events are votes. */
  isVote(name: string): boolean {
    return this.get(name)?.deliveryClass === "vote";
  }

  /** The names of all kinds. */
  names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  [Symbol.iterator](): Iterator<Kind> {
    return this.#byName.values();
  }
}
