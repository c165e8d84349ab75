import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  getNamedType,
  Kind,
  type OperationDefinitionNode,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { GatewayError } from "../../errors.ts";
import { operationShape } from "../../planning/operation.ts";
import { isConnection } from "../../planning/rows.ts";
import { valueAt } from "../export/fields.ts";
import type { AnswerForm, RunnableOperation, WholeAnswer } from "../graphql/answer-form.ts";
import { Reply } from "../http/exchange.ts";
import { PAGE, type PageEnd, pagedDocument, pageEnd } from "../rows/paged-document.ts";
import { type RowList, rowListOf } from "../rows/row-list.ts";

/** The page that a call requests by arguments that its document has no variables for. */
export interface RequestedPage {
  readonly first?: unknown;
  readonly after?: unknown;
}

/** The answer of a tool, before its cost is added. */
export interface ToolAnswer extends WholeAnswer {
  /** The part of the one list of the document; absent where the document has no list, or several. */
  readonly page?: {
    readonly rows: number;
    readonly hasNextPage: boolean;
    readonly endCursor: string | null;
    /** The argument that takes the cursor. */
    readonly readOnWith: string;
    readonly isShortened: boolean;
  };
  /** Lists with more rows than the answer, by path. */
  readonly shortened?: readonly string[];
}

/** Answers as a tool of an agent: bounded, and with a way to read on. */
export function toolForm(maxBytes: number, requested: RequestedPage): AnswerForm {
  return {
    isEmbeddable: false,
    async write(operation) {
      const list = listIn(operation);
      const answer =
        list === null
          ? await markedAnswer(operation, maxBytes)
          : await pagedAnswer(operation, list, maxBytes, requested);
      const body = Buffer.from(JSON.stringify(answer));
      return new Reply(200, ["content-type", "application/json; charset=utf-8"], body);
    },
  };
}

type Listing = Pick<RunnableOperation, "schema" | "document" | "definition" | "values">;

/** The one list of an operation that is read in pages; null where it has none, or several. */
export function listIn({ schema, document, definition, values }: Listing): RowList | null {
  try {
    const list = rowListOf(operationShape(schema, document, definition), values);
    return list.isPaged && list.list.nodes.length > 0 ? list : null;
  } catch (fault) {
    if (fault instanceof GatewayError) return null;
    throw fault;
  }
}

/** A page of a list: as many of the requested rows as the size of an answer allows. */
async function pagedAnswer(
  { document, definition, variables, values, run }: RunnableOperation,
  { list, path }: RowList,
  maxBytes: number,
  requested: RequestedPage,
): Promise<ToolAnswer> {
  const paged = pagedDocument(document, definition, list.nodes[0] as FieldNode);
  const stated = list.args(values);
  const after = requested.after ?? stated.after ?? null;
  let first = requested.first ?? stated.first;
  for (let isShortened = false; ; isShortened = true) {
    const page = { [PAGE.after]: after, ...(first === undefined ? {} : { [PAGE.first]: first }) };
    const answer = await run(paged.document, { ...variables, ...page });
    const { hasNextPage, endCursor: cursor } = pageEnd(answer.data, list.path);
    const data = withoutMarks(answer.data);
    const bytes = Buffer.byteLength(JSON.stringify(data));
    const found = valueAt(answer.data, path);
    const rows = Array.isArray(found) ? found.length : 0;
    if (bytes <= maxBytes) {
      const endCursor = hasNextPage ? cursor : null;
      const readOnWith = paged.afterVariable ?? "after";
      return { ...answer, data, page: { rows, hasNextPage, endCursor, readOnWith, isShortened } };
    }
    if (rows <= 1) throw tooLong(bytes, maxBytes);
    first = Math.max(1, Math.floor((rows * maxBytes * SAFETY) / bytes));
  }
}

/** Rows differ in length. */
const SAFETY = 0.9;

/** The answer of a document with several lists, or none, and the paths of lists that have more rows. */
async function markedAnswer(
  { schema, document, variables, run }: RunnableOperation,
  maxBytes: number,
): Promise<ToolAnswer> {
  const answer = await run(markedDocument(schema, document), variables);
  const shortened: string[] = [];
  const data = withoutMarks(answer.data, shortened);
  const bytes = Buffer.byteLength(JSON.stringify(data));
  if (bytes > maxBytes) throw tooLong(bytes, maxBytes);
  return { ...answer, data, ...(shortened.length > 0 ? { shortened } : {}) };
}

function tooLong(value: number, max: number): GatewayError {
  return new GatewayError(
    "LIMIT_EXCEEDED",
    `The answer has ${value} bytes, and a tool returns at most ${max} (MCP_ANSWER_BYTES). Request a shorter range, fewer rows or a filter.`,
    { limit: "MCP_ANSWER_BYTES", max, value },
  );
}

const [MARK] = parse(`{ ${PAGE.info}: pageInfo { hasNextPage } }`, { noLocation: true })
  .definitions as readonly [OperationDefinitionNode];

const marked = new WeakMap<DocumentNode, DocumentNode>();

/** A document that also selects, for each of its lists, whether the list goes on. */
function markedDocument(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  return marked.getOrInsertComputed(document, () => {
    const types = new TypeInfo(schema);
    const withMark = (node: FieldNode): FieldNode | undefined => {
      const type = types.getType();
      if (!type || !node.selectionSet || !isConnection(getNamedType(type))) return undefined;
      const selections = [...node.selectionSet.selections, ...MARK.selectionSet.selections];
      return { ...node, selectionSet: { kind: Kind.SELECTION_SET, selections } };
    };
    return visit(document, visitWithTypeInfo(types, { Field: { leave: withMark } }));
  });
}

/** Copies data without the ends of its lists, and collects the paths of those that go on. */
function withoutMarks(
  data: Readonly<Record<string, unknown>>,
  goingOn: string[] = [],
): Readonly<Record<string, unknown>> {
  const copy = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((each, i) => copy(each, `${path}[${i}]`));
    if (typeof value !== "object" || value === null) return value;
    const entries: [string, unknown][] = [];
    for (const [key, each] of Object.entries(value)) {
      if (key !== PAGE.info) entries.push([key, copy(each, path === "" ? key : `${path}.${key}`)]);
      else if ((each as PageEnd | null)?.hasNextPage) goingOn.push(path);
    }
    return Object.fromEntries(entries);
  };
  return copy(data, "") as Readonly<Record<string, unknown>>;
}
