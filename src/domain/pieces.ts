/** Items worked through in one go, which takes a few milliseconds. */
export const PIECE = 2_000;

/** Lets other operations have the thread. */
export type ThreadTurn = () => Promise<unknown>;

/** Works through items, and lets other operations have the thread in between. */
export async function inPieces<Item>(
  items: readonly Item[],
  turn: ThreadTurn,
  work: (item: Item) => void,
): Promise<void> {
  for (let i = 0; i < items.length; i += PIECE) {
    for (const item of items.slice(i, i + PIECE)) work(item);
    await turn();
  }
}

/** Groups items by a key, as `Map.groupBy` does, and lets other operations have the thread in between. */
export async function groupedInPieces<Item, Key>(
  items: readonly Item[],
  turn: ThreadTurn,
  keyOf: (item: Item) => Key,
): Promise<Map<Key, Item[]>> {
  const groups = new Map<Key, Item[]>();
  await inPieces(items, turn, (item) => groups.getOrInsertComputed(keyOf(item), () => []).push(item));
  return groups;
}

/** Maps items, and lets other operations have the thread in between. */
export async function mappedInPieces<A, B>(
  items: readonly A[],
  turn: ThreadTurn,
  map: (item: A) => Promise<B>,
): Promise<B[]> {
  const mapped: B[] = [];
  for (let i = 0; i < items.length; i += PIECE) {
    for (const each of await Promise.all(items.slice(i, i + PIECE).map(map))) mapped.push(each);
    await turn();
  }
  return mapped;
}

/** Returns the items in order, as `toSorted` does. Lets other operations have the thread in between: pieces are sorted, then merged. */
export async function sortedInPieces<Item>(
  items: readonly Item[],
  compare: (a: Item, b: Item) => number,
  turn: ThreadTurn,
): Promise<Item[]> {
  let runs: Item[][] = [];
  for (let i = 0; i < items.length; i += PIECE) {
    if (i > 0) await turn();
    runs.push(items.slice(i, i + PIECE).sort(compare));
  }
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let i = 0; i < runs.length; i += 2)
      merged.push(await mergedRuns(runs[i] ?? [], runs[i + 1] ?? [], compare, turn));
    runs = merged;
  }
  return runs[0] ?? [];
}

/** Merges two sorted runs. Of equal items those of the first run come first, so that sorting is stable. */
async function mergedRuns<Item>(
  a: Item[],
  b: Item[],
  compare: (a: Item, b: Item) => number,
  turn: ThreadTurn,
): Promise<Item[]> {
  const merged: Item[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i] as Item, b[j] as Item];
    if (compare(x, y) <= 0) {
      merged.push(x);
      i++;
    } else {
      merged.push(y);
      j++;
    }
    if (merged.length % PIECE === 0) await turn();
  }
  return merged.concat(a.slice(i), b.slice(j));
}
