import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isUnionType,
} from "graphql";
import { schema } from "../../schema/index.ts";

/**
 * Everything that can be selected below a type: of objects met inside another object with an id, only what they say themselves;
 * of lists inside a row, only those of the row that was asked for.
 */
export function selectionOf(type: GraphQLNamedType, nodes = 0, lists = false): string {
  if (isUnionType(type)) {
    return `__typename ${type
      .getTypes()
      .map((each) => `... on ${each.name} { ${fieldsOf(each, nodes, lists)} }`)
      .join(" ")}`;
  }
  return isObjectType(type) || isInterfaceType(type) ? fieldsOf(type as GraphQLObjectType, nodes, lists) : "";
}

function fieldsOf(type: GraphQLObjectType, above: number, lists: boolean): string {
  const nodes = above + Number(type.getInterfaces().some(({ name }) => name === "Node"));
  const selections = Object.values(type.getFields()).flatMap((field) => {
    const named = getNamedType(field.type);
    if (isLeafType(named)) return [field.name];
    if (nodes > 1) return [];
    const rows = isObjectType(named) ? rowsOf(named) : undefined;
    if (rows === undefined) return [`${field.name} { ${selectionOf(named, nodes)} }`];
    return lists ? [`${field.name} { nodes { ${selectionOf(rows, nodes)} } }`] : [];
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
  const freshness = isObjectType(type) && type.getFields().freshness ? "freshness { refreshedAt }" : "";
  return `{ ${call} { nodes { ${selectionOf(rows, 0, true)} } ${freshness} } }`;
}

/** What a list is of; it says its rows twice, with cursors and without. */
function rowsOf(type: GraphQLObjectType): GraphQLNamedType | undefined {
  const nodes = type.getFields().nodes;
  return nodes && getNamedType(nodes.type);
}
