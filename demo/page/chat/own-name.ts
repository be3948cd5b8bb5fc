/** The name that the user comments under: random at first, and stored in this browser. */
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
    // The browser has no storage: the name lasts as long as this page.
  }
}

function storedName(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The name, and a function to change it. An empty name is ignored. */
export function useOwnName(): readonly [name: string, rename: (name: string) => void] {
  const [name, setName] = useState(() => {
    const known = storedName();
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
