/** Holds what a gateway answers and sends against its description. */
import { Ajv2020, type AnySchema, type ValidateFunction } from "ajv/dist/2020.js";
import { z } from "zod";
import { serverSchemas } from "../../shared/protocol/wire/server-schemas.ts";

/** What of a message over a WebSocket is not as described; undefined when all of it is. */
export function serverFaultOf(message: Readonly<Record<string, unknown>>): string | undefined {
  const found = Object.entries(serverSchemas).find(([op]) => op === message["op"]);
  if (found === undefined) return `op ${String(message["op"])} is not described`;
  const { error } = z.strictObject(found[1].shape).safeParse(message);
  return error?.message;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: unknown;
}

interface OpenApiOperation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: AnySchema }>> }>
  >;
}

export class DescribedApi {
  readonly #document: OpenApi;
  readonly #ajv = new Ajv2020({ strict: false });
  readonly #validators = new Map<AnySchema, ValidateFunction>();

  constructor(document: Readonly<Record<string, unknown>>) {
    this.#document = document as unknown as OpenApi;
    this.#ajv.addSchema({ $id: "api", components: this.#document.components });
  }

  /** What is not as described; undefined when the answer is. */
  async faultOf(method: string, path: string, response: Response): Promise<string | undefined> {
    const pathname = path.split("?")[0] ?? "";
    const template = Object.keys(this.#document.paths).find((one) =>
      new RegExp(`^${one.replaceAll(/{\w+}/g, "[^/]+")}$`).test(pathname),
    );
    const operation = this.#document.paths[template ?? ""]?.[method.toLowerCase()];
    if (operation === undefined) return `${method} ${pathname} is not described`;
    const described = operation.responses[response.status];
    if (described === undefined)
      return `${method} ${template}: ${response.status} is not described`;
    const type = response.headers.get("content-type") ?? "";
    const schema = described.content?.[type]?.schema;
    if (schema === undefined) return `${method} ${template}: ${type} is not described`;
    if (type !== "application/json") return undefined;
    const validate = this.#validators.get(schema) ?? this.#ajv.compile(rebased(schema));
    this.#validators.set(schema, validate);
    if (validate(await response.json())) return undefined;
    return `${method} ${template} ${response.status}: ${this.#ajv.errorsText(validate.errors)}`;
  }
}

/** The schema, whose references lead into the document. */
function rebased(schema: AnySchema): AnySchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')) as AnySchema;
}
