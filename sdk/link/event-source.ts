/**
 * Reads the data of Server-Sent Events (HTML, 9.2.6) out of the pieces in which they come. Names, ids
 * and comments are of no use here. Own code, since a parser of everything costs a page 1 kB.
 */

/** Returns what takes the next piece of text. */
export function readEvents(onData: (data: string) => void): (text: string) => void {
  let rest = "";
  let data: string[] = [];
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, value] = /^data(?:: ?|$)(.*)/s.exec(line) ?? [];
      if (value !== undefined) data.push(value);
      else if (line === "" && data.length > 0) {
        onData(data.join("\n"));
        data = [];
      }
    }
  };
}
