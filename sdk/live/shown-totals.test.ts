import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OvationEvent } from "../../shared/protocol/event.ts";
import { countsOf, namesOf } from "../frame.ts";
import { ShownTotals } from "./shown-totals.ts";

const NAME = "react:🔥";

/** What dispatchers accepted of one video, what a gateway sends of it, and one viewer's own events. */
class Model {
  /** Every accepted event, in the order in which the gateway got them. */
  readonly log: { readonly id: string }[] = [];
  readonly shown = new ShownTotals({ isTransient: (kind) => kind === "react", namesOf });
  /** How much of the log the viewer got, or can't get any more. */
  #delivered = 0;
  /** Own events that are neither refused nor accepted. */
  readonly waiting: string[] = [];
  #ids = 0;
  /** What this gateway said last. */
  #server = 0;
  readonly #own = new Set<string>();

  get number(): number | undefined {
    const { current } = this.shown;
    return current === undefined ? undefined : (current[NAME] ?? 0);
  }

  /** What the viewer may see at most: what it was sent, and what it published and was not sent. */
  get most(): number {
    const outstanding = [...this.#own].filter(
      (id) => !this.log.slice(0, this.#delivered).some((event) => event.id === id),
    );
    return this.#delivered + outstanding.length;
  }

  like(): void {
    this.#ids += 1;
    this.log.push({ id: `other-${this.#ids}` });
  }

  publish(): void {
    this.#ids += 1;
    const id = `own-${this.#ids}`;
    this.waiting.push(id);
    this.#own.add(id);
    this.shown.publish({ id, kind: "react", data: { variant: "🔥" } });
  }

  accept(): void {
    const id = this.waiting.shift();
    if (id !== undefined) this.log.push({ id });
  }

  refuse(index: number): void {
    const [id] = this.waiting.splice(index % Math.max(1, this.waiting.length), 1);
    if (id === undefined) return;
    this.#own.delete(id);
    this.shown.refuse(id);
  }

  /** @param isListed which events a frame has, of those that it counts */
  frame(count: number, isListed: readonly boolean[], behind: number | undefined): void {
    const part = this.log.slice(this.#delivered, this.#delivered + count);
    this.#send(part, isListed, behind);
  }

  /** The connection is lost, and what was on the way; the next gateway's totals may be behind. */
  reconnect(behind: number | undefined, overlap: number, isListed: readonly boolean[]): void {
    this.#delivered = this.log.length;
    this.#server = 0;
    this.shown.joined(behind === undefined ? undefined : this.#totals(behind), true);
    // The first frame may begin before the subscription.
    this.#send(this.log.slice(this.log.length - overlap), isListed, behind, this.log.length);
  }

  #send(
    part: readonly { readonly id: string }[],
    isListed: readonly boolean[],
    behind: number | undefined,
    until = this.#delivered + part.length,
  ): void {
    const events = part.map(
      ({ id }): OvationEvent => ({ id, kind: "react", at: 1, data: { variant: "🔥" } }),
    );
    const listed = events.filter((_, index) => isListed[index % isListed.length] === true);
    const isSampled = listed.length < events.length;
    this.#delivered = until;
    const totals = { id: "t", kind: "totals", at: 1, data: this.#totals(behind ?? 0) };
    this.shown.frame({
      events: behind === undefined ? listed : [...listed, totals],
      counts: countsOf(listed, [], isSampled ? countsOf(events, [], undefined) : undefined),
    });
  }

  /** Totals that count less than what the gateway has got, and never less than before. */
  #totals(behind: number): Record<string, number> {
    this.#server = Math.max(this.#server, this.#delivered - behind);
    return { react: this.#server, [NAME]: this.#server };
  }
}

const listed = fc.array(fc.boolean(), { minLength: 1, maxLength: 4 });
const behind = fc.option(fc.nat(6), { nil: undefined });
const step = fc.oneof(
  fc.record({ op: fc.constant("like" as const) }),
  fc.record({ op: fc.constant("publish" as const) }),
  fc.record({ op: fc.constant("accept" as const) }),
  fc.record({ op: fc.constant("refuse" as const), index: fc.nat(3) }),
  fc.record({ op: fc.constant("frame" as const), count: fc.nat(5), listed, behind }),
  fc.record({ op: fc.constant("reconnect" as const), overlap: fc.nat(3), listed, behind }),
);

function apply(model: Model, one: typeof step extends fc.Arbitrary<infer Step> ? Step : never) {
  if (one.op === "frame") model.frame(one.count, one.listed, one.behind);
  else if (one.op === "reconnect") model.reconnect(one.behind, one.overlap, one.listed);
  else if (one.op === "refuse") model.refuse(one.index);
  else model[one.op]();
}

describe("the totals that a viewer sees", () => {
  test("have its own events at once and never twice, never go backwards but for refusals, and end exact", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const model = new Model();
        model.shown.joined({}, true);
        for (const one of steps) {
          const before = model.number ?? 0;
          apply(model, one);
          const after = model.number ?? 0;
          if (one.op === "publish") expect(after).toBe(before + 1);
          else if (one.op === "refuse") expect(after).toBeGreaterThanOrEqual(before - 1);
          else expect(after).toBeGreaterThanOrEqual(before);
          expect(after).toBeLessThanOrEqual(model.most);
        }
        while (model.waiting.length > 0) model.accept();
        model.frame(model.log.length, [true, false], 0);
        expect(model.number).toBe(model.log.length);
      }),
      { numRuns: 300 },
    );
  });

  test("count durable events as the server does, and fall when it says so", () => {
    const shown = new ShownTotals({ isTransient: (kind) => kind === "like", namesOf });
    const totals = (data: unknown) => {
      const events = [{ id: "t", kind: "totals", at: 1, data }];
      shown.frame({ events, counts: {} });
      return shown.current;
    };
    shown.joined({ like: 7, comment: 3 }, true);
    expect(totals({ like: 7, comment: 3 })).toEqual({ like: 7, comment: 3 });
    const comment = { id: "c", kind: "comment", at: 1, seq: 9 };
    shown.frame({ events: [comment], counts: { comment: 1 } });
    expect(shown.current).toEqual({ like: 7, comment: 3 });
    shown.publish({ id: "own", kind: "comment" });
    // A comment was deleted, and somebody set the likes.
    expect(totals({ like: 2, comment: 2 })).toEqual({ like: 2, comment: 2 });
    expect(totals({})).toEqual({});
  });
});
