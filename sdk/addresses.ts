/** The gateways' addresses, one of which is used at a time. */

export interface Address {
  /** For HTTP, without a slash at its end. */
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

/** Each order is as likely as any other (Durstenfeld's method). */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}

export class Addresses {
  readonly #all: readonly string[];
  #index = 0;

  /**
   * The first one stays the first; the others come in an order of chance, so that the viewers of a
   * gateway that is lost don't all go to the same one. Relative ones are resolved when they are used:
   * a module may make a client on a server, where there is no page.
   * @param urls one at least, each of which was looked at (settings.ts)
   */
  constructor(urls: string | readonly string[], random: () => number) {
    const [first = "", ...others] = [urls].flat();
    this.#all = [first, ...shuffled(others, random)];
  }

  /** @throws TypeError when it is relative, and there is no page */
  get current(): Address {
    return addressOf(this.#all[this.#index % this.#all.length] as string);
  }

  /** Goes on to the next one, and after the last one back to the first. */
  next(): void {
    this.#index += 1;
  }
}
