import { GraphQLDeferDirective, GraphQLStreamDirective } from "@graphql-tools/utils";
import SchemaBuilder, {
  brandWithType,
  completeValue,
  type MaybePromise,
  RootFieldBuilder,
} from "@pothos/core";
import RelayPlugin from "@pothos/plugin-relay";
import {
  GraphQLBoolean,
  GraphQLDirective,
  type GraphQLFieldResolver,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLScalarType,
  type GraphQLSchema,
  GraphQLString,
  specifiedDirectives,
} from "graphql";
import { GraphQLDateTimeISO, GraphQLSafeInt } from "graphql-scalars";
import type { FreshnessState } from "../../src/analytics/freshness.ts";
import { contextOfTenant } from "../../src/analytics/organizations.ts";
import type { Context } from "../../src/context.ts";
import { type Day, type Instant, parseDay, rfc3339 } from "../../src/domain/day.ts";
import { dayFault } from "../../src/domain/day-fault.ts";
import { type Decimal, formatDecimal } from "../../src/domain/decimal.ts";
import type { Tenant } from "../../src/domain/organization.ts";
import type { DayRange } from "../../src/domain/range.ts";
import type { Identity } from "../../src/domain/viewer.ts";
import { badInput, type GatewayError } from "../../src/errors.ts";
import PlanningPlugin from "../../src/planning/plugin.ts";

/** The one builder: scalars, nullability, plugins. It defines no types. */
export const builder = new SchemaBuilder<{
  Context: Context;
  /** Fields of every connection beside its rows: see connection.ts. */
  Connection: { organization: string; totalCount: number | null; range: DayRange; freshness: FreshnessState };
  DefaultFieldNullability: false;
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    Date: { Input: Day; Output: Day };
    DateTime: { Input: Date; Output: Date };
    Decimal: { Input: never; Output: Decimal };
    Count: { Input: number; Output: number };
    Difference: { Input: number; Output: number };
    /** Only in the subgraph. */
    _Any: { Input: Readonly<Record<string, unknown>>; Output: never };
  };
}>({
  plugins: [RelayPlugin, PlanningPlugin],
  defaultFieldNullability: false,
  relay: {
    nodesOnConnection: { description: "The rows, without their cursors." },
    cursorFieldOptions: { description: "Cursor of this row; pass it as `after` to continue from here." },
    nodeFieldOptions: { description: "The row." },
    edgesFieldOptions: { nullable: false, description: "The rows, each with its cursor." },
    pageInfoFieldOptions: { description: "Position of this page in the list." },
    pageInfoTypeOptions: { description: "Position of a page in its list." },
    hasNextPageFieldOptions: { description: "True if another row follows; always exact." },
    hasPreviousPageFieldOptions: { description: "True if this page was requested with `after`." },
    startCursorFieldOptions: { description: "Cursor of the first row. Null: the page is empty." },
    endCursorFieldOptions: { description: "Cursor of the last row. Null: the page is empty." },
    nodeTypeOptions: { description: "An object with a global id that `node` can look up." },
    idFieldOptions: { description: "Opaque id, unique across the whole API." },
    nodeQueryOptions: false, // node.ts has them: the plugin lets one bad id void all of `nodes`
    nodesQueryOptions: false,
    encodeGlobalID: (typename, id, ctx) => encodeGlobalId(typename, `${id}`, ctx),
  },
});

/** How ids given to a viewer who does not see people by name are marked. */
const LENSES = { full: "", pseudonym: "~p", none: "~n" } as const satisfies Record<Identity, string>;

/**
 * An id names what it was given out for, as its reader sees people: what one caller sees by name and another by pseudonym are two
 * things for a client that keeps both. Where the operator has named organizations, it also names the first one of its tenant that its
 * reader may read.
 */
function encodeGlobalId(typename: string, id: string, { viewer, upstream }: Context): string {
  return Buffer.from(`${typename}${LENSES[viewer.identity]}${markOf(upstream.tenant)}:${id}`).toString(
    "base64url",
  );
}

