/** The totals of a video, followed while they have a listener. */
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { FollowedHost } from "./host.ts";
import { ShownTotals } from "./shown-totals.ts";
import { Source } from "./source.ts";

export class VideoTotals extends Source<Counts> {
  readonly #video: string;
  readonly #host: FollowedHost;

  constructor(host: FollowedHost, video: string) {
    super({});
    this.#video = video;
    this.#host = host;
  }

  protected override follow(): readonly (() => void)[] {
    const { namesOf, channel } = this.#host;
    const isTransient = (kind: string) => channel(this.#video)?.isTransient(kind) === true;
    const shown = new ShownTotals({ isTransient, namesOf });
    const change = (run: () => void) => {
      run();
      if (shown.current !== undefined) this.set(shown.current);
    };
    return [
      this.#host.watch(this.#video, {
        history: 0,
        onFrame: (frame) => change(() => shown.frame(frame)),
        onJoined: (totals, isNow) => change(() => shown.joined(totals, isNow)),
      }),
      this.#host.onPublish(({ video, kind, data, eventId: id, published }) => {
        if (video !== this.#video) return;
        change(() => shown.publish({ id, kind, data }));
        published.catch(() => change(() => shown.refuse(id)));
      }),
    ];
  }
}
