/** The totals of a video, followed while they have a listener. */
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { LiveValue } from "../live-value.ts";
import type { FollowedHost } from "./host.ts";
import { ShownTotals } from "./shown-totals.ts";

const NONE: Counts = {};

export class VideoTotals implements LiveValue<Counts> {
  readonly #video: string;
  readonly #host: FollowedHost;
  #shown: ShownTotals;
  /** One object for each `onChange`, so that the same function may be added twice. */
  readonly #listeners = new Set<{ readonly listener: (totals: Counts) => void }>();
  #current = NONE;
  #offs: readonly (() => void)[] = [];

  constructor(video: string, host: FollowedHost) {
    this.#video = video;
    this.#host = host;
    this.#shown = this.#nothing();
  }

  get current(): Counts {
    return this.#current;
  }

  onChange(listener: (totals: Counts) => void): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    if (this.#offs.length === 0) this.#start();
    // Later, so that the caller has what is returned before the first call.
    queueMicrotask(() => {
      if (this.#current !== NONE && this.#listeners.has(entry)) listener(this.#current);
    });
    return () => {
      this.#listeners.delete(entry);
      // A page that renders again removes its listeners and adds others in the same turn.
      setTimeout(() => this.#stopIfEmpty());
    };
  }

  #nothing(): ShownTotals {
    const { namesOf, channel } = this.#host;
    const isTransient = (kind: string) => channel(this.#video)?.isTransient(kind) === true;
    return new ShownTotals({ isTransient, namesOf });
  }

  #start(): void {
    const shown = this.#shown;
    const watcher = {
      history: 0,
      onFrame: this.#after(shown.frame.bind(shown)),
      onJoined: this.#after(shown.joined.bind(shown)),
    };
    this.#offs = [
      this.#host.watch(this.#video, watcher),
      this.#host.onPublish(({ video, kind, data, eventId: id, published }) => {
        if (video !== this.#video) return;
        this.#after(shown.publish.bind(shown))({ id, kind, data });
        published.catch(() => this.#after(shown.refuse.bind(shown))(id));
      }),
    ];
  }

  #stopIfEmpty(): void {
    if (this.#listeners.size > 0 || this.#offs.length === 0) return;
    for (const off of this.#offs) off();
    this.#offs = [];
    this.#shown = this.#nothing();
    this.#current = NONE;
  }

  /** Calls the listeners after a change. */
  #after<Args extends readonly unknown[]>(change: (...args: Args) => void) {
    return (...args: Args): void => {
      change(...args);
      const current = this.#shown.current ?? NONE;
      if (areEqual(current, this.#current)) return;
      this.#current = current;
      for (const entry of [...this.#listeners]) {
        // Another listener may have removed this one.
        if (this.#listeners.has(entry)) entry.listener(current);
      }
    };
  }
}

function areEqual(one: Counts, other: Counts): boolean {
  // The first empty totals are news too.
  if (one === NONE || other === NONE) return one === other;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
  );
}
