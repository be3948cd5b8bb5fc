/**
 * What is accepted spends the publish quota; what is refused, for whatever reason and on either wire,
 * spends nothing of it; and the work of reading a request is charged in any case. On real sockets, with
 * a clock that stands still, so that nothing is gained between two requests.
 */
import { describe, expect, test } from "vitest";
import { Hub } from "../../../gateway/api/hub.ts";
import type { GatewayServices } from "../../../gateway/api/services.ts";
import { Grant } from "../../../gateway/auth/grant.ts";
import { BodyBudget } from "../../../gateway/limits/body-budget.ts";
import { configFor } from "../../../shared/config/load.ts";
import type { GatewayConfig } from "../../../shared/config/settings.ts";
import { OvationError } from "../../../shared/protocol/errors.ts";
import type { EventInput } from "../../../shared/protocol/events.ts";
import { servicesWithoutNats } from "../../support/gateway-services.ts";
import { postBytes } from "../../support/raw.ts";
import { TestSocket } from "../../support/viewer.ts";

const VIDEO = "v";
const MANY = 1_000_000;
/** Five seconds' worth of one a second. */
const BURST = 5;
/** More than any quota here has. */
const REFUSED = 20;

type Wire = "WebSocket" | "HTTP";
type Outcome = { readonly code: string | undefined; readonly message: string };
/** What a gateway does with a publish, besides the limits. */
interface Circumstances {
  /** What a dispatcher answers. */
  dispatcher: OvationError | undefined;
  isOverloaded: boolean;
  inFlightLimit: number;
  bodiesLimitBytes: number;
}

const USUAL: Circumstances = {
  dispatcher: undefined,
  isOverloaded: false,
  inFlightLimit: 100,
  bodiesLimitBytes: 67_108_864,
};

/** A gateway whose clock stands still. */
class StillGateway {
  now: Circumstances = USUAL;
  readonly #hub: Hub;
  #port = 0;
  #socket: TestSocket | undefined;

  constructor(rates: Partial<GatewayConfig>, actor: string | undefined) {
    const circumstances = () => this.now;
    const config = {
      ...configFor("gateway", {
        host: "127.0.0.1",
        port: 0,
        requestsPerSecond: MANY,
        httpRequestsPerSecond: MANY,
        requestBytesPerSecond: 1_000 * MANY,
        connectionPublishesPerSecond: MANY,
        httpPublishesPerSecond: MANY,
        actorPublishesPerSecond: MANY,
        addressPublishesPerSecond: MANY,
        likesPerSecond: MANY,
        ...rates,
      }),
      get inFlightLimit() {
        return circumstances().inFlightLimit;
      },
    };
    const grant = new Grant({ actor, videos: [VIDEO], publish: ["like", "comment"], scopes: [] });
    this.#hub = new Hub(this.#services(config, grant), config);
  }

  async start(): Promise<void> {
    this.#port = await this.#hub.start();
    this.#socket = await TestSocket.connect(this.#port);
  }

  async stop(): Promise<void> {
    await this.#socket?.close();
    this.#hub.stop();
  }

  /** Publishes on a wire, always over the same connection where it is a WebSocket. */
  async publish(wire: Wire, fields: object, video = VIDEO): Promise<Outcome> {
    if (wire === "WebSocket") {
      const answer = await this.#socket?.ask("publish", { video, ...fields });
      return outcomeOf(answer?.op === "result" ? undefined : answer);
    }
    const answer = await postBytes(this.#port, video, JSON.stringify(fields));
    return outcomeOf(answer.status === 200 ? undefined : answer.error);
  }

  /** How many likes are accepted until one is refused for its rate, and the refusal's text. */
  async room(wire: Wire): Promise<{ readonly accepted: number; readonly refusal: string }> {
    this.now = USUAL;
    for (let accepted = 0; accepted <= REFUSED; accepted += 1) {
      const { code, message } = await this.publish(wire, { kind: "like" });
      if (code === "rate_limited") return { accepted, refusal: message };
      expect(code).toBeUndefined();
    }
    throw new Error(`${REFUSED} likes were accepted`);
  }

  #services(config: GatewayConfig, grant: Grant): GatewayServices {
    const services = servicesWithoutNats(
      config,
      grant,
      () => {
        throw new Error("not used here");
      },
      () => 0,
    );
    const circumstances = () => this.now;
    services.admission.overload.admitEvents = () => {
      if (circumstances().isOverloaded) throw new OvationError("overloaded");
    };
    const one = async (_video: string, { id }: EventInput) => {
      const { dispatcher } = circumstances();
      if (dispatcher !== undefined) throw dispatcher;
      return { id: id ?? "", seq: undefined };
    };
    services.bodies.open = (address) =>
      new BodyBudget(circumstances().bodiesLimitBytes).open(address);
    const client: GatewayServices["publisher"]["client"] = {
      ...services.publisher.client,
      publish: async (_video, inputs) => {
        const { dispatcher: error } = circumstances();
        if (error !== undefined) return { accepted: [], error };
        return { accepted: inputs.map(() => ({ id: "", seq: undefined })) };
      },
    };
    const ways = {
      client,
      batched: { publish: one },
      inOrder: () => ({
        publish: one,
        inTurn: async <T>(_: string, work: () => Promise<T>) => await work(),
      }),
    };
    return { ...services, publisher: { ...services.publisher, ...ways } };
  }
}

