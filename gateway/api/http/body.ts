/** The bodies of requests: received within limits, charged to whose they are, and decoded. */
import { decodeUntrusted } from "../../../shared/protocol/decode-untrusted.ts";
import { OvationError } from "../../../shared/protocol/errors.ts";
import type { Encoding } from "../../../shared/protocol/wire/codec.ts";
import type { Grant } from "../../auth/grant.ts";
import type { Attempt } from "../../limits/work.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { clientOf, type GatewayServices } from "../services.ts";
import { JSON_TYPE, MSGPACK_TYPE, speaksMsgpack } from "./router.ts";

/** Larger bodies are decoded in a turn of their own. */
const LARGE_BYTES = 4_096;

export interface BodyLimits {
  readonly bodyLimitBytes: number;
  readonly viewerBodyLimitBytes: number;
  readonly bodyTimeoutMs: number;
}

type BodyServices = Pick<GatewayServices, "admission" | "bodies" | "rates">;

/**
 * Does work that reads the request's body. Called while the request's handler runs: what arrives of
 * the body is kept from now on.
 */
export async function withBody(
  services: BodyServices,
  exchange: HttpExchange,
  attempt: Attempt,
  work: () => Promise<void>,
): Promise<void> {
  const room = services.bodies.open(clientOf(services, exchange));
  exchange.onClose(() => room.end());
  exchange.receiveBody({
    take: (bytes) => {
      attempt.arrived(bytes);
      return room.take(bytes);
    },
    end: () => room.end(),
  });
  try {
    await work();
  } finally {
    room.end();
  }
}

interface BodyRequest {
  readonly exchange: HttpExchange;
  readonly grant: Grant;
  readonly attempt: Attempt;
  readonly limits: BodyLimits;
  /** How many values it may hold. */
  readonly valuesLimit: number;
}

/** A body, decoded. */
export interface Body {
  readonly value: unknown;
  readonly bytes: number;
}

/** Reads and decodes the body. @throws OvationError why it is refused */
export async function decodedBody(
  { rates }: BodyServices,
  { exchange, grant, attempt, limits, valuesLimit }: BodyRequest,
): Promise<Body> {
  const encoding = encodingOf(exchange);
  const limitBytes = bodyLimitOf(grant, limits);
  attempt.body(Math.min(exchange.declaredBytes, limitBytes));
  const body = await exchange.readBody({ limitBytes, withinMs: limits.bodyTimeoutMs });
  if (body.length > LARGE_BYTES) await rates.work.turns.next();
  const value = decodeUntrusted(encoding, body, "body_malformed", "the body", {
    limit: valuesLimit,
    admit: (values) => attempt.values(values),
  });
  return { value, bytes: body.length };
}

function encodingOf(exchange: HttpExchange): Encoding {
  if (!["", "identity"].includes(exchange.header("content-encoding").trim().toLowerCase())) {
    throw new OvationError("content_encoding_unsupported", undefined, {
      field: "Content-Encoding",
    });
  }
  if (speaksMsgpack(exchange)) return "msgpack";
  const type = exchange.header("content-type").split(";")[0]?.trim().toLowerCase();
  if (type === JSON_TYPE) return "json";
  throw new OvationError(
    "content_type_unsupported",
    `Content-Type must be ${JSON_TYPE} or ${MSGPACK_TYPE}`,
    { field: "Content-Type" },
  );
}

function bodyLimitOf(grant: Grant, { bodyLimitBytes, viewerBodyLimitBytes }: BodyLimits): number {
  return grant.isBackend ? bodyLimitBytes : Math.min(bodyLimitBytes, viewerBodyLimitBytes);
}
