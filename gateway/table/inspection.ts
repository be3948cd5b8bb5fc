/** Lists over NATS the videos that this gateway holds, so that the table can be checked. */
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import {
  decodeInspectionRequest,
  encodeInspectionPage,
  type InspectionPage,
  PAGE_VIDEOS,
} from "../../shared/protocol/inspection.ts";
import { inspectSubject, isReservedSubject } from "../../shared/protocol/subjects.ts";

interface InspectionOptions {
  readonly bus: Pick<Bus, "subscribe" | "publish">;
  readonly gateway: string;
  /** Each video that is held, with the number of viewers that its row should have. */
  readonly held: () => Iterable<readonly [video: string, viewers: number]>;
  /** Whether the video's row could not be written yet, while dispatchers were told of it. */
  readonly isAnnouncedOnly: (video: string) => boolean;
}

export class Inspection {
  readonly #options: InspectionOptions;
  #subscription: BusSubscription | undefined;

  constructor(options: InspectionOptions) {
    this.#options = options;
  }

  start(): void {
    const { bus, gateway } = this.#options;
    this.#subscription = bus.subscribe(inspectSubject(gateway), (payload, _subject, reply) => {
      const request = decodeInspectionRequest(payload);
      // We may publish where the requester may not: never answer to a subject with a meaning.
      if (request === undefined || reply === "" || isReservedSubject(reply)) return;
      bus.publish(reply, encodeInspectionPage(this.#page(request.after ?? "")));
    });
  }

  stop(): void {
    this.#subscription?.unsubscribe();
  }

  #page(after: string): InspectionPage {
    const following = [...this.#options.held()].filter(([video]) => video > after);
    following.sort(([one], [other]) => (one < other ? -1 : 1));
    const videos = following.slice(0, PAGE_VIDEOS).map(([video, viewers]) => {
      return [video, viewers] satisfies [string, number];
    });
    const announced = videos.map(([video]) => video).filter(this.#options.isAnnouncedOnly);
    return {
      videos,
      ...(announced.length === 0 ? {} : { announced }),
      isLast: following.length <= PAGE_VIDEOS,
    };
  }
}
