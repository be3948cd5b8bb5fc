/** Random framings of two publishes in a row, each of a comment with an id of its own. */
import { Chance } from "../../support/random.ts";
import { FRAMED } from "./framing.ts";

const NAMES = ["Content-Length", "Transfer-Encoding", "Host", "X", "Content-Type"];
const CODINGS = ["chunked", "Chunked", "chunked, chunked", "gzip, chunked", "identity", "x", ""];
/** Put somewhere into a head. No empty name: uWebSockets.js takes it for the end of the headers. */
const BITS = [" ", "\t", "\r", "\n", "\r\n", "\0", "\x7f", "\x0b", ",", ";", "0", "\xa0", "\r\n "];
const SIZE_ENDS = ["\r\n", "\n", "\r", ";a\r\n", ";a=\n", " \r\n", "\r\n\r\n"];

export class FramingFuzz {
  readonly #chance: Chance;
  readonly #authorization: string;
  readonly #sent = new Map<string, string>();
  #count = 0;

  constructor(what: string, token: string | undefined) {
    this.#chance = new Chance(what);
    this.#authorization = token === undefined ? "" : `Authorization: Bearer ${token}`;
  }

  /** Two publishes, in one write or two. */
  next(): readonly string[] {
    const ids = [this.#newId(), this.#newId()];
    const writes = ids.map((id) => this.#withBit(this.#publish(id)));
    for (const id of ids) this.#sent.set(id, writes.join(""));
    return this.#chance.between(0, 1) === 0 ? [writes.join("")] : writes;
  }

  #withBit(bytes: string): string {
    if (this.#chance.between(0, 5) > 0) return bytes;
    const at = this.#chance.between(0, bytes.length);
    return bytes.slice(0, at) + this.#chance.of(BITS) + bytes.slice(at);
  }

  /** What was sent with this comment in it. */
  bytesOf(id: string): string | undefined {
    return this.#sent.get(id);
  }

  #newId(): string {
    this.#count += 1;
    return `fuzz-${this.#count}`;
  }

  #publish(id: string): string {
    const chance = this.#chance;
    const comment = JSON.stringify({ kind: "comment", id, data: { text: id } });
    const isChunked = chance.between(0, 3) === 0;
    const framing = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${comment.length}`;
    const type = "Content-Type: application/json";
    const lines = [...new Set(["Host: 127.0.0.1", type, this.#authorization, framing])].filter(
      Boolean,
    );
    for (let more = chance.between(0, 2); more > 0; more -= 1) {
      lines.splice(chance.between(0, lines.length), 0, this.#line(comment.length));
    }
    const head = `POST /v1/videos/${FRAMED}/events HTTP/1.1`;
    return `${head}\r\n${lines.join("\r\n")}\r\n\r\n${isChunked ? this.#chunks(comment) : comment}`;
  }

  #line(length: number): string {
    const chance = this.#chance;
    const name = chance.of(NAMES);
    const number = chance.of([length, length + 1, 0, 1, length + 200]);
    const values = [
      `${number}`,
      `0${number}`,
      `+${number}`,
      `${number},${number}`,
      ...CODINGS,
      "y",
    ];
    const [before, after] = [chance.of(["", "", "", " ", "\t"]), chance.of([" ", "", "\t", "  "])];
    return `${name}${before}:${after}${chance.of(values)}`;
  }

  #chunks(comment: string): string {
    const chance = this.#chance;
    const size = chance.of([comment.length, comment.length, comment.length - 1, 0]);
    const hex = `${chance.of(["", "", "0", " ", "0x"])}${size.toString(16)}`;
    const end = chance.of(["\r\n", "\r\n", "\n", "", "XX"]);
    const trailer = chance.of(["", "", "X: y\r\n"]);
    return `${hex}${chance.of(SIZE_ENDS)}${comment}${end}0\r\n${trailer}\r\n`;
  }
}
