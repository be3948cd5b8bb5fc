/**
 * Reads the examples of docs/protocol.md and compares what they expect with what arrived: `"…"` is any
 * text, `…` any number and `[…]` any list; everything else is exact.
 */
import { expect } from "vitest";

export type Fields = Readonly<Record<string, unknown>>;

/** A fenced block: its language, its text and its first line. */
export interface Block {
  readonly kind: string;
  readonly text: string;
  readonly line: number;
}

/** Every fenced block of a page. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(.*)\n([\s\S]*?)\n```$/gm)].map((match) => ({
    kind: match[1] ?? "",
    text: match[2] ?? "",
    line: page.slice(0, match.index).split("\n").length,
  }));
}

const ANY_NUMBER = { "any number": true };

/** What an example expects: JSON in which a bare `…` stands for any number. */
export function pattern(json: string): unknown {
  return JSON.parse(json.replace(/([:[,]\s*)…/g, `$1${JSON.stringify(ANY_NUMBER)}`));
}

/** The pattern as a matcher for `toEqual`. */
export function matcher(wanted: unknown): unknown {
  if (wanted === "…") return expect.any(String);
  if (typeof wanted !== "object" || wanted === null) return wanted;
  if (JSON.stringify(wanted) === JSON.stringify(ANY_NUMBER)) return expect.any(Number);
  if (JSON.stringify(wanted) === JSON.stringify([ANY_NUMBER])) return expect.any(Array);
  if (Array.isArray(wanted)) return wanted.map(matcher);
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, matcher(value)]));
}

/** Whether a message matches the pattern. */
export function matches(is: unknown, wanted: unknown): boolean {
  try {
    expect(is).toEqual(matcher(wanted));
    return true;
  } catch {
    return false;
  }
}

/** Kinds that may come at any time. */
const UNASKED = ["viewers", "totals"];

/** The message without its events of those kinds; undefined if nothing else is in it. */
export function withoutViewers(message: Fields): Fields | undefined {
  const { events } = message;
  if (!Array.isArray(events)) return message;
  const others = events.filter(({ kind }) => !UNASKED.includes(kind));
  const isEmpty = others.length === 0 && events.length > 0 && message["counts"] === undefined;
  return isEmpty ? undefined : { ...message, events: others };
}

/** Fields of results that only some of the examples show. */
const OMITTED = ["limits", "kinds", "report", "state", "totals"];

/** The message without those, unless the pattern shows them. */
export function withoutOmitted(message: Fields, wanted: unknown): Fields {
  const shown = typeof wanted === "object" && wanted !== null ? Object.keys(wanted) : [];
  const isShown = ([field]: [string, unknown]) => !OMITTED.includes(field) || shown.includes(field);
  return message["op"] === "result"
    ? Object.fromEntries(Object.entries(message).filter(isShown))
    : message;
}

/** A request and its expected response. */
export interface HttpExample {
  readonly path: string;
  readonly request: RequestInit;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** What follows the response head. */
  readonly rest: string;
}

function headersOf(lines: readonly string[]): [string, string][] {
  return lines.map((line) => {
    const [, name, value] = /^([\w-]+): (.+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`not a header: ${line}`);
    return [name, value];
  });
}

/** Parses a request and its response, written as on the wire. */
export function parseHttp(text: string): HttpExample {
  const split = /^(?<request>.*?)\n\nHTTP\/1\.1 (?<status>\d+) .+?\n(?<response>.*)$/s.exec(text);
  const [head = "", body] = split?.groups?.["request"]?.split(/\n\n(.*)/s) ?? [];
  const [first = "", ...lines] = head.split("\n");
  const [, method, path] = /^([A-Z]+) (\/\S*) HTTP\/1\.1$/.exec(first) ?? [];
  const [responseHead = "", rest = ""] = split?.groups?.["response"]?.split(/\n\n(.*)/s) ?? [];
  if (method === undefined || path === undefined) throw new Error(`not an HTTP example: ${text}`);
  return {
    path,
    request: { method, headers: headersOf(lines), ...(body === undefined ? {} : { body }) },
    status: Number(split?.groups?.["status"]),
    headers: headersOf(responseHead.split("\n")),
    rest,
  };
}

/** Whether a part matches the expected one: `data` is compared as JSON, `id: …` is any id. */
export function isPart(part: string, wanted: string): boolean {
  const [is, expected] = [part.split("\n"), wanted.split("\n")];
  return (
    is.length === expected.length &&
    expected.every((line, index) => {
      const own = is[index] ?? "";
      if (line === "id: …") return /^id: \S+$/.test(own);
      if (!line.startsWith("data: ") || !own.startsWith("data: ")) return own === line;
      const message = JSON.parse(own.slice(6));
      const shown = pattern(line.slice(6));
      return matches(message, shown) || matches(withoutViewers(message), shown);
    })
  );
}

/** The text of a result without totals, unless what is expected shows them. */
export function withoutTotals(text: string, expected: string): string {
  return expected.includes('"totals"') ? text : text.replace(/,"totals":\{[^}]*\}/, "");
}

/** Whether a part contains nothing but viewer counts and totals. */
export function isViewersOnly(part: string): boolean {
  const data = /^data: (.*)$/m.exec(part)?.[1];
  return data !== undefined && withoutViewers(JSON.parse(data)) === undefined;
}
