/** Reads parameters from a request's query. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";

interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * @returns the text, or undefined if the query has none of this name
 * @throws OvationError field_invalid when it has several
 */
export function parameter(exchange: HttpExchange, name: string): string | undefined {
  const [text, ...more] = exchange.query.getAll(name);
  if (more.length === 0) return text;
  throw new OvationError("field_invalid", `${name}: given more than once`, { field: name });
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
  const text = parameter(exchange, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const fault = `${name}: not a whole number from ${min} to ${max}`;
  throw new OvationError("field_invalid", fault, { field: name });
}

/** A time in milliseconds since 1970. */
export const MOMENT: Range = { min: 0, max: Number.MAX_SAFE_INTEGER };

/**
 * @returns the items of a list with commas, or undefined if the query has none of this name
 * @throws OvationError field_invalid
 */
export function list(
  exchange: HttpExchange,
  name: string,
  most: number,
): readonly string[] | undefined {
  const items = parameter(exchange, name)?.split(",");
  if (items === undefined || (items.length <= most && !items.includes(""))) return items;
  const fault = `${name}: not a list of 1 to ${most} items with commas between them`;
  throw new OvationError("field_invalid", fault, { field: name });
}

/**
 * @returns `true` or `false`, or undefined if the query has none of this name
 * @throws OvationError field_invalid
 */
export function flag(exchange: HttpExchange, name: string): boolean | undefined {
  const text = parameter(exchange, name);
  if (text === undefined) return undefined;
  if (text === "true" || text === "false") return text === "true";
  throw new OvationError("field_invalid", `${name}: not true or false`, { field: name });
}

/** Most items of a page, and how many there are where the request says nothing. */
const PAGE_LIMIT = 100;
const PAGE_DEFAULT = 50;

/**
 * Which page of a list is asked for: `before` and `limit`.
 * @throws OvationError field_invalid
 */
export function pageIn(exchange: HttpExchange): {
  readonly before: number | undefined;
  readonly limit: number;
} {
  const before = wholeNumber(exchange, "before", { min: 1, max: Number.MAX_SAFE_INTEGER });
  const limit = wholeNumber(exchange, "limit", { min: 1, max: PAGE_LIMIT }) ?? PAGE_DEFAULT;
  return { before, limit };
}
