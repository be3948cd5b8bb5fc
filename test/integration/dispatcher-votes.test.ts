/** What votes guarantee, however many dispatchers count them at once. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { PollInput } from "../../shared/protocol/votes/poll.ts";
import { names } from "../support/guarantee-stack.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { Chance } from "../support/random.ts";
import { tally, VotesWriter } from "../support/votes-writer.ts";

const CHOICES = ["Ada", "Bo", "Cy"];
const POLL: PollInput = {
  question: "Who was best?",
  choices: CHOICES,
  changeable: false,
  results: "live",
};

let nats: TestNats;
const writers = new Set<VotesWriter>();
beforeAll(async () => {
  nats = await startTestNats();
});
afterEach(async () => {
  await Promise.all([...writers].map((writer) => writer.stop()));
  writers.clear();
});
afterAll(async () => await nats?.stop());

async function start(settings?: Partial<DispatcherConfig>): Promise<VotesWriter> {
  const writer = await VotesWriter.start(nats.url, settings);
  writers.add(writer);
  return writer;
}

async function code(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => "done",
    (error: unknown) => (error instanceof OvationError ? error.code : String(error)),
  );
}

describe("the tally of a poll", () => {
  const ACTORS = names("actor", 40);
  const EACH = 4;

  test.each([false, true])(
    "is what was acknowledged, whatever fails: several dispatchers, lost answers, restarts (may be changed: %s)",
    async (changeable) => {
      const chance = new Chance(`votes ${changeable}`);
      const fails = () => {
        const dice = chance.between(1, 10);
        if (dice === 1) return "before";
        return dice < 4 ? "after" : undefined;
      };
      const startFailing = async () => {
        const writer = await start();
        writer.stream.fails = fails;
        return writer;
      };
      const all = await Promise.all([startFailing(), startFailing(), startFailing()]);
      const video = `tally-${changeable}`;
      await (await start()).votes.put(video, "mvp", { ...POLL, changeable });
      /** What each actor was told: the choice that counts. */
      const counted = new Map<string, number>();
      let done = 0;
      const vote = async (actor: string) => {
        for (let turn = 0; turn < EACH; turn += 1) {
          const choice = chance.between(0, CHOICES.length - 1);
          const one = { poll: "mvp", actor, id: `${actor}-${turn}`, choice };
          let outcome = "votes_unavailable";
          // As a publisher does that gets no answer.
          while (outcome === "votes_unavailable") outcome = await chance.of(all).cast(video, one);
          expect(outcome).toBe(turn === 0 || changeable ? "counted" : "already_voted");
          if (outcome === "counted") counted.set(actor, choice);
          // A repeat is answered as the first was, and counts nothing.
          if (outcome === "counted" && chance.between(1, 3) === 1) {
            let repeated = "votes_unavailable";
            while (repeated === "votes_unavailable") {
              repeated = await chance.of(all).cast(video, one);
            }
            expect(repeated).toBe("counted");
          }
          done += 1;
        }
      };
      const restart = async () => {
        while (done < ACTORS.length * EACH) {
          const seen = done;
          const index = chance.between(0, all.length - 1);
          const [old] = all.splice(index, 1);
          await old?.stop();
          if (old !== undefined) writers.delete(old);
          all.push(await startFailing());
          await expect.poll(() => done > seen, { timeout: 60_000 }).toBe(true);
        }
      };
      await Promise.all([...ACTORS.map(vote), restart()]);
      const expected = tally(counted.values(), CHOICES.length);
      expect(counted.size).toBe(ACTORS.length);
      const reader = await start();
      const { choices } = await reader.chain(video, "mvp");
      expect(tally(choices, CHOICES.length)).toEqual(expected);
      // A dispatcher that knows nothing ends the poll, and says the same.
      const input = { ...POLL, changeable, closesAt: Date.now() };
      const final = await reader.votes.put(video, "mvp", input);
      expect(final).toMatchObject({ closed: true, votes: expected, total: ACTORS.length });
      expect(await reader.shown(video, "mvp")).toEqual(final);
    },
  );

  test("counts of those that come together one for each actor, and answers the others", async () => {
    const [one, other] = await Promise.all([start(), start()]);
    await one.votes.put("together", "mvp", POLL);
    const votes = (prefix: string) =>
      names("fan", 500).map((actor, index) => {
        return { poll: "mvp", actor, id: `${prefix}-${index}`, choice: index % 3 };
      });
    const [first, second] = await Promise.all([
      one.votes.cast("together", votes("a")),
      other.votes.cast("together", [...votes("b"), ...votes("c")]),
    ]);
    const outcomes = [...first, ...second].map((outcome) => outcome?.code ?? "counted");
    expect(outcomes.filter((outcome) => outcome === "counted")).toHaveLength(500);
    expect(outcomes.filter((outcome) => outcome === "already_voted")).toHaveLength(1_000);
    const { choices, records } = await one.chain("together", "mvp");
    expect(tally(choices, 3)).toEqual([167, 167, 166]);
    expect(records).toBeLessThan(10);
    await expect
      .poll(async () => (await other.shown("together", "mvp"))?.votes, { timeout: 30_000 })
      .toEqual([167, 167, 166]);
  });
});

