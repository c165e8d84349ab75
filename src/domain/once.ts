/** Returns a function that does its work on the first call, and gives the same result to the others. */
export function once<T extends NonNullable<unknown>>(work: () => T): () => T {
  let result: T | undefined;
  return () => (result ??= work());
}
