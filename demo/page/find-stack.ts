/** Finds the local stack that serves this page, if one does. */
import { STACK_FILE, type StackLocation } from "../contract.ts";

/** @param folder where the demo page is, from here */
export async function findStack(folder: "." | ".."): Promise<StackLocation | undefined> {
  try {
    const answer = await fetch(`${folder}/${STACK_FILE}`);
    return answer.ok ? ((await answer.json()) as StackLocation) : undefined;
  } catch {
    return undefined;
  }
}
