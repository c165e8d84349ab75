/** Tells whether something that an answer was made from is still what a new answer would be made from. */
export interface Validity {
  isCurrent(): boolean;
}

/** Returns a validity that holds while `current` returns the value, and does not keep the value in memory. */
export function whileCurrent<T extends object>(value: T, current: () => T | undefined): Validity {
  const made = new WeakRef(value);
  return {
    isCurrent() {
      const now = current();
      return now !== undefined && now === made.deref();
    },
  };
}