function markOf({ name, organizations: [first] }: Tenant): string {
  return name === null ? "" : `@${first?.name ?? ""}`;
}

interface GlobalIdOptions {
  readonly resolve: GraphQLFieldResolver<unknown, Context, object, MaybePromise<OwnId>>;
}

interface OwnId {
  readonly type: string;
  readonly id: string;
}

// In place of the relay plugin's own, which awaits each id, and so makes promises for each row of a list.
Object.assign(RootFieldBuilder.prototype, {
  globalID(this: Pick<typeof RootFieldBuilder.prototype, "field">, { resolve, ...options }: GlobalIdOptions) {
    const encoded: GraphQLFieldResolver<unknown, Context, object> = (row, args, ctx, info) =>
      completeValue(resolve(row, args, ctx, info), ({ type, id }) => encodeGlobalId(type, id, ctx));
    return this.field({ ...options, type: "ID", resolve: encoded } as never);
  },
});

/** Far beyond the longest id that is given out. */
const MAX_ID_LENGTH = 1_024;

const GLOBAL_ID = /^([A-Z][A-Za-z]*)(~[a-z])?(@[\w-]+)?:(.*)$/s;

function partsOf(globalId: string): readonly (string | undefined)[] {
  return GLOBAL_ID.exec(Buffer.from(globalId, "base64url").toString("utf8")) ?? [];
}

/** The type and the own id in a global one of the context's tenant. */
export function decodeGlobalId(
  globalId: string,
  { viewer, upstream }: Context,
): { typename: string; id: string } {
  const [, typename, lens = "", mark = "", id] = partsOf(globalId);
  if (typename === undefined || id === undefined || globalId.length > MAX_ID_LENGTH) throw notAnId();
  if (lens !== LENSES[viewer.identity])
    throw badInput(
      "This id belongs to a caller who sees people differently; pass an `id` from your own answers.",
    );
  if (mark !== markOf(upstream.tenant)) throw ofAnotherOrganization();
  return { typename, id };
}

function notAnId(): GatewayError {
  return badInput("This is not an id of this API; pass an `id` as an answer returned it.");
}

function ofAnotherOrganization(): GatewayError {
  return badInput(
    "This id is not of the organization that this field is about; pass an `id` from its answers.",
  );
}

/** Returns the context of the tenant that a global id names. Throws BAD_USER_INPUT where the viewer may not read it, or has no such id. */
export function contextOfId(ctx: Context, globalId: string): Context {
  const found = contextIn(ctx, globalId);
  if (found === null) throw partsOf(globalId).length === 0 ? notAnId() : ofAnotherOrganization();
  return found;
}

/** Returns the context of the first of several ids that names a tenant; ids of other tenants are refused one by one. */
export function contextOfIds(ctx: Context, globalIds: readonly string[]): Context {
  for (const each of globalIds) {
    const found = contextIn(ctx, each);
    if (found !== null) return found;
  }
  return ctx;
}

function contextIn(ctx: Context, globalId: string): Context | null {
  if (ctx.upstream.tenant.name === null) return ctx;
  const [, , , mark = ""] = partsOf(globalId);
  const { readable } = ctx.organizations;
  const found = readable.find(({ name }) => `@${name}` === mark);
  const isFirst = found !== undefined && found === readable.find(({ tenant }) => tenant === found.tenant);
  return isFirst ? contextOfTenant(ctx, found.tenant) : null;
}

/**
 * A node's loader that marks its rows with their type. The relay plugin marks a row only after other callers for the same id
 * have received it.
 */
export function nodeLoader<Row extends object>(
  typename: string,
  load: (id: string, ctx: Context) => Promise<Row>,
) {
  return async (id: string, ctx: Context): Promise<Row> => ofType(typename, await load(id, ctx));
}

/** A copy of a row that is marked with its type: the rows of cached pages are frozen. */
export function ofType<Row extends object>(typename: string, row: Row): Row {
  const copy = { ...row };
  brandWithType(copy, typename as never);
  return copy;
}

