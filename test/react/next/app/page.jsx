import { Live } from "./live.jsx";

/** A component of the server, which renders one of the client's. */
export default function Page() {
  return <Live id="launch" title="Next.js" />;
}
