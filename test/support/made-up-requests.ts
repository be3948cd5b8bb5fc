/** Requests made up from an OpenAPI document: as it describes them, and with something wrong. */
import fc, { type Arbitrary } from "fast-check";

export type Schema = Readonly<Record<string, unknown>> & {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
};

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface DescribedOperation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
}

export interface MadeUpRequest {
  readonly method: string;
  readonly path: string;
  /** Absent where the operation takes none. */
  readonly body?: string | undefined;
}

/** How many of a thousand values are not as described. */
const WRONG = 300;
/** A list or map that is not bounded by its schema. */
const SIZE = 4;

export class RequestMaker {
  readonly #schemas: Readonly<Record<string, Schema>>;
  readonly #names: Readonly<Record<string, readonly string[]>>;

  /** @param names values to choose from for parameters of a path, so that requests meet each other */
  constructor(
    schemas: Readonly<Record<string, Schema>>,
    names: Readonly<Record<string, readonly string[]>>,
  ) {
    this.#schemas = schemas;
    this.#names = names;
  }

  requests(
    method: string,
    template: string,
    { parameters = [], requestBody }: DescribedOperation,
    shared: readonly Parameter[] = [],
  ): Arbitrary<MadeUpRequest> {
    const all = [...shared, ...parameters];
    const inPath = all.filter((one) => one.in === "path");
    const inQuery = all.filter((one) => one.in === "query");
    const schema = requestBody?.content["application/json"]?.schema;
    return fc
      .record({
        path: fc.record(Object.fromEntries(inPath.map((one) => [one.name, this.#segment(one)]))),
        query: fc.record(
          Object.fromEntries(inQuery.map(({ name, schema: of }) => [name, this.#text(of)])),
          { requiredKeys: inQuery.filter(({ required }) => required).map(({ name }) => name) },
        ),
        body: schema === undefined ? fc.constant(undefined) : this.#body(schema),
      })
      .map(({ path, query, body }) => {
        const filled = template.replaceAll(/{(\w+)}/g, (_, name: string) =>
          encodeURIComponent(path[name] ?? ""),
        );
        const text = new URLSearchParams(query).toString();
        return { method, path: text === "" ? filled : `${filled}?${text}`, body };
      });
  }

  #segment({ name, schema }: Parameter): Arbitrary<string> {
    const known = this.#names[name] ?? [];
    const made = this.#text(schema).filter((text) => !/^\.{0,2}$/.test(text));
    if (known.length === 0) return made;
    return fc.oneof(
      { weight: 1_000 - WRONG, arbitrary: fc.constantFrom(...known) },
      {
        weight: WRONG,
        arbitrary: made,
      },
    );
  }

  #text(schema: Schema): Arbitrary<string> {
    const right = this.#valid(schema).map(String);
    return orWrong(right, fc.string({ maxLength: 8, unit: "grapheme" }));
  }

  #body(schema: Schema): Arbitrary<string> {
    const right = this.#valid(schema);
    const spoiled = fc
      .tuple(right, fc.jsonValue({ maxDepth: 1 }), fc.nat())
      .map(([value, other, place]) => spoil(value, other, place));
    const json = orWrong(right, spoiled).map((value) => JSON.stringify(value) ?? "null");
    return fc.oneof({ weight: 20, arbitrary: json }, { weight: 1, arbitrary: fc.string() });
  }

  #valid(schema: Schema): Arbitrary<unknown> {
    const reference = schema["$ref"];
    if (typeof reference === "string") {
      const named = this.#schemas[reference.replace("#/components/schemas/", "")];
      if (named === undefined) throw new Error(`${reference} is not in the document`);
      return this.#valid(named);
    }
    if ("const" in schema) return fc.constant(schema["const"]);
    const listed = schema["enum"];
    if (Array.isArray(listed)) return fc.constantFrom<unknown>(...listed);
    const choices = schema["anyOf"] ?? schema["oneOf"];
    if (Array.isArray(choices)) return fc.oneof(...choices.map((one) => this.#valid(one)));
    switch (schema.type) {
      case "string":
        return textOf(schema);
      case "integer":
      case "number":
        return numberOf(schema);
      case "boolean":
        return fc.boolean();
      case "null":
        return fc.constant(null);
      case "array": {
        const { minItems: minLength = 0, maxItems = SIZE } = schema as Record<string, number>;
        const maxLength = Math.max(minLength, Math.min(maxItems, SIZE));
        return fc.array(this.#valid(schema.items ?? {}), { minLength, maxLength });
      }
      case "object":
        return this.#object(schema);
      default:
        return fc.jsonValue({ maxDepth: 2 });
    }
  }

  #object(schema: Schema): Arbitrary<unknown> {
    const { properties = {}, additionalProperties, propertyNames } = schema;
    const known = fc.record(
      Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, this.#valid(one)])),
      { requiredKeys: (schema["required"] ?? []) as string[] },
    );
    if (Object(additionalProperties) !== additionalProperties) return known;
    const names = textOf((propertyNames ?? {}) as Schema);
    const others = fc.dictionary(names, this.#valid(additionalProperties as Schema), {
      maxKeys: SIZE,
    });
    return fc.tuple(others, known).map(([more, own]) => ({ ...more, ...(own as object) }));
  }
}

function orWrong<T>(right: Arbitrary<T>, wrong: Arbitrary<T>): Arbitrary<T> {
  return fc.oneof({ weight: 1_000 - WRONG, arbitrary: right }, { weight: WRONG, arbitrary: wrong });
}

function textOf({ pattern, minLength = 0, maxLength = 20 }: Record<string, unknown>) {
  if (typeof pattern === "string") return fc.stringMatching(new RegExp(pattern, "u"));
  const least = Number(minLength);
  const most = Math.max(least, Math.min(Number(maxLength), 20));
  return fc.string({ minLength: least, maxLength: most });
}

function numberOf({ minimum, maximum, multipleOf: step = 1 }: Record<string, unknown>) {
  const least = Math.ceil(Number(minimum ?? -1_000) / Number(step));
  const most = Math.floor(Number(maximum ?? Number.MAX_SAFE_INTEGER) / Number(step));
  return fc.integer({ min: least, max: most }).map((number) => number * Number(step));
}

/** Puts another value in one place of a map, or in place of all. */
function spoil(value: unknown, other: unknown, place: number): unknown {
  if (typeof value !== "object" || value === null) return other;
  const keys = Object.keys(value);
  const key = keys[place % (keys.length + 1)];
  if (key === undefined) return { ...value, other };
  if (Array.isArray(value)) return value.with(Number(key), other);
  return { ...value, [key]: other };
}
