/** How often a race is tried: a few times by default, more with `OVATION_TEST_ROUNDS`. */

/** @param usual the number of rounds without the variable */
export function rounds(usual: number): number {
  return Number(process.env["OVATION_TEST_ROUNDS"] ?? usual);
}
