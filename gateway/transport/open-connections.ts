/**
 * Every TCP connection, from its first moment. Those that are no viewer's are also counted by
 * address. uWebSockets.js reports the end of a connection without saying which one ended; so
 * whatever is registered last on a connection to hear of its end also counts it down.
 */
import { AddressCounts } from "../limits/address-counts.ts";
import type { ClientKey } from "../limits/client-key.ts";

export interface ConnectionLimits {
  /** All TCP connections. */
  readonly total: number;
  /** Those of one address that are no viewer's. */
  readonly othersPerAddress: number;
  /** What a peer is counted by; undefined for a trusted proxy, whose connections are many clients'. */
  readonly addressOf: (peer: Uint8Array) => ClientKey | undefined;
}

/** The part of the addon's response that stands for a connection without a request. */
export interface RawConnection {
  /** 4 or 16 bytes, valid until the handler returns. */
  getRemoteAddress(): ArrayBuffer;
  onAborted(handler: () => void): unknown;
  close(): unknown;
}

export class OpenConnections {
  /** TCP connections that were closed at once, by the limit that they exceeded. */
  readonly refused = { total: 0, address: 0 };
  readonly #limits: ConnectionLimits;
  readonly #others = new AddressCounts();
  #open = 0;
  #ended = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#open;
  }

  /** Accepts a connection, or closes it at once. */
  opened(connection: RawConnection): void {
    this.#open += 1;
    const address = this.addressOf(connection);
    const { total, othersPerAddress } = this.#limits;
    const exceeded =
      this.#open > total
        ? "total"
        : address !== undefined && this.#others.of(address) >= othersPerAddress
          ? "address"
          : undefined;
    if (exceeded !== undefined) {
      this.refused[exceeded] += 1;
      connection.close();
      return;
    }
    this.enter(address);
    connection.onAborted(() => this.leave(address));
  }

  /** A connection has ended. */
  closed(): void {
    this.#open -= 1;
    this.#ended += 1;
  }

  addressOf(connection: Pick<RawConnection, "getRemoteAddress">): ClientKey | undefined {
    return this.#limits.addressOf(new Uint8Array(connection.getRemoteAddress()));
  }

  /** A connection of this address is no viewer's. */
  enter(address: ClientKey | undefined): void {
    if (address !== undefined) this.#others.add(address);
  }

  /** It has ended, or has become a viewer's. */
  leave(address: ClientKey | undefined): void {
    if (address !== undefined) this.#others.remove(address);
  }

  /** @returns whether the connection that this works on ended meanwhile */
  endedDuring(work: () => void): boolean {
    const before = this.#ended;
    work();
    return this.#ended !== before;
  }
}

/** The connection of one HTTP request. */
export class HttpConnection {
  readonly #connections: OpenConnections;
  readonly #address: ClientKey | undefined;
  readonly #spare: RawConnection | undefined;
  #isCounted = true;

  /**
   * @param spare another object of the addon for the same connection: the one that sends the
   *   response can't be used afterwards. Without it, the connection must end with the response.
   */
  constructor(
    connections: OpenConnections,
    address: ClientKey | undefined,
    spare: RawConnection | undefined,
  ) {
    this.#connections = connections;
    this.#address = address;
    this.#spare = spare;
  }

  /** Whether it may be kept open for another request. */
  get canStay(): boolean {
    return this.#spare !== undefined;
  }

  /** It is a viewer's from now on, until it is answered. */
  becomesViewers(): void {
    this.#leave();
  }

  /** It ended before the request was answered. */
  aborted(): void {
    this.#leave();
  }

  /**
   * Ends the response; the connection may stay open.
   * @param end sends the end. It must not be called when the connection has ended
   */
  answer(end: () => void): void {
    const hasEnded = this.#connections.endedDuring(end);
    const spare = this.#spare;
    if (hasEnded || spare === undefined) return this.#leave();
    if (!this.#isCounted) this.#connections.enter(this.#address);
    const connections = this.#connections;
    const address = this.#address;
    // The addon frees a connection only after it has reported its end, so the object is valid here.
    spare.onAborted(() => connections.leave(address));
  }

  #leave(): void {
    if (!this.#isCounted) return;
    this.#isCounted = false;
    this.#connections.leave(this.#address);
  }
}
