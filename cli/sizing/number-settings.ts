/** Kinds of settings that only sizing needs: numbers with a fraction, and those that may be unset. */
import { quoted, reader, type Setting, setting } from "../../shared/config/setting.ts";

interface Limits {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
  readonly doc: string;
}

/** A number within limits, with or without a fraction. */
export function decimal(parts: Limits & { readonly default: number }): Setting<number> {
  return setting<number>({
    schema: numberReader(parts),
    default: parts.default,
    defaultText: String(parts.default),
    allowed: allowedText(parts),
    doc: parts.doc,
  });
}

/** Such a number, or unset. */
export function optionalDecimal(parts: Limits): Setting<number | undefined> {
  return setting<number | undefined>({
    schema: numberReader(parts),
    default: undefined,
    defaultText: undefined,
    allowed: allowedText(parts),
    doc: parts.doc,
  });
}

function allowedText({ min, max, unit }: Limits): string {
  return `number from ${min} to ${max}${unit === undefined ? "" : ` (${unit})`}`;
}

function numberReader(limits: Limits) {
  return reader((text, fault) => {
    const value = Number(text);
    // The pattern refuses what Number() would take: "", "0x10", "1e3", " 5".
    const isSound = /^\d+(\.\d+)?$/.test(text) && value >= limits.min && value <= limits.max;
    return isSound ? value : fault(`must be a ${allowedText(limits)}, but is ${quoted(text)}`);
  });
}
