import type { Context } from "../../src/context.ts";
import type { Decimal } from "../../src/domain/decimal.ts";
import type { Scope } from "../../src/domain/viewer.ts";
import { builder } from "./builder.ts";
import { requirePermission } from "./permission.ts";

export const OrderDirectionEnum = builder.enumType("OrderDirection", {
  description: "Direction of an order.",
  values: {
    ASC: { description: "The smallest, the earliest or the first by letter." },
    DESC: { description: "The largest, the latest or the last by letter." },
  },
});

/** How a list is ordered, where it is not by its own column from the front. */
export interface NodeOrder<Node> {
  readonly field: string;
  readonly descending: boolean;
  /** Null: by the list's own column, which upstream keeps. */
  readonly measure: Measure<Node> | null;
}

/** Measure that rows are ranked by; null where it was not measured. */
export type Measure<Node> = (node: Node) => number | Decimal | null;

/** A measure that a list can be ordered by, and the scope it takes to see it. */
export interface OrderMeasure<Node> {
  readonly description: string;
  readonly of: Measure<Node>;
  readonly scope?: Scope;
}

/** Orders of one list: its own column, and measures, for which the names that upstream takes are not published. */
export function engagementOrder<Node>(
  noun: "User" | "Project" | "Skill" | "Connector" | "Plugin",
  own: { readonly field: string; readonly description: string },
  measures: Readonly<Record<string, OrderMeasure<Node>>>,
) {
  const Field = builder.enumType(`${noun}OrderField`, {
    description: "Orders of the list.",
    values: {
      [own.field]: { description: `${own.description} A page costs no more than its rows.`, requires: [] },
      ...Object.fromEntries(
        Object.entries(measures).map(([field, { description, scope }]) => [
          field,
          {
            description: `${description} Reads the whole list.`,
            requires: scope === undefined ? [] : [scope],
          },
        ]),
      ),
    },
  });
  const input = builder.inputType(`${noun}Order`, {
    description: `Sort order. Upstream sorts by ${own.field}. For a measure the gateway reads the whole list, at one upstream request per 1,000 rows, and ranks it; rows without the measure come last, and ties are ordered by id.`,
    fields: (t) => ({
      field: t.field({ type: Field, required: true, description: "Field or measure to order by." }),
      direction: t.field({
        type: OrderDirectionEnum,
        description: `By default ASC for ${own.field} and DESC for measures.`,
      }),
    }),
  });
  const orderOf = (
    requested: typeof input.$inferInput | null | undefined,
    ctx: Context,
  ): NodeOrder<Node> | undefined => {
    if (!requested) return undefined;
    const { of: measure = null, scope } = measures[requested.field] ?? {};
    requirePermission(ctx, scope, `\`orderBy: { field: ${requested.field} }\``);
    const descending = (requested.direction ?? (measure === null ? "ASC" : "DESC")) === "DESC";
    return measure === null && !descending ? undefined : { field: requested.field, descending, measure };
  };
  return { input, orderOf };
}
