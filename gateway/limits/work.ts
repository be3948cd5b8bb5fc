/**
 * The work that each client may cause: requests over HTTP, messages of WebSockets, bytes to decode,
 * bytes of the past. It is charged before it is done, and stays charged when the request is refused
 * afterwards; what a client may publish is another matter (`publish-quota.ts`).
 */
import type { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { BoundedMap, type BoundedMapStats } from "./bounded-map.ts";
import { type ClientKey, isAddressKey } from "./client-key.ts";
import { FairTurns, Lane } from "./fair-turns.ts";
import { type ChangeableRate, changeRate, type Rate, rateOf, TokenBucket } from "./token-bucket.ts";
import { Turns } from "./turns.ts";

/**
 * Whom a client counts as. An address may be shared by many viewers; a backend stands for a whole
 * application.
 */
const SHARES = { actor: 1, address: 10, backend: 100 } as const;
type ClientSort = keyof typeof SHARES;

/** What of a grant says whose work it is. */
interface Holder {
  readonly isBackend: boolean;
  clientAt(address: ClientKey): ClientKey;
}

/** A request that fails before it is known whose it is counts as so many: few of them are honest. */
const FAILED_COST = 10;
/** The work of decoding one value, in bytes. */
const BYTES_PER_VALUE = 8;

/** Handling a message takes some 10 to 100 µs. A viewer that returns may send a hundred at once. */
const MESSAGE_TURNS = {
  perClient: 16,
  perTurn: Number.POSITIVE_INFINITY,
  slice: 32,
  sliceMs: 1,
} as const;

export interface WorkConfig {
  readonly httpRequestsPerSecond: number;
  readonly clientMessagesPerSecond: number;
  readonly requestBytesPerSecond: number;
  readonly historyBytesPerSecond: number;
  readonly limitedClientsKept: number;
}

interface WorkRates {
  readonly requests: ChangeableRate;
  readonly messages: ChangeableRate;
  readonly bytes: ChangeableRate;
  readonly past: ChangeableRate;
}

/** What a client's work is limited by, and the setting of each. */
const RATE_OF_SETTING = {
  httpRequestsPerSecond: "requests",
  clientMessagesPerSecond: "messages",
  requestBytesPerSecond: "bytes",
  historyBytesPerSecond: "past",
} as const satisfies Readonly<Record<string, keyof WorkRates>>;
export type WorkSetting = keyof typeof RATE_OF_SETTING;

export function isWorkSetting(name: string): name is WorkSetting {
  return Object.hasOwn(RATE_OF_SETTING, name);
}

interface WorkOptions {
  readonly config: WorkConfig;
  readonly stats: BoundedMapStats;
  readonly now: MonotonicClock;
  /** Counts a refusal and makes its error. */
  readonly refuse: (rate: Rate, waitMs: number) => OvationError;
}

/** The work of one client. */
export class ClientWork {
  readonly #rates: WorkRates;
  readonly #options: WorkOptions;
  /** Of the messages of all its WebSockets that wait for their turn. */
  readonly lane = new Lane();
  /** Each is undefined until it is needed: most clients use one wire, and send no body. */
  #requests: TokenBucket | undefined;
  #messages: TokenBucket | undefined;
  #bytes: TokenBucket | undefined;
  #past: TokenBucket | undefined;

  constructor(rates: WorkRates, options: WorkOptions) {
    this.#rates = rates;
    this.#options = options;
  }

  /**
   * Charges an HTTP request.
   * @returns 0, or in how many milliseconds there is room for it; then nothing is charged
   */
  request(): number {
    const now = this.#options.now();
    this.#requests ??= new TokenBucket(this.#rates.requests, now);
    return this.#requests.take(this.#rates.requests, 1, now);
  }

  /**
   * Charges a message of a WebSocket.
   * @param cost as many as it counts for
   * @returns false if there is no room for it; then nothing is charged
   */
  message(cost: number): boolean {
    const { messages } = this.#rates;
    const now = this.#options.now();
    this.#messages ??= new TokenBucket(messages, now);
    return this.#messages.takeAny(messages, cost, now) === 0;
  }

  /**
   * The error of a message that there was no room for.
   * @param leastWaitMs how long its connection must wait anyway
   */
  messageRefusal(leastWaitMs: number): OvationError {
    const { messages } = this.#rates;
    const waitMs = this.#messages?.waitMs(messages, 1, this.#options.now()) ?? 0;
    return this.#options.refuse(messages, Math.max(waitMs, leastWaitMs));
  }

  /** Charges what a request costs beyond one because it failed; that may become debt. */
  failed(): void {
    this.#requests?.charge(this.#rates.requests, FAILED_COST - 1, this.#options.now());
  }

  /** The error of a request that there was no room for. */
  refusal(waitMs: number): OvationError {
    return this.#options.refuse(this.#rates.requests, waitMs);
  }

  /** Charges bytes to be read or decoded. @throws OvationError rate_limited */
  bytes(count: number): void {
    this.#bytes ??= new TokenBucket(this.#rates.bytes, this.#options.now());
    this.#takeAny(this.#bytes, this.#rates.bytes, count);
  }

  /** Charges bytes of past events, before they are read. @throws OvationError rate_limited */
  past(count: number): void {
    this.#past ??= new TokenBucket(this.#rates.past, this.#options.now());
    this.#takeAny(this.#past, this.#rates.past, count);
  }

  /**
   * Charges past events whose size is not known yet, at most a burst.
   * @returns the charge, for {@link settlePast}
   * @throws OvationError rate_limited
   */
  advancePast(most: number): number {
    const charged = Math.min(most, this.#rates.past.burst);
    this.past(charged);
    return charged;
  }

  /** Their size is known; what exceeds the charge becomes debt. */
  settlePast(charged: number, count: number): void {
    const { past } = this.#rates;
    if (count < charged) this.#past?.giveBack(past, charged - count);
    else this.#past?.charge(past, count - charged, this.#options.now());
  }

  /** Gives back a request and its bytes: they are charged to somebody else. */
  giveBackRequest(bytes: number): void {
    this.#requests?.giveBack(this.#rates.requests, 1);
    this.#bytes?.giveBack(this.#rates.bytes, bytes);
  }

  /** Whether it equals a new one. */
  isIdle(now: number): boolean {
    const { requests, messages, bytes, past } = this.#rates;
    return (
      (this.#requests?.isFull(requests, now) ?? true) &&
      (this.#messages?.isFull(messages, now) ?? true) &&
      (this.#bytes?.isFull(bytes, now) ?? true) &&
      (this.#past?.isFull(past, now) ?? true)
    );
  }

  #takeAny(bucket: TokenBucket, rate: Rate, count: number): void {
    const { now, refuse } = this.#options;
    const waitMs = bucket.takeAny(rate, count, now());
    if (waitMs > 0) throw refuse(rate, waitMs);
  }
}

/**
 * One request, from before it is known whose it is: until then, its address pays. An address that
 * has nothing left is refused before any token is looked at.
 */
export class Attempt {
  readonly #find: (holder: Holder) => ClientWork;
  readonly #waitMs: number;
  #payer: ClientWork;
  #isKnown = false;
  #refusal: OvationError | undefined;
  #arrived = 0;
  /** Bytes that are paid for, whether or not they have arrived. */
  #paid = 0;

  /** Charges the address. */
  constructor(address: ClientWork, find: (holder: Holder) => ClientWork) {
    this.#waitMs = address.request();
    this.#payer = address;
    this.#find = find;
  }

  /** Required before any work is done for it. @throws OvationError rate_limited */
  require(): void {
    const { refusal } = this;
    if (refusal !== undefined) throw refusal;
  }

  /** Why there is no room for it; counted as a refusal when it is made. */
  get refusal(): OvationError | undefined {
    if (this.#waitMs > 0) this.#refusal ??= this.#payer.refusal(this.#waitMs);
    return this.#refusal;
  }

  /**
   * Charges all of its body, before the rest of it has arrived: bodies that arrive together can't
   * all pass before one is charged.
   * @throws OvationError rate_limited
   */
  body(bytes: number): void {
    if (bytes <= this.#paid) return;
    this.#payer.bytes(bytes - this.#paid);
    this.#paid = bytes;
  }

  /** Bytes of its body have arrived; charges those that are not paid for. @throws OvationError rate_limited */
  arrived(bytes: number): void {
    this.#arrived += bytes;
    this.body(this.#arrived);
  }

  /** Charges values that are to be decoded. @throws OvationError rate_limited */
  values(count: number): void {
    this.#payer.bytes(count * BYTES_PER_VALUE);
  }

  /**
   * Charges all of it to the client whose request it turned out to be.
   * @throws OvationError rate_limited
   */
  chargeTo(holder: Holder): void {
    const payer = this.#find(holder);
    this.#isKnown = true;
    if (payer === this.#payer) return;
    // When it has nothing left, the address pays for what was done to find that out.
    const waitMs = payer.request();
    if (waitMs > 0) throw payer.refusal(waitMs);
    if (this.#paid > 0) payer.bytes(this.#paid);
    this.#payer.giveBackRequest(this.#paid);
    this.#payer = payer;
  }

  /** The request was refused. If nobody knows whose it was, its address is charged more. */
  failed(): void {
    if (!this.#isKnown && this.#waitMs === 0) this.#payer.failed();
  }

  /** Gives back what was charged: it became a connection, which has limits of its own. */
  forget(): void {
    this.#payer.giveBackRequest(this.#paid);
  }
}

export class Work {
  /** For decoding and encoding what is large. */
  readonly turns = new Turns();
  /** For the messages of WebSockets. */
  readonly messageTurns: FairTurns;
  readonly #options: WorkOptions;
  readonly #clients: BoundedMap<ClientWork>;
  readonly #rates: Readonly<Record<ClientSort, WorkRates>>;

  constructor(options: WorkOptions) {
    this.#options = options;
    const { config, stats, now } = options;
    this.messageTurns = new FairTurns({ ...MESSAGE_TURNS, now });
    this.#clients = new BoundedMap(
      config.limitedClientsKept,
      (client) => client.isIdle(now()),
      stats,
    );
    const ratesOf = (sort: ClientSort): WorkRates => ({
      requests: rateOf("http_requests", SHARES[sort] * config.httpRequestsPerSecond),
      messages: rateOf("client_messages", SHARES[sort] * config.clientMessagesPerSecond),
      bytes: rateOf("request_bytes", SHARES[sort] * config.requestBytesPerSecond),
      past: rateOf("history_bytes", SHARES[sort] * config.historyBytesPerSecond),
    });
    this.#rates = {
      actor: ratesOf("actor"),
      address: ratesOf("address"),
      backend: ratesOf("backend"),
    };
  }

  /** From now on, this limit counts for everybody. */
  set(name: WorkSetting, perSecond: number): void {
    const { actor, address, backend } = this.#rates;
    const rate = RATE_OF_SETTING[name];
    changeRate(actor[rate], SHARES.actor * perSecond);
    changeRate(address[rate], SHARES.address * perSecond);
    changeRate(backend[rate], SHARES.backend * perSecond);
  }

  /** Clients that are tracked. */
  get size(): number {
    return this.#clients.size;
  }

  /** A request arrives from this address. */
  arrive(address: ClientKey): Attempt {
    return new Attempt(this.#client("address", address), (holder) => this.of(holder, address));
  }

  /** The work of a grant's holder at this address. */
  of(holder: Holder, address: ClientKey): ClientWork {
    const key = holder.clientAt(address);
    if (holder.isBackend) return this.#client("backend", `backend ${key}`);
    return this.#client(isAddressKey(key) ? "address" : "actor", key);
  }

  #client(sort: ClientSort, key: string): ClientWork {
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const client = new ClientWork(this.#rates[sort], this.#options);
    this.#clients.add(key, client);
    return client;
  }
}
