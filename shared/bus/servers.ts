/**
 * Server URLs as the NATS client expects them. The client ignores the user and password of a URL,
 * and would parse the first digits after a colon as the port; so they are removed here.
 */
export interface ServerOptions {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly tls?: Record<string, never>;
}

const DEFAULT_PORT = "4222";

/** Percent-decodes; text with a bare `%`, as a password may have, stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param urls `nats://` or `tls://` URLs; the first user and password found are used */
export function serverOptions(urls: readonly string[]): ServerOptions {
  const parsed = urls.map((url) => new URL(url));
  const withUser = parsed.find((url) => url.username !== "");
  return {
    servers: parsed.map((url) => `${url.hostname}:${url.port === "" ? DEFAULT_PORT : url.port}`),
    ...(withUser === undefined
      ? {}
      : {
          user: decoded(withUser.username),
          pass: decoded(withUser.password),
        }),
    ...(parsed.some((url) => url.protocol === "tls:") ? { tls: {} } : {}),
  };
}
