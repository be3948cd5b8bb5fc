/** Tells when what listeners were given is on the screen: at the next frame that the browser draws. */

/** As far as it is used: a `Document`. */
type Page = Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">;

export interface ScreenOptions {
  /** Undefined where there is no page. */
  readonly page: Page | undefined;
  /** Undefined where nothing is drawn: then what was given counts as shown. */
  readonly nextFrame: ((draw: () => void) => unknown) | undefined;
  readonly now: () => number;
}

/** After this time the browser was not drawing the page, though it calls it visible. */
const UNDRAWN_MS = 10_000;
const WAITING_LIMIT = 1_000;

export class Screen {
  readonly #options: ScreenOptions;
  #waiting: ((moment: number) => void)[] = [];

  constructor(options: ScreenOptions) {
    this.#options = options;
    options.page?.addEventListener("visibilitychange", this.#forget);
  }

  stop(): void {
    this.#options.page?.removeEventListener("visibilitychange", this.#forget);
    this.#forget();
  }

  /** Calls back when it is shown; never, if the page is hidden before that. */
  shown(then: (moment: number) => void): void {
    const { page, nextFrame, now } = this.#options;
    if (nextFrame === undefined) return then(now());
    if (page?.visibilityState === "hidden" || this.#waiting.length >= WAITING_LIMIT) return;
    this.#waiting.push(then);
    if (this.#waiting.length > 1) return;
    const since = now();
    nextFrame(() => {
      const moment = now();
      const waiting = this.#waiting;
      this.#waiting = [];
      if (moment - since <= UNDRAWN_MS) for (const one of waiting) one(moment);
    });
  }

  readonly #forget = () => {
    this.#waiting = [];
  };
}
