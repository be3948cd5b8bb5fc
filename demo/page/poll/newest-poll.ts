/** Which poll is shown: the newest one, whoever opened it. */

/** @param data the video's polls by name, as Ovation keeps them in its state */
export function newestPoll(data: unknown): string | undefined {
  const polls = Object.entries((data ?? {}) as Readonly<Record<string, { createdAt: number }>>);
  const [newest] = polls.sort(([, one], [, other]) => other.createdAt - one.createdAt);
  return newest?.[0];
}
