/**
 * Groups the rows of a page by key, once while the process holds that page: a page of a thousand people answers many questions
 * about a hundred of them. `terms` are the things that keys depend on beside the row; other terms make another index.
 */
export function pageIndex<Row, Terms extends object>(
  keysOf: (row: Row, terms: Terms) => readonly string[],
): (rows: readonly Row[], terms: Terms) => ReadonlyMap<string, readonly Row[]> {
  const known = new WeakMap<readonly Row[], WeakMap<Terms, ReadonlyMap<string, readonly Row[]>>>();
  return (rows, terms) =>
    known
      .getOrInsertComputed(rows, () => new WeakMap())
      .getOrInsertComputed(terms, () => {
        const index = new Map<string, Row[]>();
        for (const row of rows)
          for (const key of keysOf(row, terms)) index.getOrInsertComputed(key, () => []).push(row);
        return index;
      });
}
