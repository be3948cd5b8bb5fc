/**
 * Finds out why no connection can be had. A browser tells a page nothing of what a WebSocket was
 * refused for: a plain request to the same path is answered with it, by a gateway or by what else
 * is there.
 */
import { CONNECT_PATH } from "../../shared/protocol/wire/endpoints.ts";
import type { ConnectionFault } from "../state.ts";
import { refusalOfResponse } from "./http.ts";

/** An address that a page on `https:` may not use, unless it is this machine's own. */
const INSECURE = /^http:(?!\/\/(localhost|127\.|\[::1\]))/;

const VIOLATION_MS = 50;

interface DiagnosisOptions {
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  /** Whether there was a gateway before at this address. */
  readonly wasReached: boolean;
}

/** Why a link is no WebSocket, or none is to be had. */
export const WEBSOCKET_BLOCKED: ConnectionFault = {
  code: "websocket_blocked",
  message: "something on the way lets no WebSocket pass, or cuts it",
};

/** Undefined when nothing more can be found out. */
async function diagnose(options: DiagnosisOptions): Promise<ConnectionFault | undefined> {
  const { url, fetch, signal, wasReached } = options;
  const { location, document } = globalThis as { location?: Location; document?: Document };
  if (location?.protocol === "https:" && INSECURE.test(url)) {
    return { code: "mixed_content", message: `a page on https: may not use ${url}` };
  }
  let isForbidden = false;
  const onViolation = ({ blockedURI }: SecurityPolicyViolationEvent) => {
    isForbidden ||= blockedURI.startsWith(new URL(url).origin);
  };
  document?.addEventListener("securitypolicyviolation", onViolation);
  const request = { cache: "no-store", signal } as const;
  try {
    const response = await fetch(url + CONNECT_PATH, request);
    const { code, message } = await refusalOfResponse(response);
    // A gateway says this to what is no WebSocket, and is at fault in nothing else.
    if (code !== "handshake_invalid") return { code, message };
    return WEBSOCKET_BLOCKED;
  } catch (error) {
    // What is there may not be read, or there is nothing.
    const isThere = await fetch(url + CONNECT_PATH, { ...request, mode: "no-cors" }).then(
      () => true,
      () => false,
    );
    // The violation is told in a later turn than the failure.
    if (document !== undefined) await new Promise((resolve) => setTimeout(resolve, VIOLATION_MS));
    if (isForbidden) {
      return { code: "csp_blocked", message: `the page's policy, connect-src, lacks ${url}` };
    }
    // Node says more than a browser.
    const { cause } = error as Error;
    if (cause !== undefined) return { code: "unreachable", message: `${url}: ${String(cause)}` };
    if (!isThere || wasReached) return undefined;
    return { code: "wrong_address", message: `something answers at ${url}, but as no gateway` };
  } finally {
    document?.removeEventListener("securitypolicyviolation", onViolation);
  }
}

/** What was found out since there was a connection: once for each address, for it costs a request. */
export class Diagnoses {
  readonly #fetch: typeof globalThis.fetch;
  readonly #found = new Map<string, ConnectionFault | undefined>();
  #controller = new AbortController();

  constructor(fetch: typeof globalThis.fetch) {
    this.#fetch = fetch;
  }

  of(url: string): ConnectionFault | undefined {
    return this.#found.get(url);
  }

  /** @param onFound called only with something that is new */
  async find(url: string, wasReached: boolean, onFound: (fault: ConnectionFault) => void) {
    if (this.#found.has(url)) return;
    this.#found.set(url, undefined);
    const { signal } = this.#controller;
    const fault = await diagnose({ url, fetch: this.#fetch, signal, wasReached });
    if (fault === undefined || signal.aborted) return;
    this.#found.set(url, fault);
    onFound(fault);
  }

  clear(): void {
    this.#controller.abort();
    this.#controller = new AbortController();
    this.#found.clear();
  }
}
