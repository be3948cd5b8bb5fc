/** Whole numbers in the query of a request. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";

interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * @returns the number, or undefined if the query has none of this name
 * @throws OvationError field_invalid
 */
export function wholeNumber(
  exchange: HttpExchange,
  name: string,
  { min, max }: Range,
): number | undefined {
  const text = exchange.query.get(name);
  if (text === null) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const fault = `${name}: not a whole number from ${min} to ${max}`;
  throw new OvationError("field_invalid", fault, { field: name });
}
