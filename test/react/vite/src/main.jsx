import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Live } from "./live.jsx";

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Live id="launch" />
  </StrictMode>,
);
