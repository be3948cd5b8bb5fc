/** The subscriptions of one connection that are not answered yet. */

export class JoiningVideos {
  /** Undefined while there are none: most of the time. */
  #joining: Map<string, Promise<void>> | undefined;

  /** The video is about to be watched. Returns a function to call when it is, or has failed. */
  begin(video: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#joining ??= new Map();
    const joining = this.#joining.set(video, promise);
    return () => {
      // An unsubscribe and another subscribe may have come meanwhile.
      if (joining.get(video) === promise) joining.delete(video);
      if (joining.size === 0 && this.#joining === joining) this.#joining = undefined;
      resolve();
    };
  }

  /** Resolves when the video's subscription is answered; undefined if none waits. */
  of(video: string): Promise<void> | undefined {
    return this.#joining?.get(video);
  }
}
