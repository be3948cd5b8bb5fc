/** The viewer's token, tested with a scripted stand-in for a gateway. */
import { afterEach, describe, expect, test } from "vitest";
import { OvationError, type TokenSource } from "../../sdk/index.ts";
import { Recorder } from "../support/recorder.ts";
import { client, connected, statesOf } from "./support/client.ts";
import { LaterGateway, refused, type Script } from "./support/later-gateway.ts";

let gateway: LaterGateway;
afterEach(async () => {
  await gateway?.stop();
});

/** Numbered tokens, in order. */
function numbered(make: (n: number) => string): { readonly source: () => string; count: number } {
  const tokens = {
    count: 0,
    source: () => {
      tokens.count += 1;
      return make(tokens.count);
    },
  };
  return tokens;
}

async function connecting(token: TokenSource, script: Script) {
  gateway = await LaterGateway.start(script);
  const ovation = client(gateway.url, { token, transport: "websocket" });
  const states = statesOf(ovation);
  ovation.connect();
  return { ovation, states };
}

describe("a token", () => {
  test("is sent with every connection, a fresh one each time", async () => {
    const tokens = numbered((n) => `token-${n}`);
    const { states } = await connecting(tokens.source, () => ({}));
    await states.first(({ name }) => name === "connected");
    gateway.sockets[0]?.close(1012);
    await gateway.asked.until(() => gateway.of("connect").length === 2);
    expect(gateway.of("connect").map(({ token }) => token)).toEqual(["token-1", "token-2"]);
  });

  test("that is temporarily unavailable is requested again", async () => {
    const failing = new Recorder<string>();
    const source = async () => {
      failing.take("asked");
      if (failing.all.length < 3) throw new TypeError("no network");
      return "token";
    };
    const { states } = await connecting(source, () => ({}));
    const failed = await states.first(({ name }) => name === "reconnecting");
    expect(failed).toMatchObject({
      reason: { code: "token_unavailable", message: expect.stringContaining("no network") },
    });
    await states.first(({ name }) => name === "connected");
    expect(gateway.of("connect")).toHaveLength(1);
  });

  test("that the application itself reports as refused stops the attempts", async () => {
    const source = () => {
      throw new OvationError("token_refused", "signed out");
    };
    const { ovation, states } = await connecting(source, () => ({}));
    await states.first(({ name }) => name === "closed");
    expect(ovation.state).toMatchObject({
      reason: { code: "token_refused", message: "signed out" },
    });
    expect(gateway.asked.all).toEqual([]);
  });
});

describe("a refused token", () => {
  test("stops the attempts if there is no other, says why, and rejects pending publishes", async () => {
    const { ovation, states } = await connecting("token", ({ op }) =>
      op === "connect" ? refused("token_revoked") : {},
    );
    const published = ovation.video("launch").publish("like");
    await expect(published).rejects.toMatchObject({ code: "token_revoked" });
    expect(states.all.map(({ name }) => name)).toEqual(["idle", "connecting", "closed"]);
    expect(ovation.state).toMatchObject({ reason: { message: "refused: token_revoked" } });
  });

  test.each([
    [4401, "token_expired"],
    [4403, "token_refused"],
  ])("stops them with close code %i too", async (code, reason) => {
    const { ovation, states } = await connecting("token", ({ op }, socket) => {
      if (op === "connect") socket.close(code);
      return undefined;
    });
    await states.first(({ name }) => name === "closed");
    expect(ovation.state).toMatchObject({ reason: { code: reason } });
  });

  test("is replaced by another one, at the same gateway", async () => {
    const tokens = numbered((n) => `token-${n}`);
    const { states } = await connecting(tokens.source, ({ token }) =>
      token === "token-1" || token === "token-2" ? refused("token_revoked") : {},
    );
    await states.first(({ name }) => name === "connected");
    expect(states.all).toMatchObject([
      { name: "idle" },
      { name: "connecting" },
      { name: "reconnecting", attempt: 1, reason: { code: "token_revoked" } },
      { name: "reconnecting", attempt: 2, reason: { code: "token_revoked" } },
      { name: "connected" },
    ]);
  });

  test("stops the attempts when two fresh ones are refused after it", async () => {
    const tokens = numbered((n) => `token-${n}`);
    const { ovation, states } = await connecting(tokens.source, ({ token }) =>
      ["token-1", "token-2", "token-3"].includes(String(token)) ? refused("token_expired") : {},
    );
    await states.first(({ name }) => name === "closed");
    expect(ovation.state).toMatchObject({ reason: { code: "token_expired" } });
    expect(tokens.count).toBe(3);
    // A closed client can connect again, with as many attempts as before.
    ovation.connect();
    await states.first(({ name }) => name === "connected");
  });

  test("may come from a cache for a while, which the client waits out, but not forever", async () => {
    const tokens = numbered((n) => (n < 6 ? "cached" : "fresh"));
    const { states } = await connecting(tokens.source, ({ token }) =>
      token === "cached" ? refused("token_expired") : {},
    );
    await states.first(({ name }) => name === "connected");
    const endless = client(gateway.url, { token: () => "cached", transport: "websocket" });
    const later = statesOf(endless);
    endless.connect();
    await later.first(({ name }) => name === "closed");
    expect(later.all.filter(({ name }) => name === "reconnecting")).toHaveLength(9);
  });
});

