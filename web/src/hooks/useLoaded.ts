import { useEffect, useState } from 'react';

type Load<T> = () => Promise<T>;

const loaded = new Map<Load<unknown>, unknown>();

/** Ask for a part of the page before it is shown. */
export async function preload<T>(load: Load<T>): Promise<T> {
  if (!loaded.has(load)) loaded.set(load, await load());
  return loaded.get(load) as T;
}

/** A part that comes in a file of its own, by a loader that is always the same function; null until it is there.
 * (Not React's lazy: that holds back what it shows for a third of a second after a placeholder.) */
export function useLoaded<T>(load: Load<T>): T | null {
  const [, setCount] = useState(0);
  const there = loaded.has(load);
  useEffect(() => {
    if (there) return;
    let gone = false;
    void preload(load).then(() => !gone && setCount((count) => count + 1));
    return () => {
      gone = true;
    };
  }, [load, there]);
  return (loaded.get(load) as T | undefined) ?? null;
}
