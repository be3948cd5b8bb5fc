import { describe, expect, test } from "vitest";
import { OvationError } from "../../shared/protocol/errors.ts";
import { checkHandshake, type HandshakeHeaders } from "./handshake.ts";

const VALID: HandshakeHeaders = {
  upgrade: "websocket",
  connection: "Upgrade",
  version: "13",
  key: "dGhlIHNhbXBsZSBub25jZQ==",
  subprotocols: "ovation.v1.json",
};

function outcome(changes: Partial<HandshakeHeaders>): string {
  try {
    return checkHandshake({ ...VALID, ...changes });
  } catch (error) {
    if (error instanceof OvationError) return error.code;
    throw error;
  }
}

describe("the handshake is accepted", () => {
  test("as in RFC 6455, and as browsers send it", () => {
    expect(outcome({})).toBe("ovation.v1.json");
    expect(outcome({ upgrade: "WebSocket" })).toBe("ovation.v1.json");
    expect(outcome({ connection: "keep-alive, Upgrade" })).toBe("ovation.v1.json");
  });

  test("with the first offered subprotocol that the gateway supports", () => {
    const offered = "graphql-ws, ovation.v1.json , ovation.v1.msgpack";
    expect(outcome({ subprotocols: offered })).toBe("ovation.v1.json");
    expect(outcome({ subprotocols: "ovation.v1.msgpack,ovation.v1.json" })).toBe(
      "ovation.v1.msgpack",
    );
  });
});

describe("the handshake is refused with a named error", () => {
  test.each([
    [{ upgrade: "" }, "handshake_invalid"],
    [{ upgrade: "h2c" }, "handshake_invalid"],
    [{ connection: "" }, "handshake_invalid"],
    [{ connection: "keep-alive" }, "handshake_invalid"],
    [{ connection: "not-upgrade" }, "handshake_invalid"],
    [{ key: "" }, "handshake_invalid"],
    [{ key: "c2hvcnQ=" }, "handshake_invalid"],
    [{ key: `${VALID.key}\n` }, "handshake_invalid"],
    [{ version: "" }, "version_unsupported"],
    [{ version: "8" }, "version_unsupported"],
    [{ version: "13, 8" }, "version_unsupported"],
    [{ subprotocols: "" }, "subprotocol_unsupported"],
    [{ subprotocols: "ovation.v2.json" }, "subprotocol_unsupported"],
    [{ subprotocols: "OVATION.V1.JSON" }, "subprotocol_unsupported"],
    [{ subprotocols: "constructor, __proto__" }, "subprotocol_unsupported"],
  ] as const)("%j: %s", (changes, code) => {
    expect(outcome(changes)).toBe(code);
  });
});
