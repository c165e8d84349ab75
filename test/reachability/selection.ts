import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from "graphql";
import { schema } from "../../schema/index.ts";
import { fieldPlanOf } from "../../src/planning/plan.ts";
import { CONSOLE_COST_NAMES } from "../../src/upstream/endpoints/console-cost.ts";

/** The day that every question is about. */
export const DAY = `range: { between: { from: "2026-11-20", until: "2026-11-21" } }`;

/**
 * Everything that can be selected below a type: of objects met inside another object with an id, only what they say themselves;
 * of lists inside a row, only those of the row that was asked for; of dimensions, only those that rows are `splitBy`.
 */
function selectionOf(type: GraphQLNamedType, nodes = 0, lists = false, splitBy = ""): string {
  if (isUnionType(type)) {
    return `__typename ${type
      .getTypes()
      .map((each) => `... on ${each.name} { ${fieldsOf(each, nodes, lists, splitBy)} }`)
      .join(" ")}`;
  }
  return isObjectType(type) || isInterfaceType(type)
    ? fieldsOf(type as GraphQLObjectType, nodes, lists, splitBy)
    : "";
}

function fieldsOf(type: GraphQLObjectType, above: number, lists: boolean, splitBy: string): string {
  const nodes = above + Number(type.getInterfaces().some(({ name }) => name === "Node"));
  const selections = Object.values(type.getFields()).flatMap((field) => {
    const { dimension } = fieldPlanOf(field);
    if (typeof dimension === "string" && !splitBy.split(", ").includes(dimension)) return [];
    const named = getNamedType(field.type);
    if (isLeafType(named)) return [field.name];
    if (nodes > 1) return [];
    const called = field.args.some(isRequiredArgument) ? `${field.name}(${DAY})` : field.name;
    const rows = isObjectType(named) ? rowsOf(named) : undefined;
    if (rows === undefined) return [`${called} { ${selectionOf(named, nodes)} }`];
    return lists ? [`${called} { nodes { ${selectionOf(rows, nodes)} } }`] : [];
  });
  return selections.join(" ");
}

/** The whole answer of a root field. */
export function wholeQuery(call: string): string {
  const name = /^\w+/.exec(call)?.[0] ?? "";
  const field = schema.getQueryType()?.getFields()[name];
  if (field === undefined) throw new Error(`no such root field: ${name}`);
  const type = getNamedType(field.type);
  const rows = isObjectType(type) ? rowsOf(type) : undefined;
  if (rows === undefined) return `{ ${call} { ${selectionOf(type)} } }`;
  const groupBy = /groupBy: \[(.*?)\]/.exec(call)?.[1] ?? "";
  const splitBy = groupBy.replace(
    "DESCRIPTION",
    ["DESCRIPTION", ...CONSOLE_COST_NAMES.fills.DESCRIPTION].join(", "),
  );
  const freshness = isObjectType(type) && type.getFields().freshness ? "freshness { refreshedAt }" : "";
  // Limits name several people in a row, whose own fields are those of `users`.
  const above = name.startsWith("spendLimit") ? 1 : 0;
  return `{ ${call} { nodes { ${selectionOf(rows, above, true, splitBy)} } ${freshness} } }`;
}

/** What a list is of; it says its rows twice, with cursors and without. */
function rowsOf(type: GraphQLObjectType): GraphQLNamedType | undefined {
  const nodes = type.getFields().nodes;
  return nodes && getNamedType(nodes.type);
}
