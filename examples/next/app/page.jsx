import { Live } from "./live.jsx";

/** Rendered for each request: what it shows is a second old at most. */
export const dynamic = "force-dynamic";

const gateway = process.env.NEXT_PUBLIC_OVATION_URL ?? "http://127.0.0.1:8080";

/** What a gateway says of a video; undefined when it can't be had now: the page works without it. */
async function read(path) {
  const signal = AbortSignal.timeout(1_000);
  try {
    const response = await fetch(`${gateway}/v1/videos/${path}`, { cache: "no-store", signal });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

export default async function Page() {
  const id = "launch";
  const [video, history] = await Promise.all([read(id), read(`${id}/history?limit=50`)]);
  return <Live id={id} url={gateway} video={video} comments={history?.events ?? []} />;
}