describe("a poll", () => {
  test("changed back at a dispatcher that has not heard of the change is as it was asked for last", async () => {
    const writer = await start();
    const input = { ...POLL, closesAt: Date.now() + 600_000 };
    await writer.votes.put("back", "mvp", input);
    await writer.storeUntold("back", "mvp", { question: "Who was worst?" });
    expect((await writer.votes.put("back", "mvp", input)).question).toBe(POLL.question);
    expect((await writer.newest("back", "mvp")).poll.question).toBe(POLL.question);
  });

  test("ends in time, for every dispatcher, also when the one that counted is gone", async () => {
    const writer = await start();
    const closesAt = Date.now() + 1_500;
    await writer.votes.put("timed", "mvp", { ...POLL, results: "end", closesAt });
    const vote = { poll: "mvp", actor: "ada", id: "a1", choice: 2 };
    expect(await writer.cast("timed", vote)).toBe("counted");
    await writer.stop();
    writers.delete(writer);
    const other = await start();
    expect((await other.shown("timed", "mvp"))?.votes).toBeUndefined();
    await expect
      .poll(async () => await other.shown("timed", "mvp"), { timeout: 30_000 })
      .toMatchObject({ closed: true, votes: [0, 0, 1], total: 1 });
    expect(await other.cast("timed", { ...vote, actor: "bo", id: "b1" })).toBe("poll_closed");
    expect(await other.cast("timed", vote)).toBe("counted");
    expect(await code(other.votes.put("timed", "mvp", { ...POLL, changeable: true }))).toBe(
      "poll_closed",
    );
  });

  test("that a dispatcher ended and then died before it told viewers is told by the next", async () => {
    const writer = await start();
    await writer.votes.put("untold", "mvp", POLL);
    await writer.cast("untold", { poll: "mvp", actor: "ada", id: "a1", choice: 1 });
    await writer.stop();
    writers.delete(writer);
    // As if it had died there.
    const mute = await start({ reconcileIntervalMs: 240_000 });
    mute.tellsNobody();
    await mute.votes.put("untold", "mvp", { ...POLL, closesAt: Date.now() });
    expect(await mute.shown("untold", "mvp")).toMatchObject({ closed: false });
    await mute.stop();
    writers.delete(mute);
    const next = await start();
    await expect
      .poll(async () => await next.shown("untold", "mvp"), { timeout: 30_000 })
      .toMatchObject({ closed: true, votes: [0, 1, 0], total: 1 });
  });

  test("may be changed while it is open, but not what its votes are for; there are at most 8 open ones", async () => {
    const { votes } = await start();
    const now = Date.now();
    const put = (name: string, input: Partial<PollInput>) =>
      code(votes.put("changes", name, { ...POLL, ...input }));
    expect(await put("p1", { closesAt: now - 1 })).toBe("field_invalid");
    expect(await put("p1", { closesAt: now + 400 * 86_400_000 })).toBe("field_invalid");
    expect(await put("p1", { opensAt: now + 60_000 })).toBe("done");
    const vote = { poll: "p1", actor: "ada", id: "a1", choice: 3 };
    const cast = async (one: typeof vote) => (await votes.cast("changes", [one]))[0]?.code;
    expect(await cast(vote)).toBe("poll_not_open");
    expect(await cast({ ...vote, poll: "other" })).toBe("poll_unknown");
    expect(await put("p1", { opensAt: now - 1, choices: ["one", "two"] })).toBe("field_invalid");
    expect(await put("p1", { opensAt: now - 1, question: "And now?" })).toBe("done");
    expect(await cast(vote)).toBe("choice_unknown");
    for (const name of names("more", 7)) expect(await put(name, {})).toBe("done");
    expect(await put("ninth", {})).toBe("polls_exceeded");
    expect(await put("more-3", { closesAt: now })).toBe("done");
    expect(await put("ninth", {})).toBe("done");
  });
});