builder.scalarType("Date", {
  description: "A UTC calendar day, `YYYY-MM-DD`.",
  serialize: (day) => day,
  parseValue(value) {
    const day = typeof value === "string" ? parseDay(value) : null;
    if (day !== null) return day;
    const { why, nearest } = dayFault(typeof value === "string" ? value : "");
    const hint = nearest === null ? "" : `The nearest day is ${nearest}: ${why}. `;
    throw badInput(`${hint}A Date is a calendar day such as 2026-10-01.`);
  },
});

builder.scalarType("Decimal", {
  description: "An exact decimal number as text, with every digit the source gave; never a binary float.",
  serialize: formatDecimal,
  parseValue() {
    throw badInput("Decimal cannot be used as an input.");
  },
});

/** Many rows begin at few instants, which are written once. */
const DateTime = new GraphQLScalarType<Date, string>({
  ...GraphQLDateTimeISO.toConfig(),
  serialize: (value) =>
    value instanceof Date && !Number.isNaN(value.getTime())
      ? rfc3339(value.getTime())
      : GraphQLDateTimeISO.serialize(value).toString(),
});

/** A whole number as graphql-scalars has it. Rows have many, and nearly all need no more than the check. */
const Integer = new GraphQLScalarType<number | string, number | string>({
  ...GraphQLSafeInt.toConfig(),
  serialize: (value) => (Number.isSafeInteger(value) ? Number(value) : GraphQLSafeInt.serialize(value)),
});

builder.addScalarType("DateTime", DateTime, { description: "An RFC 3339 instant in UTC." });
builder.addScalarType("Count", Integer, {
  description: "A whole number from 0 to 2^53 - 1; `Int` would overflow on token counts.",
});

builder.addScalarType("Difference", Integer, {
  description: "A whole number from -(2^53 - 1) to 2^53 - 1: the difference of two Counts.",
});

/** An instant as the DateTime scalar takes it. */
export function dateTime(instant: Instant): Date;
export function dateTime(instant: Instant | null): Date | null;
export function dateTime(instant: Instant | null): Date | null {
  return instant === null ? null : new Date(instant);
}

builder.queryType({
  description:
    "Queries about the organization's use of Claude. Every range is in UTC days; every amount is exact.",
});

const label = {
  type: GraphQLString,
  description: "Names the part in the answer. Each label is used once; variables are not allowed.",
};

/** The directives by which a client asks for an answer in parts. They need no resolver: see `executeInParts`. */
const DELIVERY = [
  new GraphQLDirective({
    ...GraphQLDeferDirective.toConfig(),
    description:
      "Delivers a fragment after the rest of the answer, so that slow fields do not hold up the others. For clients that accept `multipart/mixed` or `text/event-stream`; others receive the whole answer at once.",
    args: {
      if: {
        type: new GraphQLNonNull(GraphQLBoolean),
        defaultValue: true,
        description: "False: the fragment comes with the rest.",
      },
      label,
    },
  }),
  new GraphQLDirective({
    ...GraphQLStreamDirective.toConfig(),
    description:
      "Delivers the items of a list after the rest of the answer, as they become ready. For clients that accept `multipart/mixed` or `text/event-stream`; others receive the whole answer at once.",
    args: {
      if: {
        type: new GraphQLNonNull(GraphQLBoolean),
        defaultValue: true,
        description: "False: all items come with the rest.",
      },
      label,
      initialCount: {
        type: new GraphQLNonNull(GraphQLInt),
        defaultValue: 0,
        description: "Number of items that come with the rest.",
      },
    },
  }),
];

/** Builds the schema of all that is defined so far. */
export function buildSchema(): GraphQLSchema {
  const schema = builder.toSchema({
    directives: [...specifiedDirectives, ...DELIVERY],
  });
  // As `assumeValid` does: a test validates it, and the first question need not wait for that.
  schema.__validationErrors = [];
  return schema;
}
