import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
} from "graphql";
import { isPaged } from "./answer-types.ts";
import { matchOf, type Searched } from "./search-terms.ts";

/** A definition of the schema that a search can find. */
export interface SchemaEntry {
  /** As documents name it: `CostBucket.net`, `Query.cost(groupBy:)`, `Period.LAST_MONTH`. */
  readonly name: string;
  readonly description: string;
  /** The type to show it in. */
  readonly type: GraphQLNamedType;
  /** Null: it is a type or one of its values. */
  readonly field: GraphQLField<unknown, unknown> | null;
  /** True for a list that is also a file under /export/. */
  readonly isFile: boolean;
  readonly searched: readonly Searched[];
}

/** Types, fields, arguments and values of a schema. Fields of interfaces are left out: the types that have them are found. */
export function schemaEntries(schema: GraphQLSchema): readonly SchemaEntry[] {
  const query = schema.getQueryType();
  return Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type))
    .flatMap((type) => [
      entryOf(type.name, type.description, type, null, 6),
      ...partsOfType(type, type === query),
    ]);
}

function partsOfType(type: GraphQLNamedType, isRoot: boolean): readonly SchemaEntry[] {
  if (isEnumType(type))
    return type
      .getValues()
      .map(({ name, description }) => entryOf(`${type.name}.${name}`, description, type, null, 5, name));
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map(({ name, description }) =>
      entryOf(`${type.name}.${name}`, description, type, null, 5, name),
    );
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => {
    const name = `${type.name}.${field.name}`;
    const own = entryOf(name, field.description, type, field, isRoot ? 9 : 7, field.name);
    const isFile = isRoot && isPaged(getNamedType(field.type));
    return [
      isFile ? { ...own, isFile, searched: [...own.searched, ["csv file export", 6]] } : own,
      ...field.args.map((arg) => entryOf(`${name}(${arg.name}:)`, arg.description, type, field, 4, arg.name)),
    ];
  });
}

/** A name counts by its kind, the type around it and the description little. */
function entryOf(
  name: string,
  description: string | null | undefined,
  type: GraphQLNamedType,
  field: SchemaEntry["field"],
  weight: number,
  own = name,
): SchemaEntry {
  const text = description ?? "";
  return {
    name,
    description: text,
    type,
    field,
    isFile: false,
    searched: [[own, weight], ...(own === name ? [] : [[type.name, 2] as const]), [text, 3]],
  };
}

/** The definitions that a search finds, best first. */
export function foundEntries(entries: readonly SchemaEntry[], search: string): readonly SchemaEntry[] {
  return entries
    .map((entry) => ({ entry, match: matchOf(search, entry.searched) }))
    .filter(({ match }) => match > 0)
    .sort((a, b) => b.match - a.match || a.entry.name.length - b.entry.name.length)
    .map(({ entry }) => entry);
}
