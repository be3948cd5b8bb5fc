/** What the console says of a token that may not moderate. */
import { expect, test } from "vitest";
import { claimsOf, whatIsMissing } from "./claims.ts";

const base64 = (text: string) => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
const tokenOf = (claims: object) =>
  `e30.${base64(JSON.stringify(claims)).replaceAll("+", "-").replaceAll("/", "_")}.signature`;

test("a token's own words are read, whatever their script; other texts say nothing", () => {
  expect(
    claimsOf(tokenOf({ sub: "Zoë 🎤", videos: ["a", "b-*"], scope: "moderate@a  observe" })),
  ).toEqual({ actor: "Zoë 🎤", videos: ["a", "b-*"], scopes: ["moderate@a", "observe"] });
  const nothing = { actor: undefined, videos: [], scopes: [] };
  for (const text of ["an-api-key", "a.b.c", "", tokenOf([]), tokenOf({ sub: 7, videos: "a" })]) {
    expect(claimsOf(text), text).toEqual(nothing);
  }
});

test.each([
  [{ sub: "anna", videos: ["*"] }, /^The token of anna lacks the scope “moderate”: .* no scope/],
  [{ videos: ["*"], scope: "observe" }, /^This token lacks the scope “moderate”: it has observe/],
  [{ videos: ["a"], scope: "moderate@b" }, /covers a, but has moderate@b/],
])("a token of %j is told what it lacks", (claims, words) => {
  expect(whatIsMissing(claimsOf(tokenOf(claims)))).toMatch(words);
});
