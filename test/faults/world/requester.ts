/** A WebSocket that asks and asks, and keeps account of the answers. */
import { once } from "node:events";
import WebSocket from "ws";
import { Waiter } from "../../support/waiter.ts";

export class Requester {
  /** Answers by what they are: `result`, or the code of an error. */
  readonly answers: Map<string, number>;
  readonly #socket: WebSocket;
  readonly #waiter = new Waiter();
  #asked = 0;
  #owed = 0;

  private constructor(url: string, answers: Map<string, number>) {
    this.answers = answers;
    this.#socket = new WebSocket(`${url.replace("http", "ws")}/v1/connect`, ["ovation.v1.json"], {
      perMessageDeflate: false,
    });
  }

  /** @param answers where to keep the account, should several share it */
  static async open(url: string, answers = new Map<string, number>()): Promise<Requester> {
    const requester = new Requester(url, answers);
    requester.#socket.on("message", (message: Buffer) =>
      requester.#take(JSON.parse(message.toString())),
    );
    await once(requester.#socket, "open");
    requester.ask({ op: "connect" });
    await requester.answered();
    return requester;
  }

  ask(request: object): void {
    this.#asked += 1;
    this.#owed += 1;
    this.#socket.send(JSON.stringify({ ...request, id: this.#asked }));
  }

  /** Resolves when all was answered. */
  async answered(): Promise<void> {
    await this.#waiter.until(() => this.#owed === 0);
  }

  close(): void {
    this.#socket.close();
  }

  #take({ op, code }: { readonly op: string; readonly code?: string }): void {
    if (op !== "result" && op !== "error") return;
    const what = code ?? op;
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
    this.#owed -= 1;
    if (this.#owed === 0) this.#waiter.changed();
  }
}
