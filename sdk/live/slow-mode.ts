/** When this client may publish its next durable event on a video, in a room in slow mode. */
import type { LiveValue } from "../live-value.ts";
import type { FollowedHost } from "./host.ts";
import { Source } from "./source.ts";

const RULES = "rules";
const SLOW_MODE = "slowModeMs";

export class SlowMode extends Source<number | undefined> implements LiveValue<number | undefined> {
  readonly #host: FollowedHost;
  readonly #video: string;
  /** 0: the room has no slow mode. */
  #everyMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: FollowedHost, video: string) {
    super(undefined);
    this.#host = host;
    this.#video = video;
  }

  protected override follow(): readonly (() => void)[] {
    const change = (everyMs: unknown = 0) => {
      this.#everyMs = Number(everyMs);
      this.#update();
    };
    return [
      this.#host.watch(this.#video, {
        history: 0,
        onEvent: ({ kind, data }) => {
          if (kind === RULES) change(Object(data)[SLOW_MODE]);
        },
      }),
      this.#host.onPublish(({ video, published }) => {
        if (video !== this.#video) return;
        published.then(
          () => this.#update(),
          // A refusal may come before the rule that it follows from.
          ({ field, limit }) => change(field === SLOW_MODE ? limit : this.#everyMs),
        );
      }),
      () => clearTimeout(this.#timer),
    ];
  }

  #update(): void {
    clearTimeout(this.#timer);
    const end = (this.#host.sentAt(this.#video) ?? 0) + this.#everyMs;
    const leftMs = end - Date.now();
    const isFree = this.#everyMs === 0 || leftMs <= 0;
    this.set(isFree ? undefined : end);
    if (!isFree) this.#timer = setTimeout(() => this.#update(), leftMs);
  }
}
