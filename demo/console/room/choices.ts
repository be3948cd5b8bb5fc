/** The choices of a poll, as a moderator writes them: one in each line. */

const LEAST = 2;
/** As the API allows. */
const MOST = 16;
const LENGTH_LIMIT = 100;

export function choicesIn(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** What is wrong with them; undefined: nothing. */
export function choicesProblem(choices: readonly string[]): string | undefined {
  if (choices.length < LEAST) return "A poll needs two choices at least, one in each line.";
  if (choices.length > MOST)
    return `A poll has ${MOST} choices at most: these are ${choices.length}.`;
  const long = choices.find((choice) => choice.length > LENGTH_LIMIT);
  if (long !== undefined)
    return `“${long.slice(0, 20)}…” has more than ${LENGTH_LIMIT} characters.`;
  const double = choices.find((choice, at) => choices.indexOf(choice) !== at);
  return double === undefined ? undefined : `“${double}” is there twice.`;
}
