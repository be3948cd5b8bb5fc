import { z } from "zod";

/**
 * One setting: all that parsing, `--help`, logging and the documentation need to know of it.
 * Its property key is its key in the group; `settingNames` derives its other names from that.
 */
export interface Setting<T> {
  /** From the text of a flag or variable; each issue's message continues "<name> ...". */
  readonly schema: z.ZodType<T, string>;
  readonly default: T;
  /** The default as one would write it; undefined when the setting is unset by default. */
  readonly defaultText: string | undefined;
  /** What values are allowed, limits and unit included, in words. */
  readonly allowed: string;
  /** The same for JSON and YAML, as JSON Schema, as far as that can say it: for the chart's values. */
  readonly json: JsonForm;
  /** One or two sentences, in Markdown with no more than `code`. */
  readonly doc: string;
  readonly secret: boolean;
  /** A switch needs no value on the command line, and has a `--no-` form. */
  readonly isSwitch: boolean;
  /** A standard variable for the same setting; ours takes precedence. */
  readonly standardEnv: string | undefined;
  /** The value as it may appear in a log. A method, so that settings of all types fit a group. */
  loggable(value: T): unknown;
}

/** A schema of JSON Schema. */
interface JsonForm {
  readonly type?: "string" | "integer" | "number" | "boolean";
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly JsonForm[];
}

/** Settings by property key. */
export type SettingGroup = Readonly<Record<string, Setting<unknown>>>;

/** The configuration that a group of settings yields. */
export type ConfigOf<G extends SettingGroup> = {
  readonly [K in keyof G]: G[K] extends Setting<infer T> ? T : never;
};

/** The flag and the environment variable of a setting, as its key says. */
export interface SettingNames {
  readonly flag: string;
  readonly env: string;
}

export const ENV_PREFIX = "OVATION_";
const REDACTED = "[redacted]";

/** `frameIntervalMaxMs` is `--frame-interval-max-ms` and `OVATION_FRAME_INTERVAL_MAX_MS`. */
export function settingNames(key: string): SettingNames {
  const kebab = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return {
    flag: `--${kebab}`,
    env: ENV_PREFIX + kebab.replaceAll("-", "_").toUpperCase(),
  };
}

/** A whole number within limits. */
export function integer(parts: {
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly unit?: "ms" | "bytes";
  readonly doc: string;
}): Setting<number> {
  const { min, max, unit } = parts;
  const allowed = `integer from ${min} to ${max}${unit ? ` (${unit})` : ""}`;
  return setting<number>({
    schema: reader((text, fault) => {
      const value = Number(text);
      // The pattern refuses what Number() would take: "", "0x10", "1e3", " 5".
      const sound = /^-?[0-9]+$/.test(text) && value >= min && value <= max;
      return sound ? value : fault(`must be an ${allowed}, but is ${quoted(text)}`);
    }),
    default: parts.default,
    defaultText: String(parts.default),
    allowed,
    json: { type: "integer", minimum: min, maximum: max },
    doc: parts.doc,
  });
}

/** How long something is kept, in milliseconds; `forever` is Infinity. */
export function age(parts: {
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly doc: string;
}): Setting<number> {
  const limited = integer({ ...parts, unit: "ms" });
  const allowed = `forever, or ${limited.allowed}`;
  return {
    ...limited,
    allowed,
    json: { anyOf: [{ enum: ["forever"] }, limited.json] },
    schema: reader((text, fault) => {
      if (text === "forever") return Number.POSITIVE_INFINITY;
      const { data } = limited.schema.safeParse(text);
      return data ?? fault(`must be ${allowed}, but is ${quoted(text)}`);
    }),
    loggable: (value) => (value === Number.POSITIVE_INFINITY ? "forever" : value),
  };
}

/** A TCP port to listen on; 0 lets the system choose. */
export function port(parts: { readonly default: number; readonly doc: string }): Setting<number> {
  return integer({ min: 0, max: 65_535, ...parts });
}

/** A switch: true or false. */
export function boolean(parts: {
  readonly default: boolean;
  readonly doc: string;
}): Setting<boolean> {
  return setting<boolean>({
    schema: reader((text, fault) => {
      if (text === "true") return true;
      return text === "false" ? false : fault(`must be true or false, but is ${quoted(text)}`);
    }),
    default: parts.default,
    defaultText: String(parts.default),
    allowed: "true or false",
    json: { type: "boolean" },
    doc: parts.doc,
    isSwitch: true,
  });
}

/** Free text on one line. */
export function text(parts: { readonly default: string; readonly doc: string }): Setting<string> {
  return setting<string>({
    schema: lineOfText,
    default: parts.default,
    defaultText: parts.default,
    allowed: "text",
    doc: parts.doc,
  });
}

/** Free text on one line that is unset by default, and may be a secret. */
export function optionalText(parts: {
  readonly doc: string;
  readonly secret?: boolean;
  readonly standardEnv?: string;
}): Setting<string | undefined> {
  return setting<string | undefined>({
    schema: lineOfText,
    default: undefined,
    defaultText: undefined,
    allowed: "text",
    doc: parts.doc,
    secret: parts.secret ?? false,
    standardEnv: parts.standardEnv,
  });
}

/** One word out of a few. */
export function choice<const T extends string>(parts: {
  readonly choices: readonly T[];
  readonly default: NoInfer<T>;
  readonly doc: string;
  readonly standardEnv?: string;
}): Setting<T> {
  const allowed = parts.choices.join(", ");
  return setting<T>({
    schema: reader((given, fault) => {
      const found = parts.choices.find((word) => word === given);
      return found ?? fault(`must be one of ${allowed}, but is ${quoted(given)}`);
    }),
    default: parts.default,
    defaultText: parts.default,
    allowed: `one of ${allowed}`,
    json: { enum: parts.choices },
    doc: parts.doc,
    standardEnv: parts.standardEnv,
  });
}

type Optional = "secret" | "isSwitch" | "standardEnv" | "json" | "loggable";

/** A setting with defaults filled in; by default it is a text, and neither secret nor a switch. */
export function setting<T>(parts: Omit<Setting<T>, Optional> & Partial<Setting<T>>): Setting<T> {
  const secret = parts.secret ?? false;
  const loggable = secret
    ? (value: T) => (value === undefined ? value : REDACTED)
    : (value: T) => value;
  const json: JsonForm = { type: "string" };
  return { secret, isSwitch: false, standardEnv: undefined, json, loggable, ...parts };
}

/**
 * A schema from a function. `fault` may be called several times, since all faults of one text are
 * reported; a value returned along with a fault is ignored.
 */
export function reader<T>(
  read: (given: string, fault: (message: string) => undefined) => T | undefined,
): z.ZodType<T, string> {
  return z.string().transform((given, context) => {
    const fault = (message: string) => {
      context.addIssue({ code: "custom", message });
      return undefined;
    };
    const value = read(given, fault);
    return value === undefined ? z.NEVER : value;
  });
}

const lineOfText = reader<string>((given, fault) => {
  const sound = given !== "" && given === given.trim() && !/\p{Cc}/u.test(given);
  // Not echoed either: it may be a secret.
  return sound
    ? given
    : fault("must be one line of text, not empty and without space at either end");
});

/** A value in a message: clipped, and with control characters escaped. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value);
}
