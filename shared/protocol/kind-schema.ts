/**
 * The JSON Schema that a kind may have for its data: https://json-schema.org/draft/2020-12. It is
 * compiled once. Its patterns run in time linear in the text, so no data can make one run long.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { RE2JS } from "re2js";
import { fieldOf } from "./field-path.ts";
import type { JsonSchema } from "./kinds.ts";

/** Of one schema, as JSON. */
const SCHEMA_LIMIT_BYTES = 16_384;
/** Maps and lists within each other in a schema. */
const DEPTH_LIMIT = 32;

/** What is wrong with data. */
export interface DataFault {
  /** Such as `data.text`. */
  readonly field: string;
  readonly message: string;
  /** The limit that was exceeded, if it is a number. */
  readonly limit?: number;
}

type Check = (data: unknown) => DataFault | undefined;

/** Patterns by RE2's rules: no back references and no lookaround. */
function linearPattern(pattern: string): { test(text: string): boolean } {
  const compiled = RE2JS.compile(pattern);
  return { test: (text) => compiled.matcher(text).find() };
}
linearPattern.code = "linearPattern";

function newCompiler(): Ajv2020 {
  return new Ajv2020({
    strict: true,
    // A schema need not say what is plain without it.
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
    messages: true,
    code: { regExp: linearPattern },
    logger: false,
  });
}

/** A compiler keeps a few kilobytes of each schema; after so many, another one takes over. */
const COMPILES_LIMIT = 100;
/** Shared: a new one takes fifty times as long for its first schema. */
let compiler = { ajv: undefined as Ajv2020 | undefined, compiles: 0 };

function compile(schema: JsonSchema): ValidateFunction {
  if (compiler.compiles >= COMPILES_LIMIT) compiler = { ajv: undefined, compiles: 0 };
  compiler.compiles += 1;
  compiler.ajv ??= newCompiler();
  try {
    return compiler.ajv.compile(schema);
  } finally {
    compiler.ajv.removeSchema(schema);
  }
}

/** Each schema's check: a schema belongs to one document, and goes with it. */
const checks = new WeakMap<JsonSchema, Check>();

/** Why a schema can't be used; undefined when it can. */
export function schemaFault(schema: JsonSchema): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  if (bytes > SCHEMA_LIMIT_BYTES) {
    return `is ${bytes} bytes as JSON; the limit is ${SCHEMA_LIMIT_BYTES}`;
  }
  const refused = refusedPart(schema, 0);
  if (refused !== undefined) return refused;
  try {
    checkBy(schema);
    return undefined;
  } catch (error) {
    return `is not a schema that can be used: ${error instanceof Error ? error.message : ""}`;
  }
}

/** Parts that would reach beyond the schema, or that take long. */
function refusedPart(part: unknown, depth: number): string | undefined {
  if (typeof part !== "object" || part === null) return undefined;
  if (depth > DEPTH_LIMIT) return `is nested deeper than ${DEPTH_LIMIT}`;
  for (const [key, value] of Object.entries(part)) {
    const isReference = key === "$ref" || key === "$dynamicRef";
    if (isReference && !(typeof value === "string" && /^#\/\$defs\/[^/]+$/.test(value))) {
      return `has a ${key} other than to one of its own $defs (#/$defs/…)`;
    }
    const fault = refusedPart(value, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/**
 * What is wrong with data by a kind's schema.
 * @param at prefix of the field in an error, such as `events[3].`
 */
export function dataFault(schema: JsonSchema, data: unknown, at: string): DataFault | undefined {
  const fault = checkBy(schema)(data);
  return fault === undefined ? undefined : { ...fault, field: at + fault.field };
}

function checkBy(schema: JsonSchema): Check {
  let check = checks.get(schema);
  if (check === undefined) {
    check = compiled(compile(schema));
    checks.set(schema, check);
  }
  return check;
}

function compiled(validate: ValidateFunction): Check {
  return (data) => {
    // No data at all is like null: a schema says whether that may be.
    if (validate(data ?? null)) return undefined;
    const [first] = validate.errors ?? [];
    return first === undefined ? { field: "data", message: "is not valid" } : faultOf(first);
  };
}

/** https://ajv.js.org/api.html#error-objects */
function faultOf({ instancePath, params, message = "is not valid" }: ErrorObject): DataFault {
  const detail: Readonly<Record<string, unknown>> = params;
  const named = ["missingProperty", "additionalProperty", "unevaluatedProperty", "propertyName"]
    .map((name) => detail[name])
    .find((name) => typeof name === "string");
  const pointed = instancePath.split("/").slice(1).map(stepOf);
  const field = fieldOf("data", named === undefined ? pointed : [...pointed, named]);
  const { limit } = detail;
  return { field, message, ...(typeof limit === "number" ? { limit } : {}) };
}

/** A step of a JSON pointer (RFC 6901); numbers are places in lists, or look like them. */
function stepOf(step: string): string | number {
  if (/^(0|[1-9]\d{0,9})$/.test(step)) return Number(step);
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}
