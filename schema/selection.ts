import { collectSubFields } from "@graphql-tools/utils";
import { type GraphQLField, type GraphQLResolveInfo, getNamedType, isObjectType } from "graphql";
import type { Context } from "../src/context.ts";
import { badInput } from "../src/errors.ts";
import { asks, demand } from "./demand.ts";

/** Dimensions whose groups are of one person, or can be, and nobody tells of how many. */
const OF_FEW: readonly string[] = [
  "USER",
  "ACTOR",
  "API_KEY",
  "GROUP",
  "SLACK_CHANNEL",
  "TERMINAL",
  "CLAUDE_TAG_USER",
  "SESSION",
  "USER_PROFILE",
];

/** What splitting by a dimension asks of the viewer, or keeping some of its values. */
export function asksOfDimension(name: string): ReturnType<typeof asks> {
  return asks(OF_FEW.includes(name) ? "individuals" : undefined);
}

/** The values of an enum of dimensions, each with what it asks of the viewer; `demandDimensions` holds questions to that. */
export function dimensions<Values extends Readonly<Record<string, { readonly description: string }>>>(
  values: Values,
): { [D in keyof Values]: Values[D] & { extensions: Record<string, unknown> } } {
  const asking = Object.entries(values).map(([name, value]) => [
    name,
    { ...value, extensions: asksOfDimension(name) },
  ]);
  return Object.fromEntries(asking);
}

/** Throws FORBIDDEN where rows would be of people one by one, and the viewer sees none of them so. */
export function demandDimensions(ctx: Context, split: readonly string[], narrowed: readonly string[]): void {
  for (const name of split) demand(ctx, asksOfDimension(name).asks?.[0], `\`groupBy: [${name}]\``);
  for (const name of narrowed) demand(ctx, asksOfDimension(name).asks?.[0], `A filter by ${name}`);
}

/** A field that has something to say only where rows are split by the dimension; `refuseUnsplit` holds queries to that. */
export function splitBy(dimension: string, description: string, extensions: object = {}) {
  return {
    nullable: true,
    description: `${description} Group by ${dimension}.`,
    extensions: { ...extensions, dimension },
  } as const;
}

/** A measure that is not told apart by the dimension; `refuseUntold` holds queries to that. */
export function untoldBy(dimension: string) {
  return { extensions: { untoldBy: dimension } } as const;
}

/** A measure that is of several groups at once is not split among them, and adding it up would count it once for each. */
export function refuseUntold(info: GraphQLResolveInfo, split: readonly string[]): void {
  const untold = fieldsOfRows(info).filter(({ extensions }) => split.includes(String(extensions.untoldBy)));
  if (untold.length === 0) return;
  const names = untold.map(({ name }) => `\`${name}\``).join(", ");
  const dimensions = [...new Set(untold.map(({ extensions }) => String(extensions.untoldBy)))].join(", ");
  throw badInput(
    `${names}: not told apart by ${dimensions}, and one piece of work can be of several; leave ${dimensions} out of \`groupBy\`, or leave the field out.`,
  );
}

/** A dimension that rows are not split by would read like one without a value. */
export function refuseUnsplit(info: GraphQLResolveInfo, split: readonly string[]): void {
  const missing = fieldsOfRows(info).flatMap(({ name, extensions }) => {
    const { dimension } = extensions;
    return typeof dimension !== "string" || split.includes(dimension) ? [] : [{ name, dimension }];
  });
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => `\`${name}\``).join(", ");
  const dimensions = [...new Set(missing.map(({ dimension }) => dimension))].join(", ");
  throw badInput(
    `${names}: the rows are not split by that; add ${dimensions} to \`groupBy\`, or leave the field out.`,
  );
}

/**
 * The fields a query selects of the rows of the connection it resolves, by whichever way: `nodes` or `edges`, under an alias,
 * in a fragment, and not where a directive leaves them out.
 */
function fieldsOfRows(info: GraphQLResolveInfo): GraphQLField<unknown, unknown>[] {
  const connection = below(info, [{ type: info.returnType, nodes: info.fieldNodes }]);
  const edges = below(info, connection.filter(named("edges")));
  const rows = [...connection.filter(named("nodes")), ...edges.filter(named("node"))];
  return [...new Set(below(info, rows).map(({ field }) => field))];
}

type Level = Pick<GraphQLField<unknown, unknown>, "type"> & {
  readonly nodes: GraphQLResolveInfo["fieldNodes"];
};
type Selected = Level & { readonly field: GraphQLField<unknown, unknown> };

function below(info: GraphQLResolveInfo, levels: readonly Level[]): Selected[] {
  const { schema, fragments, variableValues } = info;
  return levels.flatMap(({ type: wrapped, nodes }) => {
    const type = getNamedType(wrapped);
    if (!isObjectType(type)) return [];
    const { fields } = collectSubFields(schema, fragments, variableValues, type, [...nodes]);
    return [...fields.values()].flatMap((selected) => {
      const field = type.getFields()[selected[0]?.name.value ?? ""];
      return field === undefined ? [] : [{ field, type: field.type, nodes: selected }];
    });
  });
}

function named(name: string): (selected: Selected) => boolean {
  return ({ field }) => field.name === name;
}
