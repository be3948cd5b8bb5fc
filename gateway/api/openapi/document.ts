/** The OpenAPI document of the HTTP API (https://spec.openapis.org/oas/v3.1.0). */
import { type ErrorCode, errorKinds } from "../../../shared/protocol/errors.ts";
import {
  EVENT_ID_PATTERN,
  POLL_PATTERN,
  VIDEO_PATTERN,
} from "../../../shared/protocol/name-patterns.ts";
import { namesVideo, ROUTE_PATHS, type RouteName } from "../http/routes.ts";
import {
  bodyErrors,
  commonErrors,
  type Method,
  OPERATIONS,
  type Operation,
  tokenErrors,
} from "./operations.ts";
import { type JsonObject, refTo, schemaComponents } from "./schemas.ts";

/** What a path may name, by the name of its parameter. */
const PATH_SCHEMAS: Readonly<Record<string, JsonObject>> = {
  video: { type: "string", pattern: VIDEO_PATTERN.source },
  id: { type: "string", pattern: EVENT_ID_PATTERN.source },
  poll: { type: "string", pattern: POLL_PATTERN.source },
  actor: { type: "string", minLength: 1, maxLength: 128 },
};

const ABOUT =
  "Realtime likes, comments and viewer counts. Bodies and answers are JSON, or msgpack where the request has `Content-Type: application/msgpack`. HEAD is answered wherever GET is. Expect error codes that are not listed here. docs/protocol.md says more, and has the WebSocket.";

/** @param version of Ovation */
export function openApiDocument(version: string): JsonObject {
  const routes = Object.keys(OPERATIONS) as RouteName[];
  return {
    openapi: "3.1.0",
    info: {
      title: "Ovation",
      version,
      description: ABOUT,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths: Object.fromEntries(routes.map((name) => [ROUTE_PATHS[name], pathItem(name)])),
    components: {
      schemas: schemaComponents(),
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "A JWT, or the API key of a backend.",
        },
      },
    },
    security: [{ token: [] }, {}],
  };
}

function pathItem(route: RouteName): JsonObject {
  const names = [...ROUTE_PATHS[route].matchAll(/{(\w+)}/g)].map(([, name = ""]) => name);
  const parameters = names.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: PATH_SCHEMAS[name],
  }));
  const methods = Object.entries(OPERATIONS[route]) as [Method, Operation][];
  const operations = methods.map(([method, operation]) => [
    method.toLowerCase(),
    operationObject(operation, namesVideo(route)),
  ]);
  return { ...(names.length === 0 ? {} : { parameters }), ...Object.fromEntries(operations) };
}

function operationObject(operation: Operation, isOfVideo: boolean): JsonObject {
  const { id, tag, summary, query = [], body, isPublic } = operation;
  const parameters = query.map(({ name, about, schema, isRequired = false }) => ({
    name,
    in: "query",
    required: isRequired,
    description: about,
    schema,
  }));
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: requestBody(body) }),
    responses: { ...answersOf(operation), ...errorsOf(operation, isOfVideo) },
    ...(isPublic === true ? { security: [{}, { token: [] }] } : {}),
  };
}

function requestBody(body: NonNullable<Operation["body"]>): JsonObject {
  const schema =
    typeof body === "string"
      ? refTo(body)
      : {
          oneOf: [
            refTo(body[0]),
            { type: "array", minItems: 1, maxItems: 1_000, items: refTo(body[0]) },
          ],
        };
  return { required: true, content: { "application/json": { schema } } };
}

function answersOf({ answer, mayBePartial, isTagged }: Operation): JsonObject {
  const content =
    answer === "stream"
      ? { "text/event-stream": { schema: { type: "string" } } }
      : {
          "application/json": {
            schema: answer === "Document" ? { type: "object" } : refTo(answer),
          },
        };
  return {
    200: { description: "Done.", content },
    ...(mayBePartial === true ? { 202: { description: "A part is done: go on.", content } } : {}),
    ...(isTagged === true ? { 304: { description: "Not changed." } } : {}),
  };
}

/** The errors of an operation by status, each with the codes that it stands for. */
function errorsOf(operation: Operation, isOfVideo: boolean): JsonObject {
  const codes = new Set<ErrorCode>([
    ...commonErrors,
    ...(operation.isPublic === true ? (["token_refused", "token_expired"] as const) : tokenErrors),
    ...(operation.body === undefined ? [] : bodyErrors),
    ...(isOfVideo ? (["video_invalid"] as const) : []),
    ...operation.errors,
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errorKinds[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { "application/json": { schema: refTo(operation.refusal ?? "Error") } };
  const responses = [...byStatus]
    .toSorted(([one], [other]) => one - other)
    .map(([status, all]) => [
      String(status),
      { description: all.map((code) => `\`${code}\``).join(", "), content },
    ]);
  return Object.fromEntries(responses) as JsonObject;
}
