/** Determines what a connection or an HTTP request may do from its credentials. */
import { decodeJwt } from "jose";
import { OvationError } from "../../shared/protocol/errors.ts";
import { actorSchema } from "../../shared/protocol/events.ts";
import type { ClientKey } from "../limits/client-key.ts";
import type { HttpExchange } from "../transport/http-exchange.ts";
import type { ApiKeyFile } from "./api-key-file.ts";
import { API_KEY_PATTERN, hashOf, keyNotConfigured } from "./api-keys.ts";
import { type Grant, OPEN_GRANT, openGrant } from "./grant.ts";
import type { Tickets } from "./tickets.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/** Returns a grant synchronously where nothing needs to be verified. */
export interface Authenticator {
  /**
   * @param authorization the header, used where there is no token
   * @throws OvationError `token_required`, `token_refused`, `token_expired` or `keys_unavailable`
   */
  ofToken(token: string | undefined, authorization?: string): Grant | Promise<Grant>;
  /** By the `Authorization` header. Throws what {@link ofToken} throws. */
  ofRequest(exchange: HttpExchange): Grant | Promise<Grant>;
  /** Like {@link ofRequest}, or by a `ticket` in the query. Also throws `unavailable`. */
  ofStream(exchange: HttpExchange): Grant | Promise<Grant>;
  /**
   * A ticket with a grant.
   * @param address where its holder is
   * @throws OvationError `tickets_exceeded` or `unavailable`
   */
  ticketFor(grant: Grant, address: ClientKey): Promise<{ ticket: string; expiresInMs: number }>;
}

/** RFC 6750 section 2.1. */
const BEARER = /^bearer +([^\s]+)$/i;

/** The token of an `Authorization` header; undefined without one. */
function bearerToken(header: string): string | undefined {
  if (header === "") return undefined;
  const [, token] = BEARER.exec(header) ?? [];
  if (token !== undefined) return token;
  throw new OvationError("token_refused", "Authorization must be Bearer and a token", {
    field: "Authorization",
  });
}

/** Whom a token says that it is for; undefined where it says nothing that could be an actor. */
function unverifiedActor(token: string): string | undefined {
  try {
    return actorSchema.safeParse(decodeJwt(token).sub).data;
  } catch {
    return undefined;
  }
}

/**
 * Checks nothing and allows everything. The `sub` of a token is believed, so that an application
 * that is tried here behaves as it does where tokens are verified.
 */
export class OpenAuthenticator implements Authenticator {
  readonly #tickets: Tickets;

  constructor(tickets: Tickets) {
    this.#tickets = tickets;
  }

  ofToken(given: string | undefined, authorization = ""): Grant {
    const token = given ?? BEARER.exec(authorization)?.[1];
    const actor = token === undefined ? undefined : unverifiedActor(token);
    return actor === undefined ? OPEN_GRANT : openGrant(actor);
  }

  ofRequest(exchange: HttpExchange): Grant {
    return this.ofToken(undefined, exchange.header("authorization"));
  }

  /** A ticket opens what is open anyway. */
  ofStream(exchange: HttpExchange): Grant {
    return this.ofRequest(exchange);
  }

  /** So that a page that asks for tickets works with any gateway. */
  async ticketFor(
    grant: Grant,
    address: ClientKey,
  ): Promise<{ ticket: string; expiresInMs: number }> {
    return await this.#tickets.issue(grant, address);
  }
}

/** Requires a token or an API key. */
export class TokenAuthenticator implements Authenticator {
  readonly #verifier: TokenVerifier;
  readonly #apiKeys: Pick<ApiKeyFile, "get" | "renewed">;
  readonly #tickets: Tickets;

  constructor(
    verifier: TokenVerifier,
    apiKeys: Pick<ApiKeyFile, "get" | "renewed">,
    tickets: Tickets,
  ) {
    this.#verifier = verifier;
    this.#apiKeys = apiKeys;
    this.#tickets = tickets;
  }

  async ofToken(given: string | undefined, authorization = ""): Promise<Grant> {
    const token = given ?? bearerToken(authorization);
    if (token === undefined) throw new OvationError("token_required");
    if (!API_KEY_PATTERN.test(token)) return await this.#verifier.verify(token);
    const grant = this.#apiKeys.get(hashOf(token));
    if (grant === undefined) throw keyNotConfigured();
    return grant;
  }

  async ofRequest(exchange: HttpExchange): Promise<Grant> {
    return await this.ofToken(undefined, exchange.header("authorization"));
  }

  async ofStream(exchange: HttpExchange): Promise<Grant> {
    const ticket = exchange.query.get("ticket");
    if (ticket === null) return await this.ofRequest(exchange);
    const grant = await this.#tickets.use(ticket);
    if (this.#apiKeys.renewed(grant) === undefined) throw keyNotConfigured();
    return grant;
  }

  async ticketFor(
    grant: Grant,
    address: ClientKey,
  ): Promise<{ ticket: string; expiresInMs: number }> {
    return await this.#tickets.issue(grant, address);
  }
}
