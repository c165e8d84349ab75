import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLField,
  GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isObjectType,
  isRequiredArgument,
  parse,
  validate,
} from "graphql";
import type { Finality } from "../../cache/policy.ts";
import type { Context, Warning } from "../../context.ts";
import type { DayRange } from "../../domain/range.ts";
import { badInput, type ErrorCode, type ErrorDetails, GatewayError } from "../../errors.ts";
import { execute } from "../../execution/execute.ts";
import { isConnection } from "../../planning/rows.ts";
import { clientError } from "../graphql/translate-errors.ts";
import { readParameters } from "../http/parameters.ts";
import { columnsOf, selectionOf, valueAt } from "./fields.ts";
import { type About, type CellValue, inTurns, type Reader, type Table } from "./table.ts";

/** Rejects a column that was requested by name and would be empty on every row. */
function refuseColumn({ message }: Warning): never {
  throw badInput(message);
}

/** The lists of Query that page, by name. */
export function listsOf(schema: GraphQLSchema): ReadonlyMap<string, GraphQLField<unknown, unknown>> {
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
  return new Map(
    fields.filter(({ type }) => isConnection(getNamedType(type))).map((field) => [field.name, field]),
  );
}

/** How a list is read on, which is the export's own business. */
const PAGING: readonly string[] = ["first", "after"];

/** The arguments of a connection that a client can give. */
export function argumentsOf(field: GraphQLField<unknown, unknown>) {
  return field.args.filter(({ name }) => !PAGING.includes(name));
}

/** The values that parameters give; `visible` are the names that hints to the caller may contain, null: none. */
export function givenTo(
  field: GraphQLField<unknown, unknown>,
  parameters: URLSearchParams,
  visible: readonly string[] | null,
): Readonly<Record<string, unknown>> {
  const own = new URLSearchParams(parameters);
  own.delete("fields");
  return readParameters(new Map(argumentsOf(field).map(({ name, type }) => [name, type])), own, visible);
}

/** A list of the graph, read page by page through the graph itself: a caller without access to a field there cannot export it. */
export function listTable(
  schema: GraphQLSchema,
  reader: Reader,
  field: GraphQLField<unknown, unknown>,
  parameters: URLSearchParams,
): Table {
  const visible = reader.visible?.getQueryType()?.getFields()[field.name];
  const names = visible === undefined ? null : argumentsOf(visible).map(({ name }) => name);
  const variables = givenTo(field, parameters, names);
  const split = Array.isArray(variables.groupBy) ? (variables.groupBy as string[]) : [];
  const node = rowTypeOf(field);
  const columns = columnsOf(schema, field.name, node, parameters.get("fields"), split, reader);
  const document = documentOf(field, selectionOf(schema, node, columns));
  const invalid = validate(schema, document);
  const failure = (error: GraphQLError) => failureOf(error, reader, schema);
  return {
    columns,
    isByDay: false,
    async *chunks(from) {
      // A ranking is read once: reading it for every page would take a time that grows with the square of its length, and figures
      // of the moment would have moved before the last page.
      const rankings: Context["rankings"] = new Map();
      for (let after = from; ; ) {
        if (invalid[0] !== undefined) throw failure(invalid[0]);
        const context = { ...reader.context({}), rankings, warn: refuseColumn };
        const requested = { ...variables, first: context.maxFirst, after };
        const page = await pageOf(schema, document, context, requested, failure);
        const { hasNextPage, endCursor } = page.pageInfo;
        after = hasNextPage ? endCursor : null;
        const rows: CellValue[][] = [];
        for await (const part of inTurns(page.nodes))
          for (const row of part) rows.push(columns.map(({ path }) => valueAt(row, path) as CellValue));
        yield {
          rows,
          next: after,
          about: aboutOf(page),
          window: null, // a cursor knows whether its page is still the one it was given out for
          done: null,
        };
        if (after === null) return;
      }
    },
  };
}

interface Page {
  readonly nodes: readonly unknown[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly range: DayRange;
  readonly organization: string;
  readonly freshness: {
    readonly state: Finality;
    readonly refreshedAt: string | null;
    readonly stale: boolean;
    readonly source: string;
  };
}

function aboutOf({ range, organization, nodes, freshness }: Page): About {
  const { state, refreshedAt, stale, source } = freshness;
  return {
    organization,
    source,
    range,
    state: nodes.length === 0 ? null : state,
    refreshedAt: refreshedAt === null ? null : Date.parse(refreshedAt),
    asOf: null,
    stale,
  };
}

/** A page without an error in any of its fields: a column that failed would look like one without values. */
async function pageOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  contextValue: Context,
  variableValues: Readonly<Record<string, unknown>>,
  failure: (error: GraphQLError) => GatewayError,
): Promise<Page> {
  const { data, errors } = await execute({ schema, document, contextValue, variableValues }, () =>
    contextValue.upstream.pauseAnswer(),
  );
  if (errors?.[0] !== undefined) throw failure(errors[0]);
  return data?.list as unknown as Page;
}

/** The error that a client would see, as an error of the gateway. */
function failureOf(error: GraphQLError, { onFault, visible }: Reader, schema: GraphQLSchema): GatewayError {
  const { message, extensions } = clientError(error, onFault, { suggests: visible === schema });
  const { code, ...details } = extensions;
  return new GatewayError(code as ErrorCode, message, details as ErrorDetails, error);
}

/** The type of the rows of a list. */
export function rowTypeOf(field: GraphQLField<unknown, unknown>): GraphQLObjectType {
  const connection = getNamedType(field.type);
  const node = isObjectType(connection) && getNamedType(connection.getFields().nodes?.type);
  if (node instanceof GraphQLObjectType) return node;
  throw new Error(`${field.name} is not a connection`);
}

function documentOf(field: GraphQLField<unknown, unknown>, selection: string): DocumentNode {
  const own = argumentsOf(field).map((arg) => [
    arg.name,
    isRequiredArgument(arg) ? arg.type : getNullableType(arg.type),
  ]);
  const args = [...own, ["first", "Int"], ["after", "String"]];
  const variables = args.map(([name, type]) => `$${name}: ${type}`).join(", ");
  const values = args.map(([name]) => `${name}: $${name}`).join(", ");
  return parse(`query (${variables}) { list: ${field.name}(${values}) {
    nodes ${selection}
    pageInfo { hasNextPage endCursor }
    range { from until }
    organization
    freshness { state refreshedAt stale source }
  } }`);
}
