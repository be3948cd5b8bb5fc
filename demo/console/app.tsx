/** The console, or why there is none: no token, or one that may not moderate. */
import { ovationFor } from "ovation-client";
import { useMemo, useState } from "react";
import { Console } from "./console.tsx";
import { type ApiError, requestsTo } from "./session/api.ts";
import { claimsOf } from "./session/claims.ts";
import { SignIn } from "./session/sign-in.tsx";
import { keepToken } from "./session/token.ts";
import { useAccess } from "./session/use-access.ts";

interface AppProps {
  /** Where the gateway is. */
  readonly base: string;
  readonly initialToken: string | undefined;
  /** The video that the address names. */
  readonly videoInAddress: () => string | undefined;
}

export function App({ base, initialToken, videoInAddress }: AppProps) {
  const [token, setToken] = useState(initialToken);
  if (token === undefined) {
    return (
      <SignIn
        refused={undefined}
        onToken={(given) => {
          keepToken(given);
          setToken(given);
        }}
      />
    );
  }
  return (
    <Session
      key={token}
      {...{ base, token, videoInAddress }}
      setToken={(given) => {
        keepToken(given);
        setToken(given);
      }}
    />
  );
}

interface SessionProps {
  readonly base: string;
  readonly token: string;
  /** The video that the address names. */
  readonly videoInAddress: () => string | undefined;
  readonly setToken: (token: string | undefined) => void;
}

function Session({ base, token, videoInAddress, setToken }: SessionProps) {
  const request = useMemo(() => requestsTo(base, token), [base, token]);
  const ovation = useMemo(() => ovationFor({ url: base, token }), [base, token]);
  const access = useAccess(request);
  const claims = useMemo(() => claimsOf(token), [token]);
  switch (access.name) {
    case "checking":
      return (
        <main className="sign-in">
          <p role="status">{access.fault ?? "Asking what your token may do …"}</p>
        </main>
      );
    case "refused":
      return <Refused {...{ token, setToken }} error={access.error} />;
    case "granted":
      return (
        <Console
          {...{ ovation, request, access, claims, videoInAddress }}
          signOut={() => setToken(undefined)}
        />
      );
  }
}

interface RefusedProps extends Pick<SessionProps, "token" | "setToken"> {
  readonly error: ApiError;
}

function Refused({ token, setToken, error }: RefusedProps) {
  return <SignIn refused={{ token, error }} onToken={setToken} />;
}
