/** Serves a JSON Web Key Set as an identity provider does, and can misbehave. */

import type { KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK } from "jose";

export class KeySetServer {
  /** Requests received. */
  requests = 0;
  /** Answers instead of the key set, if set. */
  answer: ((response: ServerResponse) => void) | undefined;
  readonly #server: Server;
  #body = '{"keys":[]}';

  private constructor() {
    this.#server = createServer((_request, response) => {
      this.requests += 1;
      if (this.answer === undefined) response.end(this.#body);
      else this.answer(response);
    });
  }

  static async start(): Promise<KeySetServer> {
    const keySet = new KeySetServer();
    keySet.#server.listen(0, "127.0.0.1");
    await once(keySet.#server, "listening");
    return keySet;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/keys`;
  }

  /** Replaces the keys in the set, by key id. */
  async hold(keys: Readonly<Record<string, KeyObject>>): Promise<void> {
    const jwks = Object.entries(keys).map(async ([kid, key]) => ({
      ...(await exportJWK(key)),
      kid,
    }));
    this.#body = JSON.stringify({ keys: await Promise.all(jwks) });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
