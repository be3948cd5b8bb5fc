import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EMPTY_STATE, type StateDocument } from "../../shared/protocol/state-document.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { StoredState } from "./state-reader.ts";
import { type StateChange, VideoState } from "./video-state.ts";

/** The bucket's document, and reads of it that are answered when the test says so. */
class Store {
  document: StateDocument = EMPTY_STATE;
  revision = 0;
  readonly #reads: ((stored: StoredState) => void)[] = [];

  /** Stores a value, or its removal; returns the event that dispatchers send. */
  put(name: string, value: number | undefined): StateChange {
    this.revision += 1;
    const { revision } = this;
    const bytes = encodeMsgpack({ id: `r${revision}`, kind: name, at: 1, data: value });
    const values = new Map(this.document.values);
    if (value === undefined) values.delete(name);
    else values.set(name, { bytes, at: 1 });
    this.document = { values, marks: [] };
    const state = { name, revision, isRemoval: value === undefined };
    return { kind: name, deliveryClass: "state", bytes, state };
  }

  read(): Promise<StoredState> {
    const { promise, resolve } = Promise.withResolvers<StoredState>();
    this.#reads.push(resolve);
    return promise;
  }

  /** Answers the read that waits, with what is stored now or was a moment ago. */
  answer(stored: StoredState = this): void {
    const { document, revision } = stored;
    this.#reads.shift()?.({ document, revision });
  }

  get now(): StoredState {
    return { document: this.document, revision: this.revision };
  }
}

function stateOf(store: Store) {
  const shown: StateChange[] = [];
  const reader = { read: () => store.read(), onDoubt: () => () => undefined };
  const options = {
    reader,
    checkMs: 60_000,
    random: Math.random,
    newId: () => "gone",
    wallClock: () => 1,
  };
  const state = new VideoState("launch", options, (change) => shown.push(change));
  const receive = (event: StateChange) => {
    const news = state.receive(event);
    if (news !== undefined) shown.push(news);
  };
  return { state, shown, receive };
}

describe("the state that a gateway shows", () => {
  test("never goes back to an older value, and ends at what is stored, in whichever order events and reads come", async () => {
    const step = fc.record({
      name: fc.constantFrom("score", "pinned"),
      value: fc.option(fc.nat(9), { nil: undefined }),
      // Whether its event is lost, and how many events overtake it.
      isLost: fc.boolean(),
      delay: fc.nat(4),
      read: fc.constantFrom("none", "begin", "end"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const store = new Store();
        const { state, shown, receive } = stateOf(store);
        const late: { event: StateChange; at: number }[] = [];
        const deliver = (until: number) => {
          for (const { event } of late.filter(({ at }) => at === until)) receive(event);
        };
        const reads: Promise<void>[] = [];
        for (const [index, { name, value, isLost, delay, read }] of steps.entries()) {
          const before = store.now;
          const event = store.put(name, value);
          if (!isLost) late.push({ event, at: index + delay });
          if (read === "begin") reads.push(state.sync());
          if (read === "end") {
            // The read saw the store before or after this change.
            store.answer(delay % 2 === 0 ? store.now : before);
            await Promise.allSettled(reads.slice(0, -1));
          }
          deliver(index);
        }
        for (let at = steps.length; at < steps.length + 5; at += 1) deliver(at);
        store.answer();
        await Promise.all(reads);
        const last = state.sync();
        store.answer();
        await last;
        const stored = [...store.document.values.keys()].sort();
        expect(Object.keys(state.data ?? {}).sort()).toEqual(stored);
        for (const name of ["score", "pinned"]) {
          const revisions = shown
            .filter((change) => change.state.name === name)
            .map((change) => change.state.revision);
          expect(revisions).toEqual([...revisions].sort((one, other) => one - other));
          const final = shown.findLast((change) => change.state.name === name);
          const kept = store.document.values.get(name)?.bytes;
          if (final !== undefined) expect(final.state.isRemoval).toBe(kept === undefined);
          if (kept !== undefined) expect(Buffer.compare(final?.bytes ?? Buffer.of(), kept)).toBe(0);
        }
        state.stop();
      }),
    );
  });

  test("is what the store has when the store lost its newest writes, or all", async () => {
    const store = new Store();
    const { state, shown, receive } = stateOf(store);
    const read = async () => {
      const reading = state.sync();
      store.answer();
      await reading;
    };
    receive(store.put("score", 1));
    const kept = store.now;
    receive(store.put("score", 2));
    receive(store.put("pinned", 1));
    await read();
    expect(state.data).toEqual({ score: 2, pinned: 1 });
    Object.assign(store, kept);
    await read();
    expect(state.data).toEqual({ score: 1 });
    Object.assign(store, new Store());
    await read();
    expect(state.data).toEqual({});
    expect(shown.at(-1)?.state).toMatchObject({ name: "score", isRemoval: true });
    // Its revisions begin again.
    receive(store.put("score", 3));
    expect(state.data).toEqual({ score: 3 });
    state.stop();
  });

  test("is not known before it could be read", () => {
    const { state, receive } = stateOf(new Store());
    receive(new Store().put("score", 1));
    expect(state.data).toBeUndefined();
    state.stop();
  });
});
