/** Builders for the schema of the chart's values: a description and a default for each of them. */

/** The parts of JSON Schema that the chart uses. */
export interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Schemas;
  readonly additionalProperties?: boolean | ValueSchema;
  readonly propertyNames?: ValueSchema;
  readonly required?: readonly string[];
  readonly items?: ValueSchema;
  readonly anyOf?: readonly ValueSchema[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface Schemas {
  readonly [name: string]: ValueSchema;
}

/** Limits of a value, beside its type. */
type Limits = Omit<ValueSchema, "type" | "description" | "default" | "properties">;

/** Values below one name; others than these are refused. */
export function group(description: string, properties: Schemas): ValueSchema {
  return { type: "object", description, additionalProperties: false, properties };
}

export function text(description: string, preset = "", limits: Limits = {}): ValueSchema {
  return { type: "string", description, default: preset, ...limits };
}

export function choice(description: string, ...choices: readonly string[]): ValueSchema {
  return { type: "string", description, default: choices[0], enum: choices };
}

export function flag(description: string, preset: boolean): ValueSchema {
  return { type: "boolean", description, default: preset };
}

export function count(description: string, preset: number, limits: Limits = {}): ValueSchema {
  return { type: "integer", description, default: preset, ...limits };
}

/** Labels, annotations, and other names with a text each. */
export function texts(description: string): ValueSchema {
  return { type: "object", description, default: {}, additionalProperties: { type: "string" } };
}

/** An object of Kubernetes, which checks it itself. */
export function object(description: string, preset: object = {}): ValueSchema {
  return { type: "object", description, default: preset };
}

/** A list of Kubernetes objects, or of what `items` says. */
export function list(
  description: string,
  preset: readonly unknown[] = [],
  items: ValueSchema = { type: "object" },
): ValueSchema {
  return { type: "array", description, default: preset, items };
}
