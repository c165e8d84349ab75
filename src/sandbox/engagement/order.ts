import { type Query, Refusal } from "../endpoint.ts";

/** Rows in the requested order: by the endpoint's own column (ascending by default), or by a metric (descending by default). */
export function ordered<Row>(
  rows: readonly Row[],
  query: Query,
  column: string,
  byColumn: (a: Row, b: Row) => number,
  metrics: Readonly<Record<string, (row: Row) => number>>,
): readonly Row[] {
  const by = query.text("order_by") ?? column;
  const order = query.text("order");
  if (by === column) return rows.toSorted((a, b) => (order === "desc" ? byColumn(b, a) : byColumn(a, b)));
  const metric = metrics[by];
  if (metric === undefined) {
    throw new Refusal(
      400,
      `order_by: ${JSON.stringify(by)} is none of ${[column, ...Object.keys(metrics)].join(", ")}`,
    );
  }
  const sign = order === "asc" ? 1 : -1;
  return rows.toSorted((a, b) => sign * (metric(a) - metric(b)) || byColumn(a, b));
}
