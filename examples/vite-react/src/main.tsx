import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Live } from "./live.tsx";

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <Live id="launch" />
  </StrictMode>,
);
