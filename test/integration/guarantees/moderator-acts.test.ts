/** The guarantees while moderators act. */
import { expect } from "vitest";
import { expectContiguous } from "../../support/chain.ts";
import { eventually } from "../../support/eventually.ts";
import { audienceOf } from "../../support/failing-nats.ts";
import {
  idsOf,
  names,
  publish,
  stored,
  untilCount,
  untilShown,
  useStack,
} from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { ofThese, sendInARow } from "../../support/ordered-publisher.ts";
import { endPoll, openPoll, untilTally, vote } from "../../support/polls.ts";
import { tokenOf, VIEWER } from "../../support/tokens.ts";
import { untilTotals } from "../../support/totals.ts";
import { type Inbox, post, TestEventStream, TestSocket, watch } from "../../support/viewer.ts";

const stack = useStack({ gateways: 2, dispatchers: 2 });
const TROLL = "troll";

/** Sends a moderator's request, which must succeed. */
async function act(method: "PUT" | "DELETE", path: string, body?: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${stack().gateway.port}/v1/videos/${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  expect({ status: response.status, body: await response.json() }).toMatchObject({ status: 200 });
}

/** Publishes as the troll; returns the code of the refusal, or the id that was accepted. */
async function asTroll(at: number, video: string, kind: string, id: string): Promise<string> {
  const { status, body } = await post(stack().gatewayAt(at).port, video, {
    kind,
    id,
    actor: TROLL,
  });
  return status === 200 ? id : (body["error"] as { code: string }).code;
}

/** Resolves when every gateway refuses what the troll publishes; returns what was accepted before. */
async function untilBanned(video: string, kind: string): Promise<string[]> {
  const accepted: string[] = [];
  for (const at of stack().gateways.keys()) {
    let attempt = 0;
    await eventually(async () => {
      attempt += 1;
      const outcome = await asTroll(at, video, kind, `late-${at}-${attempt}`);
      if (outcome !== "banned") accepted.push(outcome);
      return outcome === "banned";
    });
  }
  return accepted;
}

guarantee("a moderator acts", "like", async () => {
  const viewers = await audienceOf(stack(), "likes");
  expect(await asTroll(0, "likes", "like", "before")).toBe("before");
  await act("PUT", `likes/bans/${TROLL}`, { mode: "mute" });
  const accepted = ["before", ...(await untilBanned("likes", "like")), ...names("anna", 20)];
  await publish(stack().gatewayAt(1), "likes", "like", names("anna", 20));
  for (const viewer of viewers) {
    await untilShown(viewer, "likes", "like", "anna-20");
    expect(idsOf(viewer.of("likes", "like")).sort()).toEqual(accepted.toSorted());
  }
});

guarantee("a moderator acts", "comment", async () => {
  const viewers = await audienceOf(stack(), "comments");
  await publish(stack().gateway, "comments", "comment", ["anna-0"]);
  for (const id of ["spam-1", "spam-2"]) await asTroll(1, "comments", "comment", id);
  await act("PUT", `comments/bans/${TROLL}`, { mode: "mute" });
  const late = await untilBanned("comments", "comment");
  await act("DELETE", `comments/events?actor=${TROLL}`);
  await publish(stack().gatewayAt(1), "comments", "comment", names("anna", 3));
  const kept = ["anna-0", ...names("anna", 3)];
  for (const viewer of viewers) {
    await untilShown(viewer, "comments", "comment", "anna-3");
    const all = viewer.messages.flatMap(({ events }) => (events ?? []) as { seq?: number }[]);
    expectContiguous(all.filter(({ seq }) => seq !== undefined) as never);
    const retracted = viewer.of("comments", "retracted").map(({ data }) => data);
    const comments = viewer.of("comments", "comment");
    const ids = comments
      .filter(({ seq }) => !retracted.some((data) => (data as { seq: number }).seq === seq))
      .map(({ id }) => id);
    expect(ids).toEqual(kept);
    expect(retracted).toHaveLength(2 + late.length);
  }
  for (const gateway of stack().gateways) {
    const newcomer = await watch("json", gateway.port, "comments", { last: 100 });
    await untilShown(newcomer, "comments", "comment", "anna-3");
    expect(idsOf(newcomer.of("comments", "comment"))).toEqual(kept);
    await newcomer.close();
  }
});

guarantee("a moderator acts", "viewers", async () => {
  const viewers = await audienceOf(stack(), "numbers");
  const token = await tokenOf({ ...VIEWER, sub: TROLL });
  const port = stack().gatewayAt(1).port;
  const socket = await TestSocket.connect(stack().gateway.port, "json", token);
  await socket.ask("subscribe", { video: "numbers" });
  const stream = await TestEventStream.open(port, "numbers", { token });
  await untilCount(viewers, "numbers", 4);
  await act("PUT", `numbers/bans/${TROLL}`, { mode: "ban" });
  for (const viewer of [socket, stream]) {
    await viewer.until(() => viewer.messages.some(({ code }) => code === "banned"));
  }
  await untilCount(viewers, "numbers", 2);
  expect(await socket.ask("subscribe", { video: "numbers" })).toMatchObject({ code: "banned" });
  await act("DELETE", `numbers/bans/${TROLL}`);
  await eventually(
    async () => (await socket.ask("subscribe", { video: "numbers" })).op === "result",
  );
  await untilCount(viewers, "numbers", 3);
  await socket.close();
});

guarantee("a moderator acts", "total", async () => {
  const viewers = await audienceOf(stack(), "totals");
  await publish(stack().gateway, "totals", "like", names("like", 4));
  await publish(stack().gatewayAt(1), "totals", "comment", ["anna-1", "anna-2"]);
  for (const id of ["spam-1", "spam-2"]) await asTroll(0, "totals", "comment", id);
  for (const viewer of viewers) await untilTotals(viewer, "totals", { like: 4, comment: 4 });
  await act("PUT", `totals/bans/${TROLL}`, { mode: "mute" });
  const likes = 4 + (await untilBanned("totals", "like")).length;
  await act("DELETE", `totals/events?actor=${TROLL}`);
  for (const viewer of viewers) await untilTotals(viewer, "totals", { like: likes, comment: 2 });
});

guarantee("a moderator acts", "state", async () => {
  const shows = (viewer: Inbox, kind: string) => viewer.of("state", kind).at(-1)?.data;
  const viewers = await audienceOf(stack(), "state");
  const everyone = async (condition: (viewer: Inbox) => boolean) => {
    for (const viewer of viewers) await viewer.until(() => condition(viewer));
    for (const { port } of stack().gateways) {
      const newcomer = await watch("json", port, "state");
      await newcomer.until(() => condition(newcomer));
      await newcomer.close();
    }
  };
  await publish(stack().gateway, "state", "comment", ["pinned"]);
  await act("PUT", "state/rules", { closed: ["like"] });
  await act("PUT", "state/pin", { id: "pinned" });
  await everyone((viewer) => JSON.stringify(shows(viewer, "rules")) === '{"closed":["like"]}');
  await everyone((viewer) => (shows(viewer, "pinned") as { id?: string })?.id === "pinned");
  for (const { port } of stack().gateways) {
    await eventually(async () => {
      const { body } = await post(port, "state", { kind: "like" });
      return (body["error"] as { code: string } | undefined)?.code === "closed_kind";
    });
  }
  await act("DELETE", "state/events/pinned");
  await everyone((viewer) => shows(viewer, "pinned") === undefined);
  await act("PUT", "state/rules", {});
  await everyone((viewer) => shows(viewer, "rules") === undefined);
});

guarantee("a moderator acts", "order", async () => {
  await act("PUT", "order/rules", { maxLength: 5 });
  const { port } = stack().gatewayAt(1);
  await eventually(async () => {
    const { body } = await post(port, "order", { kind: "comment", data: { text: "too long" } });
    return (body["error"] as { code: string } | undefined)?.code === "text_too_long";
  });
  const publisher = await TestSocket.connect(port);
  const row = names("row", 30);
  const answers = await Promise.all(
    row.map((eventId, index) =>
      publisher.ask("publish", {
        video: "order",
        kind: "comment",
        eventId,
        data: { text: index % 3 === 1 ? "too long" : "short" },
      }),
    ),
  );
  const codes = answers.map(({ code }) => code);
  expect(codes).toEqual(row.map((_, index) => (index % 3 === 1 ? "text_too_long" : undefined)));
  const accepted = row.filter((_, index) => index % 3 !== 1);
  expect(ofThese(await stored(stack().gateway, "order"), row)).toEqual(accepted);
  await publisher.close();
  // Deleting meanwhile moves nothing.
  const [later] = await Promise.all([
    sendInARow(port, "order", "later", 40),
    act("DELETE", "order/events/row-1"),
  ]);
  expect((await later.answers).map(({ op }) => op)).toEqual(later.ids.map(() => "result"));
  const kept = await stored(stack().gateway, "order");
  expect(kept).not.toContain("row-1");
  expect(ofThese(kept, [...row, ...later.ids])).toEqual([...accepted.slice(1), ...later.ids]);
  await later.publisher.close();
});

guarantee("a moderator acts", "vote", async () => {
  const viewers = await audienceOf(stack(), "votes");
  await openPoll(stack().gateway, "votes");
  expect(await vote(stack().gateway, "votes", TROLL, 0)).toBe("counted");
  await act("PUT", "votes/bans/late", { mode: "mute" });
  await act("PUT", `votes/bans/${TROLL}`, { mode: "mute" });
  // Bans reach a gateway in their order.
  await untilBanned("votes", "like");
  for (const gateway of stack().gateways) {
    for (const actor of [TROLL, "late"]) {
      expect(await vote(gateway, "votes", actor, 1)).toBe("banned");
    }
  }
  expect(await vote(stack().gatewayAt(1), "votes", "anna", 2)).toBe("counted");
  await untilTally(viewers, "votes", [1, 0, 1]);
  expect(await endPoll(stack().gateway, "votes")).toEqual([1, 0, 1]);
});
