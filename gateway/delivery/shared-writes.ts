/**
 * Frames of several videos that are due in the same turn go to a connection in one write. The number
 * of writes determines what a gateway can do.
 */
import type { SendOutcome } from "../transport/send-outcome.ts";

/** A connection that can send several messages at once. */
export interface SharingOutlet {
  /** How many more bytes it takes before it drops any. */
  readonly roomBytes: number;
  send(bytes: Uint8Array): SendOutcome;
  /** Sends messages in one write; there is room for all of them. */
  sendTogether(messages: readonly Uint8Array[]): void;
}

interface Waiting {
  readonly messages: Uint8Array[];
  bytes: number;
}

export class SharedWrites {
  readonly #waiting = new Map<SharingOutlet, Waiting>();
  #isCollecting = false;
  /** Frames that went out in the write of another one. */
  saved = 0;

  /** Collects frames until {@link end}, in the same turn. */
  begin(): void {
    this.#isCollecting = true;
  }

  /** Writes what was collected. */
  end(): void {
    this.#isCollecting = false;
    for (const outlet of this.#waiting.keys()) this.#write(outlet);
  }

  /** What the work sends to a connection is one write. */
  together(work: () => void): void {
    this.begin();
    try {
      work();
    } finally {
      this.end();
    }
  }

  /** Sends a frame, or keeps it until the turn's frames are complete. */
  send(outlet: SharingOutlet, bytes: Uint8Array): SendOutcome {
    if (!this.#isCollecting) return outlet.send(bytes);
    const waiting = this.#waiting.get(outlet) ?? { messages: [], bytes: 0 };
    if (waiting.bytes + bytes.length > outlet.roomBytes) {
      // Only the connection says what is too much: then it also says when there is room again.
      this.#write(outlet);
      return outlet.send(bytes);
    }
    waiting.messages.push(bytes);
    waiting.bytes += bytes.length;
    this.#waiting.set(outlet, waiting);
    return "sent";
  }

  #write(outlet: SharingOutlet): void {
    const { messages = [] } = this.#waiting.get(outlet) ?? {};
    this.#waiting.delete(outlet);
    const [only, ...more] = messages;
    this.saved += more.length;
    if (more.length > 0) outlet.sendTogether(messages);
    else if (only !== undefined) outlet.send(only);
  }
}
