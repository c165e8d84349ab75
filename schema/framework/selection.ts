import { pathToArray } from "@graphql-tools/utils";
import type { GraphQLField, GraphQLResolveInfo } from "graphql";
import type { Context } from "../../src/context.ts";
import { badInput } from "../../src/errors.ts";
import { selectedFieldAt } from "../../src/planning/operation.ts";
import { fieldPlanOf, type Requires } from "../../src/planning/plan.ts";
import type { SelectedField } from "../../src/planning/selected-field.ts";
import { requirePermission } from "./permission.ts";

/** Dimensions with groups that are or can be one person, and for which no number of people is known. */
const OF_FEW: readonly string[] = [
  "USER",
  "ACTOR",
  "API_KEY",
  "GROUP",
  "SLACK_CHANNEL",
  "TERMINAL",
  "MODEL_SET",
  "CLAUDE_TAG_USER",
  "SESSION",
  "USER_PROFILE",
];

/** The permissions that splitting rows by a dimension requires, or keeping some of its values. */
export function requiredBy(dimension: string): Requires {
  return OF_FEW.includes(dimension) ? ["individuals"] : [];
}

/** The values of an enum of dimensions, each with what it requires; `demandDimensions` holds questions to that. */
export function dimensions<Values extends Readonly<Record<string, { readonly description: string }>>>(
  values: Values,
): { [D in keyof Values]: Values[D] & { requires: Requires } } {
  const requiring = Object.entries(values).map(([name, value]) => [
    name,
    { ...value, requires: requiredBy(name) },
  ]);
  return Object.fromEntries(requiring);
}

/** Throws FORBIDDEN where rows would be of people one by one, and the viewer sees none of them so. */
export function requireDimensions(ctx: Context, split: readonly string[], narrowed: readonly string[]): void {
  for (const name of split) requirePermission(ctx, requiredBy(name)[0], `\`groupBy: [${name}]\``);
  for (const name of narrowed) requirePermission(ctx, requiredBy(name)[0], `A filter by ${name}`);
}

/** A field of a dimension: null, with a warning, on rows that are not grouped by it; see `warnUngrouped`. */
export function splitBy(dimension: string, description: string) {
  return {
    nullable: true,
    description: `${description} Null, with a warning, unless rows are grouped by ${dimension}.`,
    dimension,
  } as const;
}

/** A measure that is of several groups at once is not split among them, and adding it up would count it once for each. */
export function refuseHidden(ctx: Context, info: GraphQLResolveInfo, split: readonly string[]): void {
  const hidden = fieldsOfRows(ctx, info).flatMap((field) => {
    const { hiddenBy } = fieldPlanOf(field);
    return hiddenBy === undefined || !split.includes(hiddenBy) ? [] : [{ name: field.name, hiddenBy }];
  });
  if (hidden.length === 0) return;
  const names = hidden.map(({ name }) => `\`${name}\``).join(", ");
  const dimensions = [...new Set(hidden.map(({ hiddenBy }) => hiddenBy))].join(", ");
  throw badInput(
    `${names}: not split by ${dimensions}, since one piece of work can be of several; remove ${dimensions} from \`groupBy\`, or remove the field.`,
  );
}

/**
 * Warns of selected fields for dimensions that the rows are not grouped by. They are null instead of an error: a shared fragment
 * or a generic client selects them in every list, and null alone would read like a group without a value.
 */
export function warnUngrouped(ctx: Context, info: GraphQLResolveInfo, groupedBy: readonly string[]): void {
  const missing = fieldsOfRows(ctx, info).flatMap((field) => {
    const { dimension } = fieldPlanOf(field);
    return dimension === undefined || groupedBy.includes(dimension) ? [] : [{ name: field.name, dimension }];
  });
  if (missing.length === 0) return;
  const fields = missing.map(({ name }) => name);
  const dimensions = [...new Set(missing.map(({ dimension }) => dimension))];
  ctx.warn({
    code: "NOT_GROUPED_BY",
    message: `${fields.map((name) => `\`${name}\``).join(", ")}: null, since rows are not grouped by it; add ${dimensions.join(", ")} to \`groupBy\`.`,
    path: pathToArray(info.path),
    fields,
    dimensions,
  });
}

/** Warns of figures that can lack those of some children of a parent organization; null: nothing is known to be missing. */
export function warnChildren(ctx: Context, info: GraphQLResolveInfo, leftOut: string | null): void {
  if (leftOut !== null)
    ctx.warn({ code: "CHILDREN_LEFT_OUT", message: leftOut, path: pathToArray(info.path) });
}

/** The fields that are selected of the rows of the connection being resolved, through `nodes` or `edges`. */
function fieldsOfRows(ctx: Context, info: GraphQLResolveInfo): GraphQLField<unknown, unknown>[] {
  const connection = [selectedFieldAt(ctx, info)];
  const rows = [...below(connection, "nodes"), ...below(below(connection, "edges"), "node")];
  return [...new Set(rows.flatMap(({ fieldsBelow }) => fieldsBelow).map(({ field }) => field))];
}

function below(fields: readonly SelectedField[], name: string): readonly SelectedField[] {
  return fields.flatMap(({ fieldsBelow }) => fieldsBelow).filter(({ field }) => field.name === name);
}
