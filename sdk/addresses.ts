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

/** Each order is as likely as any other (Durstenfeld's method). */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}

export class Addresses {
  readonly #all: readonly Address[];
  #index = 0;

  /**
   * The first one stays the first; the others come in an order of chance, so that the viewers of a
   * gateway that is lost don't all go to the same one.
   * @throws TypeError when one of them is no URL, or there is none
   */
  constructor(urls: string | readonly string[], random: () => number) {
    const [first, ...others] = (typeof urls === "string" ? [urls] : urls).map(addressOf);
    if (first === undefined) throw new TypeError("url: at least one is needed");
    this.#all = [first, ...shuffled(others, random)];
  }

  get current(): Address {
    return this.#all[this.#index % this.#all.length] as Address;
  }

  /** Goes on to the next one, and after the last one back to the first. */
  next(): void {
    this.#index += 1;
  }
}
