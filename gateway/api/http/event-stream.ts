/** One viewer over Server-Sent Events, in one response or in polls. */
import { bannedError } from "../../../shared/moderation/bans.ts";
import type { ServerMessage } from "../../../shared/protocol/wire/messages.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { keyNotConfigured } from "../../auth/api-keys.ts";
import type { Grant } from "../../auth/grant.ts";
import { sseMessage } from "../../delivery/frame.ts";
import { Viewer } from "../../delivery/viewer.ts";
import { countRefused } from "../../limits/connection-stats.ts";
import { type GatewayServices, recordRejection } from "../services.ts";
import type { EventSink } from "./poll-stream.ts";

/** How long an EventSource waits before it reconnects, unless the gateway sends another time. */
export const RETRY_MS = 2_000;
const RETRY = `retry: ${RETRY_MS}\n\n`;
const KEEPALIVE = ":\n\n";

/** @param id the id that an EventSource remembers; without one it keeps the one it has */
export function streamMessage(body: ServerMessage, id?: string): string {
  return sseMessage(JSON.stringify(body), id);
}

type StreamServices = Pick<GatewayServices, "delivery" | "bans" | "connections" | "log">;

/** Who watches what over an event stream. */
interface StreamWatcher {
  readonly grant: Grant;
  readonly video: string;
  readonly isHidden: boolean;
}

export class EventStream {
  readonly viewer: Viewer;
  /** Who watches, if that is known. */
  readonly actor: string | undefined;
  readonly wire = "sse";
  /** When it was opened, in seconds of the monotonic clock. */
  readonly openedAtS = Math.round(monotonicNow() / 1_000);
  readonly #video: string;
  readonly #isHidden: boolean;
  /** What it was opened with, if that is of an API key: most are not, and there are many streams. */
  readonly #keyGrant: Grant | undefined;
  readonly #services: StreamServices;
  #stream: EventSink;
  readonly #onEnd: () => void;
  #keepalive: NodeJS.Timeout | undefined;
  #ended = false;
  /** An answer that must be sent but found no room; empty if there is none. */
  #pending = "";

  /** @param onEnd called once, whichever side ended the stream */
  constructor(
    stream: EventSink,
    services: StreamServices,
    { grant, video, isHidden }: StreamWatcher,
    onEnd: () => void,
  ) {
    this.#stream = stream;
    this.actor = grant.actor;
    this.#video = video;
    this.#isHidden = isHidden;
    this.#keyGrant = grant.record.apiKey === undefined ? undefined : grant;
    this.#services = services;
    this.#onEnd = onEnd;
    this.viewer = new Viewer(
      { wire: "sse", send: (bytes) => this.#stream.send(bytes) },
      services.delivery,
    );
  }

  /** Sends the client when to reconnect, and then a comment line each `keepaliveMs`. */
  start(keepaliveMs: number): void {
    this.#stream.onWritable(() => this.#writable());
    this.#keepalive = setInterval(() => this.#stream.send(KEEPALIVE), keepaliveMs);
    this.#stream.send(RETRY);
  }

  /**
   * From now on writes to another response.
   * @param unsent what the previous one has not sent
   */
  continueOn(stream: EventSink, unsent: Uint8Array): void {
    this.#stream = stream;
    stream.onWritable(() => this.#writable());
    // In one write: after one that fills the buffer, nothing more is written.
    stream.send(Buffer.concat([Buffer.from(RETRY), unsent, Buffer.from(this.#pending)]));
    this.#pending = "";
    this.viewer.catchUp();
  }

  /** The videos that it watches. */
  watching(): readonly string[] {
    return [this.#video];
  }

  get isOpen(): boolean {
    return this.#stream.isOpen;
  }

  /** @param id the id that an EventSource remembers; without one it keeps the one it has */
  send(body: ServerMessage, id?: string): void {
    const text = streamMessage(body, id);
    if (this.#stream.send(text) === "dropped") this.#pending = text;
  }

  /** Sends a message that the viewer may miss if its buffer has no room for it. */
  notify(body: ServerMessage): void {
    const outcome = this.#stream.send(streamMessage(body));
    if (outcome === "dropped") this.#services.connections.noticesDropped += 1;
  }

  /** Tells the viewer when to reconnect, and ends the stream. */
  dismiss(reconnectAfterMs: number): void {
    this.#stream.send(
      `retry: ${reconnectAfterMs}\n${streamMessage({ op: "bye", reconnectAfterMs })}`,
    );
    this.end();
  }

  /** Ends the stream if its actor is banned from the video. */
  leaveBanned(): void {
    const { bans, connections } = this.#services;
    const ban = bans.of(this.actor, this.#video);
    if (ban?.mode !== "ban") return;
    const error = bannedError(ban);
    countRefused(connections, "sse", error.code);
    this.send({ op: "unsubscribed", video: this.#video, ...error.body() });
    this.end();
  }

  /** Ends the stream if the gateway's keys allow it no more. */
  renewGrant(renewed: (grant: Grant) => Grant | undefined): void {
    if (this.#keyGrant === undefined) return;
    const mayWatch = renewed(this.#keyGrant)?.mayWatch(this.#video, { isHidden: this.#isHidden });
    if (mayWatch === true) return;
    const error = keyNotConfigured();
    recordRejection(this.#services, "sse", error, error);
    this.send({ op: "error", id: 0, ...error.body() });
    this.end();
  }

  /** Ends the stream, or records that the client has ended it. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#keepalive);
    this.viewer.leaveAll();
    this.#stream.end();
    this.#onEnd();
  }

  #writable(): void {
    const text = this.#pending === "" ? KEEPALIVE : this.#pending;
    this.#pending = "";
    this.#stream.send(text);
    this.viewer.catchUp();
  }
}
