/** Polls and votes as users have them: over HTTP and WebSocket, and as viewers see them. */
import { expect } from "vitest";
import type { ShownPoll, ShownPolls } from "../../shared/protocol/votes/poll.ts";
import { eventually } from "./eventually.ts";
import { type Inbox, post } from "./viewer.ts";

export const POLL = "mvp";
export const MVP = { question: "Who was best?", choices: ["Ada", "Bo", "Cy"] };

interface Node {
  readonly port: number;
}

type Body = Readonly<Record<string, unknown>>;

/** Sends a request to create, change or end a poll. */
export async function putPoll(
  { port }: Node,
  video: string,
  poll: string,
  input: unknown,
  token?: string,
): Promise<{ readonly status: number; readonly body: Body }> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/videos/${video}/polls/${poll}`, {
    method: "PUT",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(input),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

/** Creates the poll {@link MVP}, which must succeed; a busy machine may store it too late at first. */
export async function openPoll(node: Node, video: string, input: object = {}): Promise<void> {
  let answer = await putPoll(node, video, POLL, { ...MVP, ...input });
  await eventually(async () => {
    if (answer.status !== 503) return true;
    answer = await putPoll(node, video, POLL, { ...MVP, ...input });
    return answer.status !== 503;
  });
  expect(answer).toMatchObject({ status: 200, body: { video, poll: POLL } });
}

/** Ends the poll; returns the votes of each choice, as they are stored. */
export async function endPoll(node: Node, video: string): Promise<readonly number[]> {
  let body: Body = {};
  // Right after an outage it may be refused.
  await eventually(async () => {
    const answer = await putPoll(node, video, POLL, { ...MVP, closesAt: Date.now() });
    ({ body } = answer);
    return answer.status === 200;
  });
  expect(body).toMatchObject({ closed: true });
  return body["votes"] as number[];
}

/** Votes over HTTP. Returns the code of the error, or "counted". */
export async function vote(
  { port }: Node,
  video: string,
  actor: string,
  choice: number,
  id = `vote-of-${actor}`,
): Promise<string> {
  const event = { kind: "vote", id, actor, data: { poll: POLL, choice } };
  const { status, body } = await post(port, video, event);
  return status === 200 ? "counted" : (body["error"] as { code: string }).code;
}

/** Votes with the same id until it is counted; returns the codes of the errors before. */
export async function voteUntilCounted(
  node: Node,
  video: string,
  actor: string,
  choice: number,
): Promise<string[]> {
  const codes: string[] = [];
  await eventually(async () => {
    const outcome = await vote(node, video, actor, choice);
    if (outcome !== "counted") codes.push(outcome);
    return outcome === "counted";
  });
  return codes;
}

/** The fields of a vote on a connection. */
export function voteFields(video: string, actor: string, choice: number): Body {
  const eventId = `vote-of-${actor}`;
  return { video, kind: "vote", actor, eventId, data: { poll: POLL, choice } };
}

/** The poll as the viewer was shown it last. */
export function shownPoll(viewer: Inbox, video: string): ShownPoll | undefined {
  return (viewer.of(video, "polls").at(-1)?.data as ShownPolls | undefined)?.[POLL];
}

/** Resolves when each of the viewers was shown this tally last. */
export async function untilTally(
  viewers: readonly Inbox[],
  video: string,
  votes: readonly number[],
): Promise<void> {
  for (const viewer of viewers) {
    await viewer.until(() => String(shownPoll(viewer, video)?.votes) === String(votes));
  }
}
