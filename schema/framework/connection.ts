import { organizationOfDataset } from "../../src/analytics/datasets.ts";
import { type FreshnessState, freshnessOf } from "../../src/analytics/freshness.ts";
import { nameOf } from "../../src/analytics/organizations.ts";
import { type KeptRanking, marksOf, type Ranking } from "../../src/analytics/ranking.ts";
import type { Context } from "../../src/context.ts";
import { type CursorPlace, digestOf, formatCursor, parseCursor } from "../../src/domain/cursor.ts";
import type { Dataset } from "../../src/domain/dataset.ts";
import { dayOf } from "../../src/domain/day.ts";
import { once } from "../../src/domain/once.ts";
import type { OrganizationKind } from "../../src/domain/organization.ts";
import { PIECE, type ThreadTurn } from "../../src/domain/pieces.ts";
import { type DayRange, oneDay } from "../../src/domain/range.ts";
import { badInput, GatewayError } from "../../src/errors.ts";
import { DEFAULT_FIRST, rowsWanted } from "../../src/planning/rows.ts";
import type { PageProvenance, PageRun, WindowPage } from "../../src/upstream/pages/iterate.ts";
import { builder } from "./builder.ts";
import { Freshness } from "./freshness.ts";
import { ResolvedRange } from "./range.ts";

/** One page of a list, as Relay's Connection has it. */
export interface Connection<Row> {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number | null;
  /** Name of the organization that the figures are of. */
  readonly organization: string;
  readonly range: DayRange;
  readonly freshness: FreshnessState;
}

/** A row with its cursor, which is made when it is read: it takes two hashes, and most queries read one of a page or none. */
class Edge<Node> {
  readonly node: Node;
  readonly #index: number;
  readonly #cursorOf: (index: number, node: Node) => string;

  /** `cursorOf` gives the cursor of a row by its index, and is shared by the rows of a page. */
  constructor(node: Node, index: number, cursorOf: (index: number, node: Node) => string) {
    this.node = node;
    this.#index = index;
    this.#cursorOf = cursorOf;
  }

  get cursor(): string {
    return this.#cursorOf(this.#index, this.node);
  }
}

/** Subject of a list. Its cursors are valid for this subject only. */
export interface ListQuestion {
  readonly field: string;
  /** Null: the list is as of now, whatever the day. */
  readonly range: DayRange | null;
  readonly dataset: Dataset;
  /** The organization that the rows are of, where that is not the organization of the dataset. */
  readonly organization?: OrganizationKind;
  readonly args?: unknown;
}

/** The arguments of every list. */
export const forward = builder.args((t) => ({
  first: t.int({
    defaultValue: DEFAULT_FIRST,
    description: "Maximum number of rows, from 0 to 1000 unless the operator set another limit.",
  }),
  after: t.string({
    description: "Cursor of the row to continue after; omit it to start at the first row.",
  }),
}));

