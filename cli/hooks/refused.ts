/** The command can't be carried out; the message says why. */
export class Refused extends Error {
  override readonly name = "Refused";
}
