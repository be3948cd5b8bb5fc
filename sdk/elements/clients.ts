/** One client for all elements of a page that have the same gateway and the same token. */
import { Ovation, OvationError, type TokenSource } from "../index.ts";
import { type Claims, claimsOf, guestToken, UNKNOWN } from "./identity.ts";

/** Whom elements connect to, and as whom. */
export interface Access {
  readonly url: string;
  /** Where the site's backend answers with a token. */
  readonly tokenUrl: string;
  readonly token: TokenSource | undefined;
  readonly isGuest: boolean;
  /** See {@link OvationOptions.reports}. */
  readonly reports: boolean;
  /** The application's own client, in place of all that. */
  readonly client: Ovation | undefined;
}

/** After so many failed attempts a developer may want to know why. */
const ATTEMPTS = 2;
/** How long a client outlives its last element: a page that moves on may show others at once. */
const LINGER_MS = 2_000;

const shared = new Set<SharedClient>();

let ownGateway = "/";

/**
 * The address of elements without `url`. By default the gateway that served the script, or else the
 * page's own origin.
 *
 * @example
 * setDefaultUrl("https://live.example.com");
 */
export function setDefaultUrl(url: string): void {
  ownGateway = url;
}

async function tokenFrom(url: string): Promise<string> {
  const response = await fetch(url, { cache: "no-store" });
  const { status, statusText } = response;
  if (status === 401 || status === 403) throw new OvationError("token_refused", "not signed in");
  if (!response.ok) throw new Error(`${url} answers with ${status} ${statusText}`);
  const text = (await response.text()).trim();
  // As text, or as JSON with a field `token`.
  return text.startsWith("{") ? (JSON.parse(text) as { token: string }).token : text;
}

export class SharedClient {
  readonly ovation: Ovation;
  claims: Claims = UNKNOWN;
  readonly #access: Access;
  readonly #elements = new Set<() => void>();

  /** Use {@link clientFor}. */
  constructor(access: Access) {
    this.#access = access;
    const { url, tokenUrl, token, isGuest, reports, client } = access;
    const source = token ?? (tokenUrl !== "" ? () => tokenFrom(tokenUrl) : undefined);
    const learned = async () => {
      const text = typeof source === "function" ? await source() : (source ?? guestToken());
      this.#learn(text);
      return text;
    };
    const hasToken = source !== undefined || isGuest;
    // `url` is an address, or several with blanks between them.
    const urls = (url.trim() || ownGateway).split(/\s+/);
    this.ovation =
      client ?? new Ovation({ url: urls, reports, ...(hasToken ? { token: learned } : {}) });
    if (client !== undefined) return;
    // A listener keeps the client from printing what is wrong.
    this.ovation.onError(warn);
    this.ovation.onState((state) => {
      if (state.name === "closed" || (state.name === "reconnecting" && state.attempt >= ATTEMPTS)) {
        warn(state.reason);
      }
    });
  }

  isFor(access: Access): boolean {
    return (Object.keys(access) as (keyof Access)[]).every(
      (key) => access[key] === this.#access[key],
    );
  }

  /** Whether the viewer has no token but maybe that of a guest. */
  get isAnonymous(): boolean {
    const { token, tokenUrl, client } = this.#access;
    return token === undefined && tokenUrl === "" && client === undefined;
  }

  /**
   * An element uses it, until it calls the function that is returned.
   * @param onClaims called when another token says something else
   */
  use(onClaims: () => void): () => void {
    const own = () => onClaims();
    this.#elements.add(own);
    return () => {
      this.#elements.delete(own);
      setTimeout(() => {
        if (this.#elements.size > 0 || !shared.delete(this)) return;
        if (this.#access.client === undefined) this.ovation.close();
      }, LINGER_MS);
    };
  }

  #learn(token: string): void {
    this.claims = claimsOf(token);
    for (const onClaims of this.#elements) onClaims();
  }
}

/** The client for this access: the one that other elements use, or a new one. */
export function clientFor(access: Access): SharedClient {
  const known = [...shared].find((client) => client.isFor(access));
  if (known !== undefined) return known;
  const client = new SharedClient(access);
  shared.add(client);
  return client;
}

const printed = new Set<string>();

/** For the developer: each code once. */
function warn({ code, message }: { readonly code: string; readonly message: string }): void {
  if (code === "closed" || printed.has(code)) return;
  printed.add(code);
  // biome-ignore lint/suspicious/noConsole: no listener of the application may have it
  console.warn(`ovation: ${code}: ${message}`);
}
