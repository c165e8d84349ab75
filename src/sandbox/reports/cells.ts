/** One value of a dimension. */
export type Value = string | number | null;

export interface Cell<T> {
  readonly key: readonly Value[];
  readonly sums: T;
}

/** Sums by a tuple of dimension values, all of one length. */
export class Cells<T> {
  private readonly root = new Map<Value, unknown>();
  private readonly all: Cell<T>[] = [];
  private readonly make: () => T;

  constructor(make: () => T) {
    this.make = make;
  }

  at(key: readonly Value[]): T {
    let node = this.root;
    const last = key.length - 1;
    for (let i = 0; i < last; i++) {
      const value = key[i] as Value;
      let next = node.get(value) as Map<Value, unknown> | undefined;
      if (next === undefined) {
        next = new Map();
        node.set(value, next);
      }
      node = next;
    }
    const value = key[last] ?? null;
    let cell = node.get(value) as Cell<T> | undefined;
    if (cell === undefined) {
      cell = { key: key.slice(), sums: this.make() };
      node.set(value, cell);
      this.all.push(cell);
    }
    return cell.sums;
  }

  /** In the order of their first use. */
  list(): readonly Cell<T>[] {
    return this.all;
  }
}

/** A fixed order of keys, to break ties the same way every time: null first, then by value. */
export function compareKeys(a: readonly Value[], b: readonly Value[]): number {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? null, b[i] ?? null];
    if (x === y) continue;
    if (x === null) return -1;
    if (y === null) return 1;
    return x < y ? -1 : 1;
  }
  return 0;
}
