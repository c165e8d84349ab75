import { type Limit, type ListAnswer, type Paging, type Query, Refusal } from "./endpoint.ts";
import type { Parameters } from "./query.ts";

/** The parameters a paging style adds to those of its endpoint; the most `limit` may be is checked by `limitOf`. */
export const PAGING_PARAMETERS: Readonly<Record<Paging["style"], Parameters>> = {
  object: {},
  whole: {},
  token: { limit: { type: "integer", min: 1 }, page: { type: "text" } },
  report: { limit: { type: "integer", min: 1 }, page: { type: "text" } },
  id: { limit: { type: "integer", min: 1 }, after_id: { type: "text" }, before_id: { type: "text" } },
};

export function limitOf(limit: Limit | ((query: Query) => Limit), query: Query): number {
  const { default: usual, max } = typeof limit === "function" ? limit(query) : limit;
  const rows = Number(query.text("limit") ?? usual);
  if (rows > max) throw new Refusal(400, `limit: must be at most ${max}`);
  return rows;
}

/** The rows as they are sent: without the dropped ones, and with those that one row fans out to. */
function rendered<Row>(answer: ListAnswer<Row>, rows: readonly Row[]): object[] {
  return rows.filter((row) => !answer.dropped?.(row)).flatMap((row) => answer.render(row));
}

/** Every row in one body. */
export function whole<Row>(answer: ListAnswer<Row>) {
  return { ...answer.envelope, data: rendered(answer, answer.rows), next_page: null };
}

/** Rows are cut by position before any are dropped, so a page can be short or empty although more follow. */
export function pageAt<Row>(answer: ListAnswer<Row>, offset: number, limit: number) {
  const end = offset + limit;
  return { data: rendered(answer, answer.rows.slice(offset, end)), end, more: end < answer.rows.length };
}

/**
 * The page after `after_id` or before `before_id`, always in the order of the list; `has_more` refers to the direction of
 * paging.
 */
export function pageById<Row>(answer: ListAnswer<Row>, query: Query, limit: number) {
  const { rows } = answer;
  const id = answer.id?.bind(answer);
  if (id === undefined) throw new TypeError("an id-paged list needs the ids of its rows");
  const after = query.text("after_id");
  const before = query.text("before_id");
  if (after !== undefined && before !== undefined) {
    throw new Refusal(400, "before_id: not together with after_id");
  }
  const indexOf = (name: string, wanted: string): number => {
    const index = rows.findIndex((row) => id(row) === wanted);
    if (index < 0) throw new Refusal(400, `${name}: ${JSON.stringify(wanted)} is not in this list`);
    return index;
  };
  const end = before === undefined ? undefined : indexOf("before_id", before);
  const start =
    end !== undefined ? Math.max(0, end - limit) : after !== undefined ? indexOf("after_id", after) + 1 : 0;
  const cut = rows.slice(start, end ?? start + limit);
  const [first, last] = [cut.at(0), cut.at(-1)];
  return {
    data: rendered(answer, cut),
    first_id: first === undefined ? null : id(first),
    last_id: last === undefined ? null : id(last),
    has_more: end === undefined ? start + limit < rows.length : start > 0,
  };
}
