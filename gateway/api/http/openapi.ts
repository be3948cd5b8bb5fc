/** `GET /v1/openapi.json`: the description of this API, for tools. */
import { hash } from "node:crypto";
import { VERSION } from "../../../shared/runtime/version.ts";
import { openApiDocument } from "../openapi/document.ts";
import { type HttpHandler, JSON_TYPE } from "./router.ts";

const CACHED = { "Cache-Control": "max-age=3600" };

export function openApiOverHttp(): HttpHandler {
  let made: { readonly body: string; readonly tag: string } | undefined;
  return async (exchange) => {
    made ??= describe();
    const headers = { ...CACHED, ETag: made.tag };
    if (exchange.header("if-none-match") === made.tag) exchange.respondWithoutBody(304, headers);
    else exchange.respond(200, { "Content-Type": JSON_TYPE, ...headers }, made.body);
  };
}

function describe() {
  const body = JSON.stringify(openApiDocument(VERSION));
  return { body, tag: `"${hash("sha256", body, "base64url").slice(0, 22)}"` };
}
