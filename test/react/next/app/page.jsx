import { Live } from "./live.jsx";

/** A server component that renders a client component. */
export default function Page() {
  return <Live id="launch" title="Next.js" />;
}
