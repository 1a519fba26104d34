/** An answer on its way, as components see it. */
export interface Query<T> {
  data: T | undefined;
  error: Error | null;
  loading: boolean;
  /** The data shown answers an earlier question. */
  stale: boolean;
  retry: () => void;
}
