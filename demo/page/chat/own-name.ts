/** The name that one comments under: made up at first, and kept in this browser. */
import { useState } from "react";
import { NAME_LENGTH } from "../kinds.ts";

const KEY = "ovation-name";
const FIRST = ["Brave", "Clever", "Gentle", "Happy", "Jolly", "Merry", "Proud", "Swift", "Witty"];
const SECOND = ["Finch", "Gecko", "Heron", "Koala", "Lynx", "Otter", "Panda", "Puffin", "Robin"];

function oneOf(words: readonly string[]): string {
  return words[Math.floor(Math.random() * words.length)] ?? "";
}

function keep(name: string): void {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // A browser that keeps nothing: the name is good for this page.
  }
}

function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The name, and how to take another one. An empty one is not taken. */
export function useOwnName(): readonly [name: string, rename: (name: string) => void] {
  const [name, setName] = useState(() => {
    const known = kept();
    if (known !== null && known !== "") return known;
    const made = `${oneOf(FIRST)} ${oneOf(SECOND)}`;
    keep(made);
    return made;
  });
  const rename = (wanted: string) => {
    const sound = wanted.trim().slice(0, NAME_LENGTH);
    if (sound === "") return;
    keep(sound);
    setName(sound);
  };
  return [name, rename];
}
