/**
 * The rows of a list as columns: one for each path to a value of a JSON object. A value that all rows share is written once, and few
 * values once each. A member that is null reads like one that is missing. Lines of JSON: the pages, then a column each.
 */

/** A page of the list: everything of it but its rows. */
export interface ColumnPage {
  /** The token that the page is requested with; null: the first. */
  readonly token: string | null;
  readonly fetchedAt: number;
  /** The members of the body beside the rows. */
  readonly envelope: Readonly<Record<string, unknown>>;
}

/** Pages in order, with the number of rows of each. */
export interface ColumnHead {
  readonly pages: readonly (ColumnPage & { readonly rows: number })[];
  /** No row is there twice. */
  readonly areDistinct: boolean;
}

type Path = readonly string[];

/** Puts the rows of pages into columns. */
export class ColumnWriter {
  readonly #pages: (ColumnPage & { readonly rows: number })[] = [];
  readonly #root: WrittenBranch = { path: [], values: null, branches: new Map() };
  #rows = 0;

  /** How many rows there are so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Adds a page. Throws RangeError for a row that is not an object, or has the key `__proto__`. */
  add(page: ColumnPage, rows: readonly unknown[]): void {
    for (const row of rows) {
      if (!isObject(row)) throw new RangeError("not an object");
      this.#addObject(this.#root, row);
      this.#rows++;
    }
    this.#pages.push({ ...page, rows: rows.length });
  }

  /** Yields the lines of the text, which are joined by line feeds. */
  *lines(areDistinct: boolean): Generator<string, void, void> {
    yield JSON.stringify({ pages: this.#pages, areDistinct } satisfies ColumnHead);
    yield* linesOf(this.#root, this.#rows);
  }

  /** Returns false where all members are null: the object is a value itself then. */
  #addObject(branch: WrittenBranch, object: Readonly<Record<string, unknown>>): boolean {
    let isEmpty = true;
    for (const key in object) {
      const value = object[key];
      if (value === null || value === undefined) continue;
      if (key === "__proto__") throw new RangeError("__proto__ as a key");
      isEmpty = false;
      let member = branch.branches.get(key);
      if (member === undefined) {
        member = { path: [...branch.path, key], values: null, branches: new Map() };
        branch.branches.set(key, member);
      }
      if (isObject(value) && this.#addObject(member, value)) continue;
      member.values ??= [];
      while (member.values.length < this.#rows) member.values.push(null);
      member.values.push(isObject(value) ? {} : value);
    }
    return !isEmpty;
  }
}

interface WrittenBranch {
  readonly path: Path;
  /** The values so far, up to the last row that has one; null: no row has. */
  values: unknown[] | null;
  readonly branches: Map<string, WrittenBranch>;
}

function* linesOf({ path, values, branches }: WrittenBranch, rows: number): Generator<string, void, void> {
  if (values !== null) {
    while (values.length < rows) values.push(null);
    yield JSON.stringify([path, ...packed(values)]);
  }
  for (const branch of branches.values()) yield* linesOf(branch, rows);
}

/** More distinct values than this share of the rows are written as they come. */
const FEW = 1 / 4;

/** The one value of all rows; few values, and which of them each row has; or the value of each row. */
function packed(values: readonly unknown[]): [values: readonly unknown[], indexes?: readonly number[]] {
  const known = new Map<unknown, number>();
  const indexes: number[] = [];
  for (const value of values) {
    let index = known.get(value);
    if (index === undefined) {
      index = known.size;
      known.set(value, index);
      if (index > values.length * FEW) return [values];
    }
    indexes.push(index);
  }
  return known.size === 1 ? [[...known.keys()]] : [[...known.keys()], indexes];
}

/** Rows that were put into columns. */
export class ColumnReader {
  readonly head: ColumnHead;
  readonly #root: ReadBranch;
  readonly #begins: readonly number[];

  private constructor(head: ColumnHead, root: ReadBranch, begins: readonly number[]) {
    this.head = head;
    this.#root = root;
    this.#begins = begins;
  }

  /** Reads a text, and calls `turn` between its columns. Null: it is damaged, or of another format. */
  static async read(text: string, turn: () => Promise<unknown>): Promise<ColumnReader | null> {
    const [first = "", ...lines] = text.split("\n");
    try {
      const head: ColumnHead = JSON.parse(first);
      const begins: number[] = [];
      let rows = 0;
      for (const page of head.pages) {
        begins.push(rows);
        rows += page.rows;
      }
      const root: ReadBranch = { leaves: [], branches: [] };
      for (const line of lines) {
        const [path, values, indexes] = JSON.parse(line) as [Path, readonly unknown[], number[]?];
        addColumn(root, path, columnOf(values, indexes ?? null, rows));
        await turn();
      }
      return new ColumnReader(head, root, begins);
    } catch {
      return null;
    }
  }

  /** Makes the rows of a page. */
  rowsOf(page: number): readonly object[] {
    const begin = this.#begins[page] ?? 0;
    const length = this.head.pages[page]?.rows ?? 0;
    return Array.from({ length }, (_, i) => objectAt(this.#root, begin + i) ?? {});
  }
}

interface ReadBranch {
  readonly leaves: { readonly key: string; readonly column: Column }[];
  readonly branches: { readonly key: string; readonly branch: ReadBranch }[];
}

interface Column {
  readonly values: readonly unknown[];
  /** Null: a value for each row. */
  readonly indexes: readonly number[] | null;
  readonly isConstant: boolean;
}

/** Throws RangeError where a row has no value. */
function columnOf(values: readonly unknown[], indexes: readonly number[] | null, rows: number): Column {
  const isConstant = indexes === null && values.length === 1;
  const isWhole =
    indexes === null
      ? isConstant || values.length === rows
      : indexes.length === rows && indexes.every((index) => index >= 0 && index < values.length);
  if (!isWhole) throw new RangeError("not a value for each row");
  return { values, indexes, isConstant };
}

function addColumn(root: ReadBranch, path: Path, column: Column): void {
  let branch = root;
  for (const key of path.slice(0, -1)) {
    let next = branch.branches.find((each) => each.key === key)?.branch;
    if (next === undefined) {
      next = { leaves: [], branches: [] };
      branch.branches.push({ key, branch: next });
    }
    branch = next;
  }
  const key = path.at(-1);
  if (key === undefined || key === "__proto__") throw new RangeError("not a path");
  branch.leaves.push({ key, column });
}

/** Null: the row has none of the members. */
function objectAt({ leaves, branches }: ReadBranch, row: number): Record<string, unknown> | null {
  let object: Record<string, unknown> | null = null;
  for (const { key, column } of leaves) {
    const { values, indexes, isConstant } = column;
    const value = indexes === null ? values[isConstant ? 0 : row] : values[indexes[row] ?? 0];
    if (value === null) continue;
    object ??= {};
    object[key] = value;
  }
  for (const { key, branch } of branches) {
    const value = objectAt(branch, row);
    if (value === null) continue;
    object ??= {};
    object[key] = value;
  }
  return object;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
