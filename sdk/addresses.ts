/** The gateways' addresses, one of which is used at a time. */

export interface Address {
  /** For HTTP, without a slash at its end. */
  readonly http: string;
  /** The same for a WebSocket. */
  readonly webSocket: string;
}

function addressOf(url: string): Address {
  const page = globalThis.location as Location | undefined;
  const { href } = new URL(url, page?.href);
  const plain = href.replace(/[?#].*$/, "").replace(/\/+$/, "");
  return {
    http: plain.replace(/^ws/, "http"),
    webSocket: plain.replace(/^http/, "ws"),
  };
}

export class Addresses {
  readonly #all: readonly Address[];
  #index = 0;

  /** @throws TypeError when one of them is no URL, or there is none */
  constructor(urls: string | readonly string[]) {
    this.#all = (typeof urls === "string" ? [urls] : urls).map(addressOf);
    if (this.#all.length === 0) throw new TypeError("url: at least one is needed");
  }

  get current(): Address {
    return this.#all[this.#index % this.#all.length] as Address;
  }

  /** Goes on to the next one, and after the last one back to the first. */
  next(): void {
    this.#index += 1;
  }
}
