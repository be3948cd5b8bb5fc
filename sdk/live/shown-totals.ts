/** The totals of a video as one viewer sees them, by kind and by `kind:variant`. */
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { TOTALS_KIND } from "../../shared/protocol/kinds.ts";
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { Frame } from "../frame.ts";
import { ShownNumber } from "./shown-number.ts";

/** Not imported: modules that both the core and this chunk use would be loaded as a third file. */
const TOTALS: typeof TOTALS_KIND = "totals";

interface Kinds {
  /** Whether the events of a kind are counted, not stored. */
  isTransient(kind: string): boolean;
  /** What an event is counted by. */
  namesOf(event: Pick<OvationEvent, "kind" | "data">): readonly string[];
}

export class ShownTotals {
  readonly #kinds: Kinds;
  /** Of transient kinds, which frames and own events raise. */
  readonly #numbers = new Map<string, ShownNumber>();
  /** Of durable kinds: the server's totals follow each change, and fall with deletions. */
  #others: Counts = {};
  #isKnown = false;
  /**
   * Whether the first frame of a subscription is still to come. It may have counts from before the
   * subscription, which the totals have too.
   */
  #isFirst = false;

  constructor(kinds: Kinds) {
    this.#kinds = kinds;
  }

  /** Undefined until the server's totals are known. */
  get current(): Counts | undefined {
    if (!this.#isKnown) return undefined;
    const shown = [...this.#numbers].map(([name, number]) => [name, number.shown] as const);
    return { ...this.#others, ...Object.fromEntries(shown.filter(([, count]) => count > 0)) };
  }

  /**
   * @param totals undefined when the gateway can't read them
   * @param isNow whether the next frame is the first one of the subscription
   */
  joined(totals: Counts | undefined, isNow: boolean): void {
    this.#isFirst = isNow;
    for (const number of this.#numbers.values()) number.reconnect();
    if (totals !== undefined) this.#setTotals(totals);
  }

  frame({ events, counts }: Frame): void {
    const listed = new Map<string, string[]>();
    for (const event of events) {
      for (const name of this.#kinds.namesOf(event)) {
        const ids = listed.get(name) ?? [];
        ids.push(event.id);
        listed.set(name, ids);
      }
    }
    let hasCounts = false;
    for (const [name, count] of Object.entries(counts)) {
      if (count === 0 || !this.#isTransientName(name)) continue;
      hasCounts = true;
      if (this.#isFirst) this.#number(name).raise(count);
      else this.#number(name).add(count, listed.get(name) ?? []);
    }
    // Past events come before the first frame.
    if (hasCounts || events.some(({ seq }) => seq === undefined)) this.#isFirst = false;
    for (const { kind, data } of events) if (kind === TOTALS) this.#setTotals(data as Counts);
  }

  /** This viewer published an event. Only events of transient kinds show at once. */
  publish(event: Pick<OvationEvent, "id" | "kind" | "data">): void {
    const { isTransient, namesOf } = this.#kinds;
    if (!isTransient(event.kind)) return;
    for (const name of namesOf(event)) this.#number(name).publish(event.id);
  }

  /** An event of this viewer was refused. */
  refuse(id: string): void {
    for (const number of this.#numbers.values()) number.settle(id);
  }

  #setTotals(totals: Counts): void {
    this.#isKnown = true;
    this.#others = Object.fromEntries(
      Object.entries(totals).filter(([name]) => !this.#isTransientName(name)),
    );
    const transient = Object.keys(totals).filter((name) => this.#isTransientName(name));
    for (const name of new Set([...transient, ...this.#numbers.keys()])) {
      this.#number(name).setServer(totals[name] ?? 0);
    }
  }

  #number(name: string): ShownNumber {
    const number = this.#numbers.get(name) ?? new ShownNumber();
    this.#numbers.set(name, number);
    return number;
  }

  #isTransientName(name: string): boolean {
    return this.#kinds.isTransient(name.split(":", 1)[0] ?? name);
  }
}