function outcomeOf(error: Readonly<Record<string, unknown>> | undefined): Outcome {
  const code = error?.["code"];
  return {
    code: code === undefined ? undefined : String(code),
    message: String(error?.["message"] ?? ""),
  };
}

/** Each publish quota, with the others out of the way. */
const QUOTAS: readonly (readonly [
  name: string,
  wires: readonly Wire[],
  rates: Partial<GatewayConfig>,
  actor: string | undefined,
])[] = [
  ["connection publishes", ["WebSocket"], { connectionPublishesPerSecond: 1 }, "anna"],
  ["http publishes", ["HTTP"], { httpPublishesPerSecond: 1 }, "anna"],
  ["actor publishes", ["WebSocket", "HTTP"], { actorPublishesPerSecond: 1 }, "anna"],
  ["address publishes", ["WebSocket", "HTTP"], { addressPublishesPerSecond: 1 }, undefined],
  ["likes", ["WebSocket", "HTTP"], { likesPerSecond: 1 }, "anna"],
];

interface Refusal {
  readonly code: string;
  readonly wires?: readonly Wire[];
  readonly fields?: object;
  readonly video?: string;
  readonly circumstances?: Partial<Circumstances>;
}

const LIKE = { kind: "like" };
/** Each way in which a publish is refused. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  "of a kind that is not there": { code: "kind_unknown", fields: { kind: "none" } },
  "of a built-in kind": { code: "kind_reserved", fields: { kind: "viewers" } },
  "without a kind": { code: "field_invalid", fields: { kind: 7 } },
  "of another video": { code: "forbidden", video: "w" },
  "in another's name": { code: "forbidden", fields: { ...LIKE, actor: "bob" } },
  "with an eventId of Ovation's own": {
    code: "event_id_invalid",
    wires: ["WebSocket"],
    fields: { ...LIKE, eventId: "~a" },
  },
  "with an id of Ovation's own": {
    code: "event_id_invalid",
    wires: ["HTTP"],
    fields: { ...LIKE, id: "~a" },
  },
  "with an id of another's event": {
    code: "event_id_taken",
    circumstances: { dispatcher: new OvationError("event_id_taken") },
  },
  "of too much data": { code: "data_too_large", fields: { ...LIKE, data: "x".repeat(5_000) } },
  "of data too deep": {
    code: "data_invalid",
    fields: { ...LIKE, data: JSON.parse(`${"[".repeat(16)}${"]".repeat(16)}`) },
  },
  "while the gateway is overloaded": { code: "overloaded", circumstances: { isOverloaded: true } },
  "while the dispatcher is overloaded": {
    code: "overloaded",
    circumstances: { dispatcher: new OvationError("overloaded") },
  },
  "while no dispatcher is there": {
    code: "unavailable",
    circumstances: { dispatcher: new OvationError("unavailable") },
  },
  "with too many in flight": {
    code: "in_flight_exceeded",
    wires: ["WebSocket"],
    circumstances: { inFlightLimit: 0 },
  },
  "with no room for its body": {
    code: "overloaded",
    wires: ["HTTP"],
    circumstances: { bodiesLimitBytes: 1 },
  },
  "in too large a message": {
    code: "message_too_large",
    wires: ["WebSocket"],
    fields: { ...LIKE, data: "x".repeat(17_000) },
  },
  "in too large a body": {
    code: "body_too_large",
    wires: ["HTTP"],
    fields: { ...LIKE, data: "x".repeat(66_000) },
  },
  "in a list whose last event is wrong": {
    code: "kind_unknown",
    wires: ["HTTP"],
    fields: [LIKE, LIKE, LIKE, { kind: "none" }],
  },
  "in a list that is longer than what is left": {
    code: "rate_limited",
    wires: ["HTTP"],
    fields: Array.from({ length: BURST + 1 }, () => LIKE),
  },
};

/** Runs with a gateway of its own: the tests wait for refusals side by side. */
async function withGateway(
  rates: Partial<GatewayConfig>,
  actor: string | undefined,
  work: (gateway: StillGateway) => Promise<void>,
): Promise<void> {
  const gateway = new StillGateway(rates, actor);
  await gateway.start();
  try {
    await work(gateway);
  } finally {
    await gateway.stop();
  }
}

