import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from "graphql";
import { schema } from "../../schema/index.ts";
import { fieldPlanOf } from "../../src/planning/plan.ts";

/** Two ranges that figures of an identity are asked for in one query. */
export const RANGES = {
  a: `range: { between: { from: "2026-10-05", until: "2026-10-08" } }`,
  b: `range: { between: { from: "2026-10-12", until: "2026-10-14" } }`,
} as const;

export function isNode(type: GraphQLNamedType): type is GraphQLObjectType {
  return isObjectType(type) && type.getInterfaces().some(({ name }) => name === "Node");
}

/** The types that clients keep by id. */
export const NODE_TYPES = Object.values(schema.getTypeMap()).filter(isNode);

/** The fields that lead to one of them, as `Type.field`. */
export const FIELDS_TO_NODES = Object.values(schema.getTypeMap()).flatMap((type) =>
  isObjectType(type) && !type.name.startsWith("__") && !type.name.endsWith("Edge")
    ? Object.values(type.getFields())
        .filter((field) => isNode(getNamedType(field.type)))
        .map((field) => `${type.name}.${field.name}`)
    : [],
);

/** How far below nodes a selection goes: of a node inside a node what it says itself, of one inside that its id. */
const DEPTH = 2;

/**
 * All that can be selected below a root field, as a client with a normalized cache selects it: with `__typename` and `id` everywhere,
 * and each figure of an identity over two ranges. The fields to nodes that it takes are added to `taken`.
 */
export function wholeQuery(call: string, taken = new Set<string>()): string {
  const field = schema.getQueryType()?.getFields()[/^\w+/.exec(call)?.[0] ?? ""];
  if (field === undefined) throw new Error(`no such root field: ${call}`);
  if (isNode(getNamedType(field.type))) taken.add(`Query.${field.name}`);
  const split = /groupBy: \[(.*?)\]/.exec(call)?.[1]?.split(", ") ?? [];
  return `{ ${call} { ${below(getNamedType(field.type), split, 0, taken)} } }`;
}

/** All that can be selected of a node found by id, as `wholeQuery` selects it below so many other ones. */
export function wholeNode({ name }: GraphQLObjectType, above: number): string {
  const type = schema.getType(name);
  if (type === undefined) throw new Error(`no such type: ${name}`);
  return below(type, [], above, new Set());
}

function below(type: GraphQLNamedType, split: readonly string[], above: number, taken: Set<string>): string {
  if (isUnionType(type)) {
    const kinds = type
      .getTypes()
      .map((kind) => `... on ${kind.name} { ${below(kind, split, above, taken)} }`);
    return `__typename ${kinds.join(" ")}`;
  }
  if (!isObjectType(type)) throw new Error(`${type.name} has no fields`);
  const nodes = above + Number(isNode(type));
  const fields = Object.values(type.getFields()).filter((field) => {
    const { dimension } = fieldPlanOf(field);
    return dimension === undefined || split.includes(dimension);
  });
  const chosen = nodes > DEPTH ? fields.filter(({ name }) => name === "id") : fields;
  return ["__typename", ...chosen.flatMap((field) => selected(type, field, split, nodes, taken))].join(" ");
}

function selected(
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  split: readonly string[],
  nodes: number,
  taken: Set<string>,
): string[] {
  const named = getNamedType(field.type);
  // Rows are read by `nodes`; a list that pages inside of a node inside of a node is more than anybody asks.
  if (field.name === "edges" || (nodes >= DEPTH && field.args.length > 0)) return [];
  if (isNode(named)) taken.add(`${type.name}.${field.name}`);
  const inner = isLeafType(named) ? "" : ` { ${below(named, split, nodes, taken)} }`;
  const first = field.args.some(({ name }) => name === "first") ? ["first: 2"] : [];
  if (!field.args.some((arg) => arg.name === "range" && isRequiredArgument(arg)))
    return [`${field.name}${first.length > 0 ? `(${first})` : ""}${inner}`];
  return Object.entries(RANGES).map(
    ([alias, range]) => `${field.name}_${alias}: ${field.name}(${[range, ...first].join(", ")})${inner}`,
  );
}
