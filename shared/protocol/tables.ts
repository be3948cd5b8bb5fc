/** The tables of docs/protocol.md, generated from the code that they describe. */
import { closeCodes } from "./close-codes.ts";
import { type ErrorKind, errorKinds, type Retry } from "./errors.ts";

const RETRY_TEXT: Readonly<Record<Retry, string>> = {
  no: "no",
  yes: "yes",
  "same-id": "yes, with the same id",
};

type Row = readonly string[];

/** A Markdown table. */
function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function closeText({ close, closesWithoutId = false }: ErrorKind): string {
  if (close === undefined) return "";
  return `${closeCodes[close].code}${closesWithoutId ? ", if no `id` can be read" : ""}`;
}

/** Every error: its HTTP status, whether to repeat the request, and whether it ends a WebSocket. */
export function errorTable(): string {
  const rows = Object.entries(errorKinds).map(([code, kind]) => [
    `\`${code}\``,
    String(kind.status),
    RETRY_TEXT[kind.retry],
    closeText(kind),
    kind.meaning,
  ]);
  return table(["code", "HTTP status", "repeat the request?", "closes with", "meaning"], rows);
}

/** Every code that a gateway closes a WebSocket with. */
export function closeCodeTable(): string {
  const rows = Object.values(closeCodes).map(({ code, reason, reconnect, meaning }) => [
    String(code),
    `\`${reason}\``,
    reconnect ? "yes" : "no",
    meaning,
  ]);
  return table(["code", "reason", "connect again?", "meaning"], rows);
}
