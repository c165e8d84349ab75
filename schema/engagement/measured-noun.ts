import type { FieldMap, InterfaceFieldsShape, ObjectFieldsShape } from "@pothos/core";
import type { Context } from "../../src/context.ts";
import { builder, nodeLoader } from "../framework/builder.ts";
import { engagementOrder, type OrderMeasure } from "../framework/order.ts";
import { enterpriseArg, ofEnterprise } from "../framework/organization.ts";
import { type ComparedField, comparisonField, different } from "./comparison.ts";
import { EngagementFilter } from "./filter.ts";
import { engagementArgs } from "./list.ts";
import {
  type ListArgs,
  listMeasured,
  loadMeasured,
  type MeasuredKind,
  type MeasuredRow,
  measuredId,
  measuredLookup,
  measuredRequests,
  type UsedBy,
  type Wording,
} from "./measured-thing.ts";
import { type PartRows, partFields } from "./parts.ts";
import { type UseOptions, useFields } from "./use.ts";

type Types = typeof builder.$inferSchemaTypes;

/** Particulars of one kind of thing that people use. */
export interface MeasuredNoun<Row extends UsedBy> extends Wording, MeasuredKind<Row> {
  readonly description: string;
  /** The list, as the query field and its connection describe it. */
  readonly listed: { readonly query: string; readonly connection: string };
  /** The column that upstream orders the list by, and how descriptions call it. */
  readonly column: { readonly field: "NAME" | "PROJECT_ID"; readonly called: string };
  /** The measures of any part of its use, which all its types share. */
  readonly figures: {
    readonly description: string;
    readonly fields: InterfaceFieldsShape<Types, Row>;
  };
  /** The fields of the thing itself. */
  readonly fields: ObjectFieldsShape<Types, MeasuredRow<Row>>;
  /** Orders of its lists, beside `column` and the people who used it. */
  readonly measures: Readonly<Record<string, OrderMeasure<MeasuredRow<Row>>>>;
  readonly parts: PartRows<Row>;
  /** Measures that can be compared with another period, beside the people who used it. */
  readonly comparison: {
    readonly description: string;
    readonly fields: Readonly<Record<string, ComparedField<Row>>>;
  };
  /** Who used it; left out where upstream does not list it by person. */
  readonly uses?: UseOptions<Row>;
}

/** Defines a kind of thing that people use: its node, its list, its parts, its comparison and who used it. */
export function measuredNoun<Row extends UsedBy>(options: MeasuredNoun<Row>) {
  const { noun, verb, listed, column, ownOf, uses } = options;
  const sources = [options.endpoint.dataset];
  const usedBy = { USERS: { description: `Different people who ${verb} it.`, of: usersOf } };
  const order = engagementOrder<MeasuredRow<Row>>(
    noun,
    { field: column.field, description: `By ${column.called}.` },
    { ...usedBy, ...options.measures },
  );
  type Args = ListArgs<Row> & { readonly orderBy?: typeof order.input.$inferInput | null | undefined };
  const ordered = (args: Args, ctx: Context): ListArgs<Row> => ({
    ...args,
    order: order.orderOf(args.orderBy, ctx),
  });

  // One person's use has no number of people: there, it is measured of the thing and its parts alone.
  const users = `Different people who ${verb} it. Recounted exactly over the range; not additive.`;
  const figures = builder.interfaceRef<Row>(`${noun}Figures`).implement({
    description: options.figures.description,
    fields: (t): FieldMap => ({
      ...(uses === undefined && {
        users: t.field({ type: "Count", nullable: true, description: users, resolve: usersOf }),
      }),
      ...options.figures.fields(t),
    }),
  });

  const thing = builder.objectRef<MeasuredRow<Row>>(noun);
  const node = builder.node(thing, {
    description: options.description,
    sources,
    id: { resolve: (row, _args, ctx) => measuredId(ctx, row, ownOf(row)) },
    lookup: measuredLookup(options),
    loadOne: nodeLoader(noun, (id, ctx) => loadMeasured(ctx, options, id)),
    fields: (t) => ({
      ...(uses !== undefined && {
        users: t.field({ type: "Count", nullable: true, description: users, resolve: usersOf }),
      }),
      ...options.fields(t),
    }),
  });
  node.addInterfaces([figures]);

  const connection = builder.connectionObject(
    { type: node, name: `${noun}Connection`, description: listed.connection },
    { name: `${noun}Edge`, description: `A ${noun.toLowerCase()} and its cursor.` },
  );
  builder.queryField(options.field, (t) =>
    t.field({
      requires: ["activity:read"],
      type: connection,
      nullable: true,
      description: `${listed.query}, by ${column.called} by default. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_*, UPSTREAM_*.`,
      sources,
      args: {
        filter: t.arg({ type: EngagementFilter, description: "Use to include." }),
        orderBy: t.arg({
          type: order.input,
          description: `Sort order; by default by ${column.called}.`,
        }),
        ...enterpriseArg,
        ...engagementArgs,
      },
      ...ofEnterprise(`${options.field}`),
      requests: ({ args }, ctx) => measuredRequests(ctx, options, ordered(args, ctx)),
      resolve: (_root, args, ctx) => listMeasured(ctx, options, ordered(args, ctx)),
    }),
  );

  partFields(node, figures, options, uses !== undefined);
  comparisonField(node, options, {
    users: different(`Different people who ${verb} it.`, usersOf),
    ...options.comparison.fields,
  });
  if (uses !== undefined) useFields(node, figures, options, uses);
  return node;
}

function usersOf({ users }: UsedBy): number {
  return users;
}
