import { useEffect, useRef, useState } from "react";
import type { RefObject } from "react";

/** Whether an element is on the screen: what is not is not kept up to date. */
export function useSeen<E extends Element>(): readonly [RefObject<E | null>, boolean] {
  const place = useRef<E>(null);
  const [isSeen, setIsSeen] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const watching = new IntersectionObserver((entries) =>
      setIsSeen(entries.at(-1)?.isIntersecting === true),
    );
    watching.observe(element);
    return () => watching.disconnect();
  }, []);
  return [place, isSeen];
}
