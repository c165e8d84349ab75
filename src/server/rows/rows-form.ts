import type { DocumentNode } from "graphql";
import { badInput, GatewayError } from "../../errors.ts";
import { operationShape } from "../../planning/operation.ts";
import { valueAt } from "../export/fields.ts";
import { LINES, type LineFormat } from "../export/lines.ts";
import { type CellValue, inTurns } from "../export/table.ts";
import type { AnswerForm, RunnableOperation, WholeAnswer } from "../graphql/answer-form.ts";
import { nearest } from "../http/did-you-mean.ts";
import { Reply, type RequestHead } from "../http/exchange.ts";
import { PAGE, pagedDocument, pageEnd } from "./paged-document.ts";
import { type RowList, rowListOf } from "./row-list.ts";

const FORMAT = "format";

/** A format of lines, and how its lines become the body of an answer. */
interface RowFormat {
  readonly lines: LineFormat;
  readonly contentType: string;
  readonly bodyOf: (lines: string) => string;
}

const ROW_FORMATS: Readonly<Record<string, RowFormat>> = {
  rows: {
    lines: LINES.ndjson,
    contentType: "application/json; charset=utf-8",
    bodyOf: (lines) => `[${lines.slice(0, -1).replaceAll("\n", ",\n")}]\n`, // within JSON there is no line feed
  },
  csv: { lines: LINES.csv, contentType: LINES.csv.contentType, bodyOf: (lines) => lines },
};

/** The most pages that are read for one answer: with MAX_FIRST rows each, 10,000 rows by default. */
const MAX_PAGES = 10;

/** The form in which a call of a document wants its answer; null: as GraphQL has it. Throws BAD_USER_INPUT. */
export function requestedForm({ url }: RequestHead): AnswerForm | null {
  const [name, ...more] = new URL(url).searchParams.getAll(FORMAT);
  if (name === undefined) return null;
  if (more.length > 0) throw badInput(`\`${FORMAT}\` is given more than once.`);
  const format = Object.hasOwn(ROW_FORMATS, name) ? ROW_FORMATS[name] : undefined;
  if (format !== undefined)
    return { write: (operation) => rowsReply(operation, format), isEmbeddable: false };
  throw badInput(`Unknown format \`${name}\`: ${nearest(name, Object.keys(ROW_FORMATS))}`);
}

/** Answers with the rows of the one list of a document. The list is whole, unless the request or the document states how many rows it wants. */
async function rowsReply(operation: RunnableOperation, format: RowFormat): Promise<Reply> {
  const { schema, document, definition, values, head } = operation;
  const list = rowListOf(operationShape(schema, document, definition), values);
  const { rows, next, isWhole, freshness } = await readRows(operation, list);
  const { columns } = list;
  let lines = format.lines.header(columns);
  for await (const part of inTurns(rows)) {
    const cells = part.map((row) => columns.map(({ path }) => valueAt(row, path) as CellValue));
    lines += format.lines.rows(columns, cells);
  }
  const fields = [
    ...["content-type", format.contentType],
    ...["list-extent", isWhole ? "whole" : "part"],
    ...["freshness", freshnessField(freshness)],
    ...(next === null ? [] : ["link", `<${nextUrl(head, next)}>; rel="next"`]),
  ];
  return new Reply(200, fields, Buffer.from(format.bodyOf(lines)));
}

interface ListRead {
  readonly rows: readonly unknown[];
  /** False where the list may have other rows, which were not requested. */
  readonly isWhole: boolean;
  /** The parameter and the cursor that continue the list; null: it ends here, or the document has no variable for it. */
  readonly next: readonly [name: string, cursor: string] | null;
  readonly freshness: WholeAnswer["freshness"];
}

async function readRows(operation: RunnableOperation, { list, isPaged, path }: RowList): Promise<ListRead> {
  const { document, definition, variables, values, maxFirst } = operation;
  const [node] = list.nodes;
  if (!isPaged || node === undefined) {
    const { data, freshness } = await run(operation, document, variables);
    return { rows: rowsAt(data, path), isWhole: true, next: null, freshness };
  }
  const paged = pagedDocument(document, definition, node);
  const { first, after } = list.args(values);
  const isGiven = (name: string | null) => name !== null && Object.hasOwn(variables, name);
  const isOnePage = paged.isBounded || isGiven(paged.firstVariable) || isGiven(paged.afterVariable);
  const rows: unknown[] = [];
  for (let cursor = after ?? null; ; ) {
    const page = { [PAGE.first]: isOnePage ? first : maxFirst, [PAGE.after]: cursor };
    const { data, freshness } = await run(operation, paged.document, { ...variables, ...page });
    for (const row of rowsAt(data, path)) rows.push(row);
    const { hasNextPage, endCursor } = pageEnd(data, list.path);
    if (isOnePage) {
      const { afterVariable: name } = paged;
      const next = hasNextPage && endCursor !== null && name !== null ? ([name, endCursor] as const) : null;
      return { rows, isWhole: !hasNextPage && cursor === null, next, freshness };
    }
    if (!hasNextPage) return { rows, isWhole: true, next: null, freshness };
    if (endCursor === null) throw new RangeError(`the list ${list.path} goes on after a page without rows`);
    const max = MAX_PAGES * maxFirst;
    if (rows.length >= max)
      throw new GatewayError(
        "LIMIT_EXCEEDED",
        `The list \`${list.path}\` has more than ${max} rows, the maximum of one answer. Request a part with \`first\`, or the whole list as a file under /export/.`,
        { limit: "MAX_FIRST", max },
      );
    cursor = endCursor;
  }
}

/** A column without values because of the variables would read like a group without a value. */
async function run(
  operation: RunnableOperation,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): Promise<WholeAnswer> {
  const answer = await operation.run(document, variables);
  const warning = answer.warnings.find(({ code }) => code === "NOT_GROUPED_BY");
  if (warning !== undefined) throw badInput(warning.message);
  return answer;
}

/** A list that is null has no rows to show, and must not look like one without any. */
function rowsAt(data: object, path: readonly string[]): readonly unknown[] {
  const rows = valueAt(data, path);
  if (Array.isArray(rows)) return rows;
  throw new GatewayError("NOT_FOUND", `The list \`${path.join(".")}\` is null in this answer.`);
}

function nextUrl({ url }: RequestHead, [name, cursor]: readonly [string, string]): string {
  const { pathname, searchParams } = new URL(url);
  searchParams.set(name, cursor);
  return `${pathname}?${searchParams}`;
}

/** Age of the figures as a dictionary (RFC 8941). */
function freshnessField({ state, refreshedAt, stale }: WholeAnswer["freshness"]): string {
  const parts = [
    ...(state === null ? [] : [`state=${state}`]),
    ...(refreshedAt === null ? [] : [`refreshed-at="${refreshedAt}"`]),
    `stale=?${stale ? 1 : 0}`,
  ];
  return parts.join(", ");
}
