/**
 * Reads Server-Sent Events (HTML, 9.2.6) out of the pieces in which they come: their data, and the
 * last id that was told. Names and comments are of no use here. Own code, since a parser of everything costs a page 1 kB.
 */

/** Returns what takes the next piece of text. */
export function readEvents(
  onEvent: (data: string, id: string | undefined) => void,
): (text: string) => void {
  let rest = "";
  let data: string[] = [];
  let id: string | undefined;
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, field, value = ""] = /^(data|id)(?:: ?|$)(.*)/s.exec(line) ?? [];
      if (field === "data") data.push(value);
      else if (field === "id") id = value;
      else if (line === "" && data.length > 0) {
        onEvent(data.join("\n"), id);
        data = [];
      }
    }
  };
}
