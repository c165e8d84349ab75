import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type InputShapeFromFields,
  type PothosEnumValueConfig,
  type PothosInputFieldConfig,
  type PothosOutputFieldConfig,
  type PothosTypeConfig,
  type SchemaTypes,
  type TypeParam,
} from "@pothos/core";
import { defaultFieldResolver, type GraphQLFieldResolver } from "graphql";
import type { Context } from "../context.ts";
import type { Dataset } from "../domain/dataset.ts";
import { permissionsOf } from "../domain/viewer.ts";
import { isGranted, refusal } from "./permissions.ts";
import type {
  FieldPlan,
  FieldPlanOptions,
  IdentifyingFields,
  LookupOptions,
  Requires,
  Requiring,
  Sourced,
} from "./plan.ts";
import { withSources } from "./sources.ts";

const PLUGIN = "planning";

export default PLUGIN;

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      planning: PlanningPlugin<Types>;
    }

    export interface FieldOptions<
      Types extends SchemaTypes = SchemaTypes,
      ParentShape = unknown,
      Type extends TypeParam<Types> = TypeParam<Types>,
      Nullable extends FieldNullability<Type> = FieldNullability<Type>,
      Args extends InputFieldMap = InputFieldMap,
      ResolveShape = unknown,
      ResolveReturnShape = unknown,
    > extends FieldPlanOptions<InputShapeFromFields<Args>> {}

    export interface ObjectTypeOptions<Types extends SchemaTypes = SchemaTypes, Shape = unknown>
      extends Requiring,
        Sourced {
      /** Finding one of its objects by id. */
      lookup?: LookupOptions;
      identifiedBy?: IdentifyingFields;
    }

    export interface UnionTypeOptions<Types extends SchemaTypes = SchemaTypes> {
      identifiedBy?: IdentifyingFields;
    }

    export interface InputFieldOptions extends Requiring, Sourced {}

    export interface EnumValueConfig<Types extends SchemaTypes> extends Requiring {}
  }
}

// The extensions that the plugin writes, with their types: readers need no cast.
declare module "graphql/type/definition.js" {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    plan?: FieldPlan;
  }
  interface GraphQLObjectTypeExtensions<_TSource, _TContext> {
    lookup?: LookupOptions | undefined;
    identifiedBy?: IdentifyingFields | undefined;
    requires?: Requires;
    sources?: readonly Dataset[];
  }
  interface GraphQLUnionTypeExtensions {
    identifiedBy?: IdentifyingFields | undefined;
  }
  interface GraphQLArgumentExtensions {
    requires?: Requires;
    sources?: readonly Dataset[];
  }
  interface GraphQLInputFieldExtensions {
    requires?: Requires;
  }
  interface GraphQLEnumValueExtensions {
    requires?: Requires;
  }
}

/**
 * Lets a field declare its upstream requests, sources, days and rows beside its resolver, typed by its arguments, and a part of
 * the schema its required permissions. Each is kept as a typed extension; see `fieldPlanOf`. Sources are appended to
 * descriptions.
 */
export class PlanningPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const { pothosOptions: options, description, resolve, args } = config;
    const { sources = [] } = options;
    const plan: FieldPlan = {
      context: options.context,
      contextOfItem: options.contextOfItem,
      requests: options.requests,
      range: options.range,
      finds: options.finds,
      maxRows: options.maxRows,
      readsAll: options.readsAll,
      dimension: options.dimension,
      hiddenBy: options.hiddenBy,
      nullBy: options.nullBy,
      ofOneDay: options.ofOneDay,
      lackedBy: options.lackedBy,
      declared: options.args ?? {},
      requires: options.requires ?? [],
      sources,
      // A resolver sees no more than it has parameters for.
      isOfObject:
        (resolve === undefined || resolve === defaultFieldResolver || resolve.length <= 1) &&
        Object.keys(args).length === 0,
    };
    return {
      ...config,
      description: withSources(description, sources),
      extensions: { ...config.extensions, plan },
    };
  }

  override wrapResolve(
    resolver: Resolver<Types>,
    { name, pothosOptions: { requires = [], dimension } }: PothosOutputFieldConfig<Types>,
  ): Resolver<Types> {
    if (requires.length === 0 && dimension === undefined) return resolver;
    const isNull = (row: unknown, ctx: object): boolean => {
      const { viewer } = ctx as Context;
      if (requires.length > 0 && !isGranted(requires, permissionsOf(viewer)))
        throw refusal(viewer, requires, `\`${name}\``);
      return dimension !== undefined && !isGroupedBy(row, dimension);
    };
    if (resolver.length > 3)
      return (row, args, ctx, info) => (isNull(row, ctx) ? null : resolver(row, args, ctx, info));
    // Without a parameter for the information about the field, which would be made for each row.
    const withoutInfo = resolver as (row: unknown, args: object, ctx: Types["Context"]) => unknown;
    return (row, args, ctx) => (isNull(row, ctx) ? null : withoutInfo(row, args, ctx));
  }

  override onInputFieldConfig(config: PothosInputFieldConfig<Types>): PothosInputFieldConfig<Types> {
    const { sources = [] } = config.pothosOptions;
    const { description, extensions, ...rest } = requiring(config);
    return {
      ...rest,
      description: withSources(description, sources),
      extensions: { ...extensions, sources },
    };
  }

  override onEnumValueConfig(config: PothosEnumValueConfig<Types>): PothosEnumValueConfig<Types> {
    return requiring(config);
  }

  override onTypeConfig(config: PothosTypeConfig): PothosTypeConfig {
    if (config.kind === "Union") {
      const { identifiedBy } = config.pothosOptions;
      return { ...config, extensions: { ...config.extensions, identifiedBy } };
    }
    if (config.kind !== "Object") return config;
    const { lookup, identifiedBy, requires = [], sources = [] } = config.pothosOptions;
    return {
      ...config,
      description: withSources(config.description, sources),
      extensions: { ...config.extensions, lookup, identifiedBy, requires, sources },
    };
  }
}

type Resolver<Types extends SchemaTypes> = GraphQLFieldResolver<unknown, Types["Context"], object>;

/** True if a row of a list is of one value of the dimension. Rows of types with such fields say what they are grouped by. */
function isGroupedBy(row: unknown, dimension: string): boolean {
  if (typeof row === "object" && row !== null && "groupedBy" in row && Array.isArray(row.groupedBy))
    return row.groupedBy.includes(dimension);
  throw new Error(`a row with a field of ${dimension} does not say what it is grouped by`);
}

interface PartConfig {
  readonly extensions?: object | null | undefined;
  readonly pothosOptions: Requiring;
}

/** The configuration of an argument, an input field or a value with the permissions it requires. */
function requiring<Config extends PartConfig>(config: Config): Config {
  const { requires = [] } = config.pothosOptions;
  return { ...config, extensions: { ...config.extensions, requires } };
}

SchemaBuilder.registerPlugin(PLUGIN, PlanningPlugin);
