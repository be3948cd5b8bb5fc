/** Kinds of settings that commands have, besides those of the roles. */
import { quoted, reader, type Setting, setting } from "../../shared/config/setting.ts";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A time such as `90s`, `10m` or `2h`, in milliseconds; unset by default. */
export function duration(parts: { readonly doc: string }): Setting<number | undefined> {
  return setting<number | undefined>({
    schema: reader((given, fault) => {
      const [, number = "", unit = ""] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(given) ?? [];
      const ms = Number(number) * (UNITS[unit] ?? 0);
      return ms > 0 ? ms : fault(`must be a time such as 90s, 10m or 2h, but is ${quoted(given)}`);
    }),
    default: undefined,
    defaultText: undefined,
    allowed: "a whole number and ms, s, m, h or d",
    doc: parts.doc,
  });
}

/** A moment, in milliseconds since 1970; unset by default. */
export function moment(parts: { readonly doc: string }): Setting<number | undefined> {
  return setting<number | undefined>({
    schema: reader((given, fault) => {
      const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(
        given,
      );
      const ms = isTime ? Date.parse(given) : Number(/^\d{1,15}$/.test(given) ? given : Number.NaN);
      if (ms >= 0) return ms;
      return fault(
        `must be a time such as 2026-06-01T20:00:00Z, or milliseconds since 1970, but is ${quoted(given)}`,
      );
    }),
    default: undefined,
    defaultText: undefined,
    allowed: "a time as in ISO 8601 with its zone, a day, or milliseconds since 1970",
    doc: parts.doc,
  });
}

/** The `seq` of a durable event; unset by default. */
export function sequence(parts: { readonly doc: string }): Setting<number | undefined> {
  return setting<number | undefined>({
    schema: reader((given, fault) => {
      const seq = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
      if (Number.isSafeInteger(seq)) return seq;
      return fault(`must be the seq of an event, a whole number, but is ${quoted(given)}`);
    }),
    default: undefined,
    defaultText: undefined,
    allowed: "a whole number",
    doc: parts.doc,
  });
}

/** Words, separated by commas; unset by default. */
export function words(parts: {
  readonly doc: string;
  readonly allowed: string;
}): Setting<readonly string[] | undefined> {
  return setting<readonly string[] | undefined>({
    schema: reader((given, fault) => {
      const list = given.split(",").map((word) => word.trim());
      return list.includes("") ? fault("must hold no empty entry") : list;
    }),
    default: undefined,
    defaultText: undefined,
    ...parts,
  });
}

/** A switch that depends on something else while nobody sets it. */
export function optionalSwitch(parts: {
  readonly defaultText: string;
  readonly doc: string;
}): Setting<boolean | undefined> {
  return setting<boolean | undefined>({
    schema: reader((given, fault) => {
      if (given === "true") return true;
      return given === "false" ? false : fault(`must be true or false, but is ${quoted(given)}`);
    }),
    default: undefined,
    allowed: "true or false",
    isSwitch: true,
    ...parts,
  });
}
