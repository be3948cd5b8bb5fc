/** What simulated viewers write, and under which names. */

const COMMENTS: readonly string[] = [
  "Encore!",
  "this light show is unreal",
  "hello from Lisbon",
  "that drop gave me goosebumps",
  "who else is on the night bus watching this",
  "turn it UP",
  "my neighbours are joining in now",
  "front row, from my kitchen",
  "can we get this one as a live album",
  "the drummer deserves a raise",
  "standing ovation over here",
  "first time seeing them live, sort of",
  "hello from Nairobi",
  "bass is shaking my desk",
  "my cat is dancing. send help",
  "okay that key change",
  "this is the one!!",
  "watching with my grandma, she approves",
  "hello from Sapporo, it is 4 am, worth it",
  "I was not ready for that solo",
  "lights down, volume up",
  "somebody hug the lighting crew",
  "again, again, again",
  "hearts for the violin",
  "so good to see the crowd like this",
  "goosebumps. actual goosebumps",
  "I know every word and I am not sorry",
  "hello from Montréal",
  "what a night",
  "one more song!",
];

const FIRST = ["Quiet", "Velvet", "Lucky", "Midnight", "Golden", "Paper", "Electric", "Salty"];
const SECOND = ["Otter", "Comet", "Magpie", "Tangerine", "Sparrow", "Echo", "Badger", "Lantern"];

function oneOf(list: readonly string[]): string {
  return list[Math.floor(Math.random() * list.length)] ?? "";
}

/** The data of a comment, in the demo page's format. */
export function sampleComment(): { readonly name: string; readonly text: string } {
  return { name: `${oneOf(FIRST)} ${oneOf(SECOND)}`, text: oneOf(COMMENTS) };
}