async function refuse(gateway: StillGateway, wire: Wire, refusal: Refusal): Promise<Outcome> {
  gateway.now = { ...USUAL, ...refusal.circumstances };
  return await gateway.publish(wire, refusal.fields ?? LIKE, refusal.video);
}

describe.concurrent.each(
  QUOTAS.flatMap(([name, wires, rates, actor]) =>
    wires.map((wire) => [name, wire, rates, actor] as const),
  ),
)("the limit of %s over %s", (name, wire, rates, actor) => {
  test("is spent by what is accepted", async () => {
    await withGateway(rates, actor, async (gateway) => {
      const { accepted, refusal } = await gateway.room(wire);
      expect(accepted).toBe(BURST);
      expect(refusal).toContain(`${name}: the limit is 1 a second`);
    });
  });

  test("stays spent by what may have been published", async () => {
    const lost = { code: "timeout", circumstances: { dispatcher: new OvationError("timeout") } };
    await withGateway(rates, actor, async (gateway) => {
      for (let count = 1; count < BURST; count += 1) {
        expect((await refuse(gateway, wire, lost)).code).toBe("timeout");
      }
      expect((await gateway.room(wire)).accepted).toBe(1);
    });
  });

  const refusals = Object.entries(REFUSALS).filter(
    ([, { wires }]) => wires?.includes(wire) ?? true,
  );
  test.each(refusals)("is not spent by a publish %s", async (_what, refusal) => {
    // The rate's own refusals come late, so a few must do.
    const most = refusal.code === "rate_limited" ? 2 : REFUSED;
    await withGateway(rates, actor, async (gateway) => {
      for (let count = 0; count < most; count += 1) {
        expect((await refuse(gateway, wire, refusal)).code).toBe(refusal.code);
      }
      expect((await gateway.room(wire)).accepted).toBe(BURST);
    });
  });
});

describe.concurrent.each(["WebSocket", "HTTP"] as const)(
  "the work of reading a request over %s",
  (wire) => {
    const refusals = Object.entries(REFUSALS).filter(
      ([, { wires, code }]) => code !== "rate_limited" && (wires?.includes(wire) ?? true),
    );
    const cases: readonly (readonly [string, Refusal])[] = [
      ...refusals,
      ["that is accepted", { code: "" }],
    ];
    test.each(cases)("is charged for a publish %s", async (_what, refusal) => {
      // `connect` is a request too.
      const rate = BURST;
      const connects = wire === "WebSocket" ? 1 : 0;
      const rates = { requestsPerSecond: rate, httpRequestsPerSecond: rate };
      await withGateway(rates, "anna", async (gateway) => {
        let count = 0;
        let outcome = await refuse(gateway, wire, refusal);
        while ((outcome.code ?? "") === refusal.code) {
          count += 1;
          outcome = await refuse(gateway, wire, refusal);
        }
        expect(outcome.code).toBe("rate_limited");
        expect(outcome.message).toContain(`requests: the limit is ${rate} a second`);
        // A large message counts as several.
        expect(count).toBeLessThanOrEqual(BURST * rate - connects);
        expect(count).toBeGreaterThan(0);
      });
    });
  },
);
