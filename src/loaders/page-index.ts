/**
 * Groups what the rows of a page hold by key, once while the process holds that page: a page of a thousand people answers many
 * questions about a hundred of them. `terms` are the things that entries depend on beside the row; other terms make another index.
 */
export function pageIndex<Row, Terms extends object, Entry>(
  entriesOf: (row: Row, terms: Terms) => readonly (readonly [key: string, entry: Entry])[],
): (rows: readonly Row[], terms: Terms) => ReadonlyMap<string, readonly Entry[]> {
  const known = new WeakMap<readonly Row[], WeakMap<Terms, ReadonlyMap<string, readonly Entry[]>>>();
  return (rows, terms) =>
    known
      .getOrInsertComputed(rows, () => new WeakMap())
      .getOrInsertComputed(terms, () => {
        const index = new Map<string, Entry[]>();
        for (const row of rows)
          for (const [key, entry] of entriesOf(row, terms))
            index.getOrInsertComputed(key, () => []).push(entry);
        return index;
      });
}

/**
 * Keeps values by key that are worked out of several pages, while the process holds the first of them and for the last pages that
 * began with it. The values hold no rows, which would stay in memory when their pages are dropped.
 */
export function valuesOfPages<Row, Terms, Value>(): (
  pages: readonly (readonly Row[])[],
  terms: Terms,
) => Map<string, Value> {
  interface Kept {
    readonly pages: readonly WeakRef<readonly Row[]>[];
    readonly terms: Terms;
    readonly values: Map<string, Value>;
  }
  const known = new WeakMap<readonly Row[], Kept>();
  return (pages, terms) => {
    const [first] = pages;
    if (first === undefined) return new Map();
    const kept = known.get(first);
    const isSame =
      kept?.pages.length === pages.length && pages.every((page, i) => kept.pages[i]?.deref() === page);
    if (kept?.terms === terms && isSame) return kept.values;
    const values = new Map<string, Value>();
    known.set(first, { pages: pages.map((page) => new WeakRef(page)), terms, values });
    return values;
  };
}
