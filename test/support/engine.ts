/** This machine's container engine, if there is one. */
import { type ContainerRuntimeClient, getContainerRuntimeClient } from "testcontainers";

/** A container engine that answers, or why there is none. */
export type ContainerEngine =
  | { readonly answers: true; readonly client: ContainerRuntimeClient }
  | { readonly answers: false; readonly reason: string };

/** Checks whether a container engine answers: Docker, or a compatible one. */
export async function containerEngine(): Promise<ContainerEngine> {
  try {
    return { answers: true, client: await getContainerRuntimeClient() };
  } catch (error) {
    return { answers: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
