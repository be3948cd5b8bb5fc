/**
 * Requests, each with one answer, over one subscription. The NATS client has the same, but creates
 * an error with a stack for each request, answered or not.
 */
import {
  errors,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type PermissionViolationError,
} from "nats";

const NO_RESPONDERS = 503;

interface Waiting {
  readonly subject: string;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (answer: Msg) => void;
  readonly reject: (error: Error) => void;
}

interface RequestsOptions {
  readonly connection: NatsConnection;
  /** Of this connection alone. */
  readonly inbox: string;
}

export class Requests {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  /** By the last token of the reply subject. */
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;

  constructor({ connection, inbox }: RequestsOptions) {
    this.#connection = connection;
    this.#prefix = `${inbox}.`;
  }

  /** The subject of all answers, for {@link received}. */
  get answers(): string {
    return `${this.#prefix}*`;
  }

  /**
   * Sends a request.
   * @throws NoRespondersError when nobody listens, TimeoutError, and PermissionViolationError
   */
  send(subject: string, payload: Uint8Array, timeoutMs: number, headers?: MsgHdrs): Promise<Msg> {
    return new Promise((resolve, reject) => {
      this.#count += 1;
      const token = this.#count.toString(36);
      const reply = this.#prefix + token;
      this.#connection.publish(subject, payload, headers ? { reply, headers } : { reply });
      const timer = setTimeout(() => {
        this.#waiting.delete(token);
        reject(new errors.TimeoutError());
      }, timeoutMs);
      this.#waiting.set(token, { subject, timer, resolve, reject });
    });
  }

  received(answer: Msg): void {
    const token = answer.subject.slice(this.#prefix.length);
    const waiting = this.#take(token);
    if (waiting === undefined) return;
    const isNobody = answer.data.length === 0 && answer.headers?.code === NO_RESPONDERS;
    if (isNobody) waiting.reject(new errors.NoRespondersError(waiting.subject));
    else waiting.resolve(answer);
  }

  /** NATS doesn't permit requests to this subject. */
  denied(error: PermissionViolationError): void {
    for (const [token, { subject }] of this.#waiting) {
      if (subject === error.subject) this.#take(token)?.reject(error);
    }
  }

  /** The connection was lost: no answer can arrive any more. */
  lost(): void {
    for (const token of this.#waiting.keys()) this.#take(token)?.reject(new errors.TimeoutError());
  }

  #take(token: string): Waiting | undefined {
    const waiting = this.#waiting.get(token);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(token);
    clearTimeout(waiting.timer);
    return waiting;
  }
}
