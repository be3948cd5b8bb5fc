/** The demo page: a live video with everyone's likes and comments, and beside it how that works. */
import { Ovation } from "ovation-client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { STACK_FILE, type StackPlace } from "../contract.ts";
import { App } from "./app.tsx";
import type { DemoKinds } from "./kinds.ts";
import "./styles/page.css";

const DEFAULT_VIDEO = "launch";
const VIDEO_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** Where the stack of this page is; a page without one shows the video alone. */
async function findStack(): Promise<StackPlace | undefined> {
  try {
    const answer = await fetch(STACK_FILE);
    return answer.ok ? ((await answer.json()) as StackPlace) : undefined;
  } catch {
    return undefined;
  }
}

const root = document.getElementById("page");
if (root === null) throw new Error("the page has no root");
const stack = await findStack();
const asked = new URLSearchParams(location.search).get("video") ?? "";
const videoId = VIDEO_ID.test(asked) ? asked : (stack?.video ?? DEFAULT_VIDEO);
const ovation = new Ovation<DemoKinds>({ url: new URL(".", location.href).href });

createRoot(root).render(
  <StrictMode>
    <App ovation={ovation} videoId={videoId} stack={stack} />
  </StrictMode>,
);
