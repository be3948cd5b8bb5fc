/** The moderators' console: an application of `ovation-client` and the HTTP API, like any other. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { findStack } from "../page/find-stack.ts";
import { App } from "./app.tsx";
import { initialToken } from "./session/token.ts";
import "./styles/console.css";

const VIDEO_ID = /^[A-Za-z0-9_-]{1,128}$/;

const root = document.getElementById("console");
if (root === null) throw new Error("the page has no element #console");
const stack = await findStack("..");

function videoInAddress(): string | undefined {
  const video = new URLSearchParams(location.search).get("video") ?? "";
  return VIDEO_ID.test(video) ? video : undefined;
}

createRoot(root).render(
  <StrictMode>
    <App
      base={new URL("..", location.href).href}
      initialToken={initialToken(stack?.requiresToken === false)}
      videoInAddress={videoInAddress}
    />
  </StrictMode>,
);
