/** The gateways' addresses, of which one is used at a time. */

export interface Address {
  /** For HTTP, without a slash at the end. */
  readonly http: string;
  /** The same for a WebSocket. */
  readonly webSocket: string;
}

function addressOf(url: string): Address {
  const page = globalThis.location as Location | undefined;
  if (page === undefined && !/^[a-z]+:/i.test(url)) {
    throw new TypeError(`url: "${url}" is relative to a page, and there is none`);
  }
  const { href } = new URL(url, page?.href);
  const plain = href.replace(/[?#].*$/, "").replace(/\/+$/, "");
  return {
    http: plain.replace(/^ws/, "http"),
    webSocket: plain.replace(/^http/, "ws"),
  };
}

/** Every order is equally likely (Durstenfeld's method). */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}

export class Addresses {
  readonly #all: readonly string[];
  #index = 0;

  /**
   * The first address stays first; the others are shuffled, so that the viewers of a lost gateway
   * don't all go to the same one. Relative addresses are resolved when they are used: a module may
   * create a client on a server, where there is no page.
   * @param urls at least one, each checked (settings.ts)
   */
  constructor(urls: string | readonly string[], random: () => number) {
    const [first = "", ...others] = [urls].flat();
    this.#all = [first, ...shuffled(others, random)];
  }

  /** @throws TypeError when the address is relative, and there is no page */
  get current(): Address {
    return addressOf(this.#all[this.#index % this.#all.length] as string);
  }

  /** Moves to the next address, and after the last one back to the first. */
  next(): void {
    this.#index += 1;
  }
}
