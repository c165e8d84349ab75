const waiting: (() => void)[] = [];

/**
 * Resolves in a later turn of the thread, for one caller a turn. `setImmediate` alone runs all that wait in one turn, so that a request
 * that comes would wait for every operation under way.
 */
export function fairTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  if (waiting.length === 1) setImmediate(next);
  return promise;
}

function next(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
}
