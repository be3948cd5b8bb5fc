/**
 * Parses Server-Sent Events (HTML, 9.2.6) from the chunks in which they arrive: their data, and the
 * last id that was sent. Names and comments are not needed here. Own code, because a complete parser
 * costs a page 1 kB.
 */

/** Returns a function that parses the next chunk of text. */
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