describe("an expiring token", () => {
  /** The first one is short-lived. */
  const life = (token: unknown) => ({ expiresInMs: token === "token-1" ? 800 : 600_000 });

  test("is replaced in time, on the same connection", async () => {
    const tokens = numbered((n) => `token-${n}`);
    const { states } = await connecting(tokens.source, ({ token }) => life(token));
    const refresh = await gateway.asked.first(({ op }) => op === "refresh");
    expect(refresh["token"]).toBe("token-2");
    expect(gateway.sockets).toHaveLength(1);
    expect(states.all.at(-1)?.name).toBe("connected");
  });

  test("leads to a new connection if the gateway can't accept a fresh one", async () => {
    const tokens = numbered((n) => `token-${n}`);
    const { states } = await connecting(tokens.source, ({ op, token }) =>
      op === "refresh" ? refused("op_unknown") : life(token),
    );
    await states.until((all) => all.filter(({ name }) => name === "connected").length === 2);
    expect(gateway.of("connect")[1]?.["token"]).toBe("token-2");
    expect(tokens.count).toBe(2);
  });

  test("stays in use while the gateway can't check a fresh one", async () => {
    const tokens = numbered((n) => `token-${n}`);
    const { states } = await connecting(tokens.source, ({ op, token }) =>
      op === "refresh" && token === "token-2" ? refused("keys_unavailable") : life(token),
    );
    await gateway.asked.until(() => gateway.of("refresh").length === 2);
    expect(states.all.map(({ name }) => name)).toEqual(["idle", "connecting", "connected"]);
  });

  test("that expired while the device slept is replaced by a fresh one", async () => {
    const tokens = numbered((n) => `token-${n}`);
    const { ovation, states } = await connecting(tokens.source, ({ op, token }) =>
      op === "connect" && token === "token-2" ? refused("token_expired") : {},
    );
    await connected(ovation);
    gateway.sockets[0]?.close(4401, "token_expired");
    await states.until((all) => all.filter(({ name }) => name === "connected").length === 2);
    expect(tokens.count).toBe(3);
  });
});

describe("a gateway that asks for a fresh token", () => {
  test("gets it", async () => {
    const tokens = numbered((n) => `token-${n}`);
    const { ovation } = await connecting(tokens.source, () => ({}));
    await connected(ovation);
    gateway.sockets[0]?.send({ op: "refresh", withinMs: 1_000 });
    expect(await gateway.asked.first(({ op }) => op === "refresh")).toMatchObject({
      token: "token-2",
    });
  });

  test("may refuse that one, and accepts another with a new connection", async () => {
    const tokens = numbered((n) => `token-${n}`);
    const { ovation, states } = await connecting(tokens.source, ({ op }) =>
      op === "refresh" ? refused("token_refused") : {},
    );
    await connected(ovation);
    gateway.sockets[0]?.send({ op: "refresh" });
    await states.until((all) => all.filter(({ name }) => name === "connected").length === 2);
    expect(gateway.of("connect").map(({ token }) => token)).toEqual(["token-1", "token-3"]);
  });

  test("repeatedly gets no more than one every few seconds", async () => {
    const tokens = numbered((n) => `token-${n}`);
    const { ovation } = await connecting(tokens.source, () => ({}));
    await connected(ovation);
    const asking = setInterval(() => gateway.sockets[0]?.send({ op: "refresh" }), 50);
    await gateway.asked.until(() => gateway.of("refresh").length === 2);
    clearInterval(asking);
    expect(tokens.count).toBe(3);
  });

  test("keeps the connection if none is available, and the application is notified", async () => {
    const errors = new Recorder<OvationError>();
    let isOut = false;
    const source = async () => {
      if (isOut) throw new TypeError("no network");
      return crypto.randomUUID();
    };
    const { ovation } = await connecting(source, () => ({}));
    ovation.onError(errors.take);
    await connected(ovation);
    isOut = true;
    gateway.sockets[0]?.send({ op: "refresh" });
    expect(await errors.first(() => true)).toMatchObject({ code: "token_unavailable" });
    isOut = false;
    // The client requests it again after a while.
    await gateway.asked.first(({ op }) => op === "refresh");
    expect(ovation.state.name).toBe("connected");
  });
});
