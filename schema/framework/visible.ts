import { MapperKind, mapSchema, pruneSchema } from "@graphql-tools/utils";
import {
  type GraphQLArgumentConfig,
  type GraphQLFieldConfig,
  type GraphQLInputType,
  GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from "graphql";
import { once } from "../../src/domain/once.ts";
import type { Permissions } from "../../src/domain/viewer.ts";
import type { SchemaPart } from "../../src/planning/permissions.ts";
import { isGranted, requirementsById, requirementsOf } from "../../src/planning/permissions.ts";
import type { Requires } from "../../src/planning/plan.ts";

/** The part of the schema that a viewer may read. */
export interface Visible {
  /** True if nothing is left out. */
  readonly isComplete: boolean;
  /**
   * The schema as they may ask it: without the fields, arguments and values of enums that ask for more than is permitted, and
   * without the types that nothing left leads to. Where nothing is left out it is the schema itself. It says what there is; it is
   * not for running questions.
   */
  readonly schema: GraphQLSchema;
}

/** Computes the visible schema once for each set of permissions, of which there are few, and only when it is read. */
export function visibleSchemas(schema: GraphQLSchema): (permissions: Permissions) => Visible {
  const known = new Map<string, Visible>();
  return (permissions) => {
    const key = Object.entries(permissions)
      .flatMap(([name, isHeld]) => (isHeld ? [name] : []))
      .sort()
      .join(" ");
    const visible = known.get(key) ?? visibleTo(permissions, schema);
    known.set(key, visible);
    return visible;
  };
}

function visibleTo(permissions: Permissions, schema: GraphQLSchema): Visible {
  const isComplete = requirementsIn(schema).every((required) => isGranted(required, permissions));
  const visible = once(() => (isComplete ? schema : withoutRefused(schema, permissions)));
  return {
    isComplete,
    get schema() {
      return visible();
    },
  };
}

/** The requirements of each part of the schema. */
function requirementsIn(schema: GraphQLSchema): (Requires | null)[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    if (isEnumType(type)) return type.getValues().map(requirementsOf);
    if (isInputObjectType(type)) return Object.values(type.getFields()).map(requirementsOf);
    if (!isObjectType(type) && !isInterfaceType(type)) return [];
    const parts = Object.values(type.getFields()).flatMap((field) =>
      [field, ...field.args].map(requirementsOf),
    );
    return isObjectType(type) && isNode(type) ? [requirementsById(type), ...parts] : parts;
  });
}

function withoutRefused(schema: GraphQLSchema, permissions: Permissions): GraphQLSchema {
  const isShown = (part: SchemaPart): boolean => isGranted(requirementsOf(part), permissions);

  // Values of enums go in a pass of their own, after the defaults that name them.
  const requested = mapSchema(schema, {
    [MapperKind.OBJECT_TYPE]: (type) =>
      isNode(type) && !isGranted(requirementsById(type), permissions) ? withoutNode(type) : undefined,
    [MapperKind.COMPOSITE_FIELD]: (field) => (isShown(field) ? withArguments(field) : null),
  });
  const values = mapSchema(requested, {
    [MapperKind.INPUT_OBJECT_FIELD]: (field) => (isShown(field) ? undefined : null),
    [MapperKind.ENUM_VALUE]: (value) => (isShown(value) ? undefined : null),
  });
  return pruneSchema(values);

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
    return member === undefined || isGranted(requirementsOf(member), permissions);
  }
}

/** True for a type of objects that `node` finds. */
export function isNode(type: GraphQLObjectType): boolean {
  return type.getInterfaces().some(({ name }) => name === "Node");
}

/** Not among what `node` finds. */
function withoutNode(type: GraphQLObjectType): GraphQLObjectType {
  const { interfaces, ...config } = type.toConfig();
  return new GraphQLObjectType({ ...config, interfaces: interfaces.filter(({ name }) => name !== "Node") });
}
