import {
  type ASTNode,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  isObjectType,
  Kind,
  parse,
  print,
  printSchema,
} from "graphql";
import { isNode } from "../framework/visible.ts";
import { keysOf } from "./entities.ts";

/** The field by which the gateway of a supergraph reads the schema: it shows as much as introspection does. */
export const SERVICE_FIELD = "_service";

export const ENTITIES_FIELD = "_entities";

/** Parts of the subgraph that its text leaves out: every subgraph has them (Subgraph specification). */
const IMPLIED: readonly string[] = [SERVICE_FIELD, ENTITIES_FIELD, "_Any", "_Entity", "_Service"];

/**
 * Without being declared, linked and composed, composition rejects `@oneOf` as unknown, or takes it off the inputs of the supergraph,
 * which would then pass on ranges that state two things.
 */
const HEAD = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@composeDirective", "@key", "@shareable"])
  @link(url: "https://specs.graphql.org/oneOf/v1.0", import: ["@oneOf"])
  @composeDirective(name: "@oneOf")

directive @oneOf on INPUT_OBJECT
`;

const texts = new WeakMap<GraphQLSchema, string>();

/** The schema of the subgraph in its own language: the part of it that a viewer may query, with the keys of its entities. */
export function subgraphText(visible: GraphQLSchema): string {
  return texts.getOrInsertComputed(visible, () => {
    const document = parse(printSchema(visible), { noLocation: true });
    const definitions = document.definitions
      // Directives of operations concern the gateway of the supergraph, which has its own.
      .filter((each) => isStated(each) && each.kind !== Kind.DIRECTIVE_DEFINITION)
      .map((each) => marked(each, visible));
    return `${HEAD}\n${print({ ...document, definitions } satisfies DocumentNode)}\n`;
  });
}

function isStated(node: ASTNode): boolean {
  return !(
    "name" in node &&
    node.name !== undefined &&
    "value" in node.name &&
    IMPLIED.includes(node.name.value)
  );
}

/** A definition with the directives of federation. */
function marked(definition: DefinitionNode, schema: GraphQLSchema): DefinitionNode {
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return definition;
  const { name, fields = [], directives = [] } = definition;
  const added = [
    // Every subgraph with Relay's connections has this one.
    ...(name.value === "PageInfo" ? ["@shareable"] : []),
    ...keysShown(name.value, schema).map((field) => `@key(fields: "${field}")`),
  ];
  return {
    ...definition,
    fields: fields.filter(isStated),
    directives: [...directives, ...added.map(directive)],
  };
}

/** The keys of a type that a viewer may use: none where its objects cannot be looked up. */
function keysShown(typename: string, schema: GraphQLSchema): readonly string[] {
  const type = schema.getType(typename);
  if (!isObjectType(type) || !isNode(type)) return [];
  const fields = type.getFields();
  return keysOf(typename).filter((key) => fields[key] !== undefined);
}

function directive(text: string): ConstDirectiveNode {
  const [definition] = parse(`type T ${text}`, { noLocation: true }).definitions;
  const made = definition?.kind === Kind.OBJECT_TYPE_DEFINITION ? definition.directives?.[0] : undefined;
  if (made === undefined) throw new Error(`${text} is not a directive`);
  return made;
}
