/**
 * Finds out why the client can't connect. A browser does not say why a WebSocket was refused; a plain
 * request to the same path gets the reason, from a gateway or from whatever else is there.
 */
import type { ConnectionFault, ConnectionState } from "../state.ts";
import { core } from "./core.ts";
import { refusalOfResponse } from "./http.ts";

/** An address that a page on `https:` may not use; this machine's own addresses are allowed. */
const INSECURE = /^http:(?!\/\/(localhost|127\.|\[::1\]))/;

/** How long after a failed request the browser may report a policy violation. */
const VIOLATION_MS = 50;

interface DiagnosisOptions {
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  /** Whether a gateway was reached at this address before. */
  readonly wasReached: boolean;
}

/** The reason for using HTTP, or for having no connection with `transport: "websocket"`. */
export const WEBSOCKET_BLOCKED: ConnectionFault = {
  code: "websocket_blocked",
  message: "something on the way blocks or cuts WebSockets",
};

/** Undefined if the reason can't be found. */
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
    const response = await fetch(url + core.connectPath, request);
    const { code, message } = await refusalOfResponse(response);
    // A gateway answers any plain request with this code; otherwise all is well.
    if (code !== "handshake_invalid") return { code, message };
    return WEBSOCKET_BLOCKED;
  } catch (error) {
    // Nothing answers, or the page may not read the answer.
    const answers = await fetch(url + core.connectPath, { ...request, mode: "no-cors" }).then(
      () => true,
      () => false,
    );
    // The violation is reported in a later turn than the failure.
    if (document !== undefined) await new Promise((resolve) => setTimeout(resolve, VIOLATION_MS));
    if (isForbidden) {
      return { code: "csp_blocked", message: `the page's connect-src policy lacks ${url}` };
    }
    // Node says more than a browser.
    const { cause } = error as Error;
    if (cause !== undefined) return { code: "unreachable", message: `${url}: ${String(cause)}` };
    if (!answers || wasReached) return undefined;
    return { code: "wrong_address", message: `what answers at ${url} is not a gateway` };
  } finally {
    document?.removeEventListener("securitypolicyviolation", onViolation);
  }
}

/** The results since the last connection: one for each address, because each costs a request. */
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

  /**
   * @param failedAt by `performance.now()`, when the wait began
   * @param connection what waits to connect again
   * @param setState called with a new result only, while it still waits
   */
  async find(
    url: string,
    wasReached: boolean,
    failedAt: number,
    connection: { readonly state: ConnectionState },
    setState: (state: ConnectionState) => void,
  ): Promise<void> {
    if (connection.state.name !== "reconnecting" || this.#found.has(url)) return;
    this.#found.set(url, undefined);
    const { signal } = this.#controller;
    const fault = await diagnose({ url, fetch: this.#fetch, signal, wasReached });
    if (fault === undefined || signal.aborted) return;
    this.#found.set(url, fault);
    const { state } = connection;
    if (state.name !== "reconnecting") return;
    const waitMs = Math.max(0, state.waitMs - (performance.now() - failedAt));
    setState({ ...state, waitMs, reason: fault });
  }

  clear(): void {
    this.#controller.abort();
    this.#controller = new AbortController();
    this.#found.clear();
  }
}
