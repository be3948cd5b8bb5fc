/** The value of a component's last render, for callbacks that are called later. */
import { useEffect, useRef } from "react";

export function useNewest<T>(value: T): { readonly current: T } {
  const ref = useRef(value);
  useEffect(() => {
    ref.current = value;
  });
  return ref;
}
