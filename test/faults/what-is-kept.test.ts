/**
 * What a video's newcomers must know, while everything is killed in turn: `kill -9` of each gateway
 * and each dispatcher, then NATS restarted, under 500 likes a second and a poll.
 */
import { afterEach, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { endPoll, openPoll } from "../support/polls.ts";
import { metric } from "../support/stack.ts";
import { expectRising } from "../support/totals.ts";
import { post, watch } from "../support/viewer.ts";
import { Crowd, likesShown, Match, Stands, VIDEO } from "./cluster/match.ts";

const SCORE = { home: 2, away: 1 };
/** Likes that go well before and after each fault. */
const BETWEEN_FAULTS = 750;
const OUTAGE = "NATS was restarted";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

test("state reaches each newcomer, totals keep their promise and votes are exact, whatever is killed", async () => {
  const match = await Match.start({ gateways: 3, dispatchers: 2 });
  cleanUps.push(() => match.end());
  const [first] = match.gateways;
  if (first === undefined) throw new Error("no gateway");

  // Nobody watches yet.
  expect(await post(first.port, VIDEO, { kind: "score", data: SCORE })).toMatchObject({
    status: 200,
  });
  await openPoll(first, VIDEO);

  const stands = new Stands(match);
  cleanUps.push(() => stands.empty());

  /**
   * A newcomer at each gateway is told the score, and no total below what others at this gateway
   * have seen. Gateways send totals once an interval, each at its own moment: so what others have
   * seen at other gateways follows.
   */
  const newcomersKnow = async (when: string, seen: number) => {
    for (const [index, { port }] of match.gateways.entries()) {
      const neighbour = stands.viewers[index];
      const seenHere = neighbour === undefined ? 0 : likesShown(neighbour);
      const newcomer = await watch("msgpack", port, VIDEO);
      expect(newcomer.subscription["state"], when).toMatchObject({ score: SCORE });
      await newcomer.until(() => newcomer.of(VIDEO, "score").length > 0);
      expect(newcomer.of(VIDEO, "score").at(-1)?.data, when).toEqual(SCORE);
      const { like = 0 } = (newcomer.subscription["totals"] ?? {}) as { like?: number };
      expect(like, when).toBeGreaterThanOrEqual(seenHere);
      await newcomer.until(() => likesShown(newcomer) >= seen);
      await newcomer.close();
    }
  };
  await newcomersKnow("before anybody liked", 0);

  await stands.fill();
  const crowd = new Crowd(match);
  cleanUps.push(() => crowd.goHome());
  const moreLikes = () => {
    const before = crowd.likes.accepted;
    return eventually(() => crowd.likes.accepted >= before + BETWEEN_FAULTS);
  };

  for (const [index, gateway] of [...match.gateways].entries()) {
    await moreLikes();
    await gateway.kill9();
    match.gateways[index] = await match.spawn("gateway");
    await stands.fill();
    await newcomersKnow(`gateway ${index + 1} was killed`, stands.shown);
  }
  await moreLikes();
  // No dispatcher was killed: every like that was acknowledged will be shown.
  const untouched = crowd.likes.accepted;
  for (const viewer of stands.viewers) await viewer.until(() => likesShown(viewer) >= untouched);

  /** What killed dispatchers may take with them: likes that nobody was shown. */
  let atRisk = 0;
  for (const [index, dispatcher] of [...match.dispatchers].entries()) {
    await moreLikes();
    const { shown } = stands;
    await dispatcher.kill9();
    atRisk += crowd.likes.accepted + crowd.likers - shown;
    match.dispatchers[index] = await match.spawn("dispatcher");
    await newcomersKnow(`dispatcher ${index + 1} was killed`, shown);
  }

  await moreLikes();
  const { shown } = stands;
  await match.nats.kill9();
  await match.nats.restart();
  await moreLikes();
  await newcomersKnow(OUTAGE, shown);

  await crowd.goHome();
  const { sent, accepted } = crowd.likes;
  for (const viewer of stands.viewers) {
    await viewer.until(() => likesShown(viewer) >= accepted - atRisk);
  }
  // All that was counted is stored, and told.
  await eventually(async () => {
    const name = "ovation_dispatcher_totals_waiting_videos";
    const waiting = await Promise.all(match.dispatchers.map((node) => metric(node, name)));
    return waiting.every((videos) => videos === 0);
  });
  // They agree, and never saw a number fall.
  await eventually(() => new Set(stands.viewers.map(likesShown)).size === 1);
  for (const viewer of stands.everyone) expectRising(viewer, VIDEO, "like");
  expect(stands.shown).toBeLessThanOrEqual(sent);
  await newcomersKnow("at the end", stands.shown);

  const [gateway] = match.gateways;
  if (gateway === undefined) throw new Error("no gateway");
  expect(await endPoll(gateway, VIDEO)).toEqual(crowd.votes);
  expect(crowd.voteErrors).not.toContain("already_voted");
  const votes = crowd.votes.reduce((sum, count) => sum + count, 0);
  process.stderr.write(
    `likes: ${sent} sent, ${accepted} accepted, ${stands.shown} in the total, at most ${atRisk} at risk; ` +
      `${votes} votes, all counted; voters were told ${[...crowd.voteErrors].join(", ")}\n`,
  );
});
