/** The page of `elements.test.ts` that renders elements in React. */
import { useState } from "react";
import { createRoot } from "react-dom/client";
import "../../../sdk/elements/index.ts";
import type {} from "../../../sdk/react/elements.ts";

const MESSAGES = { none: "Nobody yet" };

function App({ url }: { readonly url: string }) {
  const [sent, setSent] = useState("");
  return (
    <>
      <ovation-chat
        url={url}
        video="react"
        messages={MESSAGES}
        onovation-sent={({ detail }) => setSent(detail.kind)}
      />
      <output>{sent}</output>
    </>
  );
}

const root = document.querySelector<HTMLElement>("#root");
if (root !== null) createRoot(root).render(<App url={root.dataset["url"] ?? ""} />);
