import { MapperKind, mapSchema, pruneSchema } from "@graphql-tools/utils";
import {
  type GraphQLArgumentConfig,
  type GraphQLFieldConfig,
  type GraphQLInputType,
  GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
} from "graphql";
import type { Permits } from "../src/domain/viewer.ts";
import { asksById, asksFor, isOpen, type Part } from "./demand.ts";

/**
 * The schema as a viewer may ask it: without the fields, arguments and values of enums that ask for more than is permitted, and
 * without the types that nothing left leads to. Where nothing is left out it is the schema itself. It says what there is; it is
 * not for running questions. Made once for each set of permits, of which there are few.
 */
export function visibleSchemas(schema: GraphQLSchema): (permits: Permits) => GraphQLSchema {
  const made = new Map<string, GraphQLSchema>();
  return (permits) => {
    const key = Object.entries(permits)
      .flatMap(([name, isHeld]) => (isHeld ? [name] : []))
      .sort()
      .join(" ");
    const known = made.get(key) ?? visible(schema, permits);
    made.set(key, known);
    return known;
  };
}

function visible(schema: GraphQLSchema, permits: Permits): GraphQLSchema {
  let isWhole = true;
  const shows = (isOpenToViewer: boolean): boolean => {
    isWhole &&= isOpenToViewer;
    return isOpenToViewer;
  };
  const isShown = (part: Part): boolean => shows(isOpen(asksFor(part), permits));

  // Values of enums go in a pass of their own, after the defaults that name them.
  const asked = mapSchema(schema, {
    [MapperKind.OBJECT_TYPE]: (type) =>
      type.getInterfaces().some(({ name }) => name === "Node") && !shows(isOpen(asksById(type), permits))
        ? withoutNode(type)
        : undefined,
    [MapperKind.COMPOSITE_FIELD]: (field) => (isShown(field) ? withArguments(field) : null),
  });
  const values = mapSchema(asked, {
    [MapperKind.INPUT_OBJECT_FIELD]: (field) => (isShown(field) ? undefined : null),
    [MapperKind.ENUM_VALUE]: (value) => (isShown(value) ? undefined : null),
  });
  return isWhole ? schema : pruneSchema(values);

  function withArguments(field: GraphQLFieldConfig<unknown, unknown>): GraphQLFieldConfig<unknown, unknown> {
    const shown = Object.entries(field.args ?? {}).filter(([, arg]) => isShown(arg));
    return { ...field, args: Object.fromEntries(shown.map(([name, arg]) => [name, withDefault(arg)])) };
  }

  /** Who may not learn of the default has to say something else. */
  function withDefault({ defaultValue, ...arg }: GraphQLArgumentConfig): GraphQLArgumentConfig {
    const isRefused = [defaultValue].flat().some((value) => !isValueOpen(arg.type, value));
    return isRefused || defaultValue === undefined ? arg : { ...arg, defaultValue };
  }

  function isValueOpen(type: GraphQLInputType, value: unknown): boolean {
    const named = getNamedType(type);
    const member = isEnumType(named) ? named.getValues().find((each) => each.value === value) : undefined;
    return member === undefined || isOpen(asksFor(member), permits);
  }
}

/** Not among what `node` finds. */
function withoutNode(type: GraphQLObjectType): GraphQLObjectType {
  const { interfaces, ...config } = type.toConfig();
  return new GraphQLObjectType({ ...config, interfaces: interfaces.filter(({ name }) => name !== "Node") });
}
