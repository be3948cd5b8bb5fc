/** What a component was rendered with last, for what is called later. */
import { useEffect, useRef } from "react";

export function useNewest<T>(value: T): { readonly current: T } {
  const ref = useRef(value);
  useEffect(() => {
    ref.current = value;
  });
  return ref;
}
