/** A server of a JSON Web Key Set, as an identity provider has one, that can misbehave. */

import type { KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK } from "jose";

export class KeySetServer {
  /** Requests that came. */
  requests = 0;
  /** Instead of the key set. */
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

  /** What the set holds from now on, by key id. */
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
