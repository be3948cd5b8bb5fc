/** The demo page: a live video with everyone's likes, reactions, comments and votes, next to the system behind it. */
import { Ovation } from "ovation-client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { findStack } from "./find-stack.ts";
import type { DemoKinds } from "./kinds.ts";
import { ownToken } from "./own-actor.ts";
import { KeptToken } from "./token-in-address.ts";
import "./styles/page.css";

const DEFAULT_VIDEO = "launch";
const VIDEO_ID = /^[A-Za-z0-9_-]{1,128}$/;

const root = document.getElementById("page");
if (root === null) throw new Error("the page has no element #page");
const stack = await findStack(".");
const requested = new URLSearchParams(location.search).get("video") ?? "";
const videoId = VIDEO_ID.test(requested) ? requested : (stack?.video ?? DEFAULT_VIDEO);
// A stack that requires tokens prints a link with one; elsewhere any is believed.
const given = new KeptToken("ovation-page-token").fromAddress();
const token = given ?? (stack?.requiresToken === true ? undefined : ownToken("viewer"));
const ovation = new Ovation<DemoKinds>({
  url: new URL(".", location.href).href,
  ...(token === undefined ? {} : { token }),
});

createRoot(root).render(
  <StrictMode>
    <App ovation={ovation} videoId={videoId} stack={stack} />
  </StrictMode>,
);
