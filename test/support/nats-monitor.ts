/** A nats-server's monitoring data (https://docs.nats.io/running-a-nats-service/nats_admin/monitoring). */

/** Messages that it received from clients, and sent to them, since it started. */
export interface Moved {
  readonly in: number;
  readonly out: number;
}

interface Varz {
  readonly in_msgs: number;
  readonly out_msgs: number;
}

interface Connz {
  readonly connections: readonly { readonly name?: string; readonly subscriptions: number }[];
}

interface Jsz {
  readonly account_details?: readonly {
    readonly stream_detail?: readonly {
      readonly name: string;
      readonly state: {
        readonly messages: number;
        readonly bytes: number;
        readonly last_seq: number;
        readonly num_subjects?: number;
      };
    }[];
  }[];
}

export class NatsMonitor {
  readonly #url: string;

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}`;
  }

  async moved(): Promise<Moved> {
    const { in_msgs, out_msgs } = await this.#read<Varz>("varz");
    return { in: in_msgs, out: out_msgs };
  }

  /** Subscriptions of each client connection, by its name. */
  async subscriptions(): Promise<readonly { readonly name: string; readonly count: number }[]> {
    const { connections } = await this.#read<Connz>("connz?limit=1024");
    return connections.map(({ name = "", subscriptions: count }) => ({ name, count }));
  }

  /** A stream's state. @throws if there is no such stream */
  async stream(name: string) {
    const { account_details = [] } = await this.#read<Jsz>("jsz?streams=true");
    const streams = account_details.flatMap(({ stream_detail = [] }) => stream_detail);
    const found = streams.find((stream) => stream.name === name);
    if (found === undefined) throw new Error(`NATS reports no stream ${name}`);
    return found.state;
  }

  /** The pinned nats-server of this machine answers, so its JSON has the declared shape. */
  async #read<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#url}/${path}`);
    return (await response.json()) as T;
  }
}