export interface Slice {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

/** Reads a slice of a page run. Its rows are the nodes; see `connectNodes`. */
export function connect<Row>(
  ctx: Context,
  slice: Slice,
  question: ListQuestion,
  run: PageRun<Row>,
  idOf: (row: Row) => unknown,
): Promise<Connection<Row>> {
  return connectNodes<Row, Row>(ctx, slice, question, run, (row) => row, idOf);
}

/**
 * Reads a slice of a page run. Rows are taken until there is one more than requested, which decides `hasNextPage`; then reading
 * stops. One client page may need several upstream pages, or several windows. Only rows that are taken become nodes; null leaves
 * one out.
 */
export async function connectNodes<Row, Node>(
  ctx: Context,
  slice: Slice,
  question: ListQuestion,
  run: PageRun<Row>,
  nodeOf: (row: Row) => Node | null,
  idOf: (node: Node) => unknown,
): Promise<Connection<Node>> {
  const digest = once(() => digestIn(ctx, question));
  const after = placeAfter(slice, digest, "walk");
  const first = boundedFirst(ctx, slice);
  let taken: { readonly window: number; readonly edges: Edge<Node>[] }[] = [];
  let pages: WindowPage<Row>[] = [];
  let [count, ended] = [0, true];
  for await (const page of run(after, first + 1)) {
    const { window, token, rows } = page;
    if (page.restarted) {
      taken = taken.filter((before) => before.window !== window);
      pages = pages.filter((before) => before.window !== window);
      count = taken.reduce((sum, { edges }) => sum + edges.length, 0);
    }
    pages.push(page);
    const cursorOf = (index: number, node: Node) =>
      formatCursor({ window, token, index, mark: markOf(page, idOf(node)) }, digest());
    const isMarked = (row: Row, mark: string) => {
      const node = nodeOf(row);
      return node !== null && markOf(page, idOf(node)) === mark;
    };
    const resumed = after !== null && window === after.window && token === after.token;
    const edges: Edge<Node>[] = [];
    let index = resumed ? 1 + indexOfMarked(rows, after, isMarked, question.dataset) : 0;
    for (; index < rows.length && count <= first; index++) {
      const node = nodeOf(rows[index] as Row);
      if (node === null) continue;
      edges.push(new Edge<Node>(node, index, cursorOf));
      count++;
    }
    taken.push({ window, edges });
    ended = page.next === null && index === rows.length;
    if (count > first) break;
  }
  if (after !== null && pages.length === 0) throw invalidCursor();
  const whole = after === null && ended && count <= first;
  const edges = taken.flatMap((page) => page.edges);
  return connection(ctx, edges.slice(0, first), question, {
    hasNextPage: count > first,
    hasPreviousPage: after !== null,
    totalCount: whole ? count : null,
    freshness: freshnessOf(question.dataset, pages),
  });
}

/**
 * The mark of a row in a cursor: its subject and, while figures can still move, the export it came from. A refreshed page can
 * hold its rows in another order, and counting to an index would skip or repeat some.
 */
function markOf({ state, watermark }: PageProvenance, id: unknown): string {
  return digestOf([id, state === "FINAL" ? null : watermark]);
}

/** Where the marked row stands now: upstream adds rows to lists without exports while they settle. */
function indexOfMarked<Row>(
  rows: readonly Row[],
  { index, mark }: PageRow,
  isMarked: (row: Row, mark: string) => boolean,
  dataset: Dataset,
): number {
  const there = rows[index];
  if (there !== undefined && isMarked(there, mark)) return index;
  const moved = rows.findIndex((row) => isMarked(row, mark));
  if (moved < 0) throw expired(dataset);
  return moved;
}

/** A ranking as a list shows it. */
interface RankedNodes<Row, Node, Facts> extends Ranking<Row> {
  readonly nodeOf: (row: Row) => Node;
  /** Fields of the connection about all rows. */
  readonly facts?: Facts;
}

/**
 * A slice of a ranking, which is read in full, but not for a slice that is refused. Its cursors are a mark of the row and all
 * before it, so they hold while figures move, until a row passes the cut. Nodes are made of the rows of the slice alone.
 */
export async function connectRanking<Row, Node, Facts extends object = object>(
  ctx: Context,
  slice: Slice,
  question: ListQuestion,
  rank: () => Promise<RankedNodes<Row, Node, Facts>>,
): Promise<Connection<Node> & Facts> {
  const digest = once(() => digestIn(ctx, question));
  const after = placeAfter(slice, digest, "ranking");
  const first = boundedFirst(ctx, slice);
  const before = ctx.rankings?.get(digest());
  const isNext = before !== undefined && before.mark === (after?.mark ?? null);
  const kept = isNext ? before : await rankedFrom(ctx, after, question, rank);
  ctx.rankings?.set(digest(), kept);
  const { ranked, sources, nodeOf, facts } = kept.ranking as RankedNodes<Row, Node, Facts>;
  const markAt = marksByIndex(kept.marks);
  const cursorOf = (index: number) => formatCursor({ mark: markAt(index) }, digest());
  const edges = ranked
    .slice(kept.rows, kept.rows + first)
    .map(({ row }, i) => new Edge(nodeOf(row), i, cursorOf));
  kept.rows += edges.length;
  // The next page goes on from there.
  if (ctx.rankings !== null && edges.length > 0) kept.mark = markAt(edges.length - 1);
  const list = connection(ctx, edges, question, {
    hasNextPage: ranked.length > kept.rows,
    hasPreviousPage: after !== null,
    totalCount: ranked.length,
    freshness: freshnessOf(question.dataset, sources),
  });
  return { ...list, ...(facts as Facts) };
}

/** Returns the mark of a row by its index. A mark is of all rows before it as well, so they are made up to the one that is read. */
function marksByIndex(marks: Iterator<string, void>): (index: number) => string {
  const made: string[] = [];
  return (index) => {
    while (made.length <= index) made.push(marks.next().value ?? "");
    return made[index] ?? "";
  };
}

/** Reads a ranking, of which the slice after a place is next. */
async function rankedFrom(
  ctx: Context,
  after: RankRow | null,
  { dataset }: ListQuestion,
  rank: () => Promise<Ranking<unknown>>,
): Promise<KeptRanking> {
  const ranking = await rank();
  const marks = marksOf(ranking.ranked);
  const rows = after === null ? 0 : await passed(marks, after.mark, ctx.upstream.turn);
  if (rows === null) throw expired(dataset);
  return { ranking, marks, rows, mark: after?.mark ?? null };
}

/**
 * A slice of a list that is kept in order, and read from a place on. The mark of a row in its cursor says its place; `read` returns the
 * rows after a place, at most so many.
 */
export async function connectKept<Row, Place>(
  ctx: Context,
  slice: Slice,
  question: ListQuestion,
  placeIn: (mark: string) => Place | null,
  read: (after: Place | null, limit: number) => Promise<readonly Row[]>,
  markOf: (row: Row) => string,
): Promise<Connection<Row>> {
  const digest = once(() => digestIn(ctx, question));
  const after = placeAfter(slice, digest, "ranking");
  const first = boundedFirst(ctx, slice);
  const from = after === null ? null : placeIn(after.mark);
  if (after !== null && from === null) throw invalidCursor();
  const rows = await read(from, first + 1);
  const cursorOf = (_index: number, row: Row) => formatCursor({ mark: markOf(row) }, digest());
  const edges = rows.slice(0, first).map((row, i) => new Edge(row, i, cursorOf));
  return connection(ctx, edges, question, {
    hasNextPage: rows.length > first,
    hasPreviousPage: after !== null,
    totalCount: after === null && rows.length <= first ? rows.length : null,
    freshness: freshnessOf(question.dataset, []),
  });
}

/** Reads marks up to one, and says how many that were; null where it is not among them. */
async function passed(marks: Iterator<string, void>, mark: string, turn: ThreadTurn): Promise<number | null> {
  for (let rows = 1; ; rows++) {
    const next = marks.next();
    if (next.done === true) return null;
    if (next.value === mark) return rows;
    if (rows % PIECE === 0) await turn();
  }
}

/** True if a cursor was given out for this question. */
export function belongsTo(ctx: Context, after: string | null | undefined, question: ListQuestion): boolean {
  return after !== null && after !== undefined && parseCursor(after, digestIn(ctx, question)) !== null;
}

/** A cursor is valid for one question and, where the operator has named organizations, for one tenant. */
function digestIn({ upstream }: Context, question: ListQuestion): string {
  const { name } = upstream.tenant;
  return digestOf(name === null ? question : [name, question]);
}

type PageRow = Extract<CursorPlace, { window: number }>;
type RankRow = Exclude<CursorPlace, PageRow>;

function placeAfter(slice: Slice, digest: () => string, kind: "walk"): PageRow | null;
function placeAfter(slice: Slice, digest: () => string, kind: "ranking"): RankRow | null;
function placeAfter({ after }: Slice, digest: () => string, kind: "walk" | "ranking"): CursorPlace | null {
  if (after === null || after === undefined) return null;
  const place = parseCursor(after, digest());
  if (place !== null && "window" in place === (kind === "walk")) return place;
  throw invalidCursor();
}

function invalidCursor(): GatewayError {
  return new GatewayError(
    "CURSOR_INVALID",
    "This cursor is damaged or belongs to another query; a cursor is valid only for the same field, range and arguments. Query again without `after`.",
  );
}

function boundedFirst({ maxFirst }: Context, slice: Slice): number {
  const first = rowsWanted(slice);
  if (first >= 0 && first <= maxFirst) return first;
  throw badInput(
    `\`first\` is ${first}; it must be from 0 to ${maxFirst}. Continue with \`after: pageInfo.endCursor\`.`,
  );
}

function expired(dataset: Dataset): GatewayError {
  return new GatewayError(
    "CURSOR_EXPIRED",
    "The page behind this cursor has changed; query again without `after`.",
    { dataset },
  );
}

function connection<Row>(
  ctx: Context,
  edges: readonly Edge<Row>[],
  { range, dataset, organization = organizationOfDataset(dataset) }: ListQuestion,
  {
    hasNextPage,
    hasPreviousPage,
    ...about
  }: Pick<Connection<Row>, "totalCount" | "freshness"> & {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
  },
): Connection<Row> {
  const pageInfo = {
    hasNextPage,
    hasPreviousPage,
    get startCursor() {
      return edges[0]?.cursor ?? null;
    },
    get endCursor() {
      return edges.at(-1)?.cursor ?? null;
    },
  };
  return {
    edges,
    pageInfo,
    organization: nameOf(ctx, organization),
    range: range ?? oneDay(dayOf(ctx.now())),
    ...about,
  };
}

builder.globalConnectionFields((t) => ({
  organization: t.exposeString("organization", {
    description: "Organization of the figures, by the name that `organization` arguments take.",
  }),
  totalCount: t.exposeInt("totalCount", {
    nullable: true,
    description:
      "Number of rows in the whole list. Null: counting them would take further upstream requests.",
  }),
  range: t.expose("range", {
    type: ResolvedRange,
    description:
      "Days that the answer covers: the requested range without future days, or today for a list of the current state.",
  }),
  freshness: t.expose("freshness", {
    type: Freshness,
    description: "Age of the figures, and how far they can still change.",
  }),
}));
