/**
 * Checks a WebSocket's opening handshake (RFC 6455 section 4.2.1): uWebSockets.js itself answers
 * 101 to any version, and to a request without `Upgrade` or `Connection`.
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import { SUBPROTOCOLS, type Subprotocol } from "../../shared/protocol/wire/messages.ts";

export interface HandshakeHeaders {
  readonly upgrade: string;
  readonly connection: string;
  readonly version: string;
  readonly key: string;
  readonly subprotocols: string;
}

function tokens(header: string): string[] {
  return header.split(",").map((token) => token.trim());
}

function isSubprotocol(text: string): text is Subprotocol {
  return Object.hasOwn(SUBPROTOCOLS, text);
}

/**
 * @returns the first subprotocol offered by the client that we support
 * @throws OvationError handshake_invalid, version_unsupported or subprotocol_unsupported
 */
export function checkHandshake(headers: HandshakeHeaders): Subprotocol {
  const isUpgrade = headers.upgrade.toLowerCase() === "websocket";
  const isConnection = tokens(headers.connection.toLowerCase()).includes("upgrade");
  if (!isUpgrade || !isConnection) throw new OvationError("handshake_invalid");
  if (headers.version !== "13") throw new OvationError("version_unsupported");
  if (!/^[A-Za-z0-9+/]{22}==$/.test(headers.key)) throw new OvationError("handshake_invalid");
  const subprotocol = tokens(headers.subprotocols).find(isSubprotocol);
  if (subprotocol !== undefined) return subprotocol;
  throw new OvationError(
    "subprotocol_unsupported",
    `Sec-WebSocket-Protocol must offer one of ${Object.keys(SUBPROTOCOLS).join(", ")}`,
  );
}
