/** What the demo's polls ask, in turn. */

interface Question {
  readonly question: string;
  readonly choices: readonly string[];
}

const QUESTIONS: readonly [Question, ...Question[]] = [
  {
    question: "What should they play next?",
    choices: ["The slow one", "The loud one", "A new song"],
  },
  { question: "Who carries this show?", choices: ["The singer", "The guitar", "The drums"] },
  {
    question: "Where are you watching?",
    choices: ["On the sofa", "On the way", "At my desk"],
  },
  { question: "How many encores?", choices: ["One", "Two", "Until sunrise"] },
];

/** The question after this one; the first one after any other text. */
export function questionAfter(question: string | undefined): Question {
  const index = QUESTIONS.findIndex((one) => one.question === question);
  return QUESTIONS[(index + 1) % QUESTIONS.length] ?? QUESTIONS[0];
}
