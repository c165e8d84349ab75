import type { InputFieldMap, InputShapeFromFields } from "@pothos/core";
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  isUnionType,
} from "graphql";
import type { Context } from "../context.ts";
import type { Dataset } from "../domain/dataset.ts";
import type { DayRange } from "../domain/range.ts";
import type { Permissions } from "../domain/viewer.ts";
import type { FieldRequests } from "../upstream/plan.ts";

/** Facts about a field from the operation, before it runs. */
export interface PlanInput<Args = object> {
  /** The days it is about: those it states, else those it inherits. */
  readonly range: DayRange;
  readonly args: Args;
  readonly schema: GraphQLSchema;
  /** The arguments of the nearest field, this one included, that is declared with all of these; null where none is. */
  readonly argsOf: <Declared extends InputFieldMap>(
    declared: Declared,
  ) => InputShapeFromFields<Declared> | null;
  /** The type it is a field of. */
  readonly type: string;
  /** The types that one is inside of, the outermost first. */
  readonly within: readonly string[];
  /** The dataset of the rows that it is a field of; null at the root. */
  readonly source: Dataset | null;
}

/** Plans the upstream requests of a field. */
export type PlanRequests<Args = object> = (
  input: PlanInput<Args>,
  ctx: Context,
) => FieldRequests | readonly FieldRequests[];

/** Any of these permissions. */
export type Requires = readonly (keyof Permissions)[];

/** A part of the schema that can require a permission: a field, a type, an argument, a value of an enum. */
export interface Requiring {
  /** Any of these permissions; none where it is empty or left out. */
  requires?: Requires;
}

/** A part of the schema that shows figures: a field, or a type; or an argument that goes by figures. */
export interface Sourced {
  /** The datasets that its figures come from. They close its description, and `datasets { fields }` lists it under each. */
  sources?: readonly Dataset[];
}

/** Declarations of a field about its requests and rows. */
export interface FieldPlanOptions<Args = object> extends Requiring, Sourced {
  /** The context of a field of the root and of the fields below it: that of the organization it is about. Throws BAD_USER_INPUT. */
  context?: (args: Args, ctx: Context) => Context;
  /** The context of the fields of one of its items, where items can be of other organizations than the field; undefined: its own. */
  contextOfItem?: (item: unknown) => Context | undefined;
  /** The upstream requests that its resolver makes. */
  requests?: PlanRequests<Args>;
  /** The days that it and the fields below it are about, where that is not its `range` argument. Null: those it states or inherits. */
  range?: (args: Args, ctx: Context) => DayRange | null;
  /** The types of the objects that it finds by id, where the ids name them. */
  finds?: (args: Args, ctx: Context, schema: GraphQLSchema) => readonly Found[];
  /** The most rows of a list that takes no `first`, for the days it is about. */
  maxRows?: (range: DayRange, args: Args) => number;
  /** It needs all rows of its list, whichever page it stands in. */
  readsAll?: true;
  /** The dimension that rows must be grouped by for it to have a value; it is null, and makes no request, on others. */
  dimension?: string;
  /** The dimension that rows must not be grouped by, since it is not measured by that. */
  hiddenBy?: string;
  /** The dimensions that it is not measured by: it is null on rows that are grouped by one. */
  nullBy?: readonly string[];
  /** It is null over more than one day. */
  ofOneDay?: true;
  /** The datasets of its rows that do not have it: it is null from those. */
  lackedBy?: readonly Dataset[];
}

/** Options of a type of objects with ids: how one of them is found. */
export interface LookupOptions {
  /** The upstream requests that finding an object by its id makes. */
  readonly requests: (id: string, ctx: Context) => FieldRequests | readonly FieldRequests[];
  /** The days its figures are about, where the id names those too. */
  readonly range?: (id: string) => DayRange;
}

/** Paths of the fields that stand for an object where all of it would be too much, or would cost requests. */
export type IdentifyingFields = readonly string[];

/** The type of an object that an id names, and the days its figures are about where the id names those too. */
export interface Found {
  readonly type: GraphQLObjectType;
  readonly range: DayRange | null;
  /** The context of its fields, where that is not the one of the field that finds it. */
  readonly ctx?: Context;
}

type Stated = { readonly [Option in keyof Options]: Options[Option] | undefined };
type Options = FieldPlanOptions<InputShapeFromFields<InputFieldMap>>;

/** A field as the planner reads it. */
export interface FieldPlan extends Stated {
  /** The arguments as they are declared. */
  readonly declared: InputFieldMap;
  readonly requires: Requires;
  readonly sources: readonly Dataset[];
  /** Its value depends on its object alone, beside the permissions that it requires. */
  readonly isOfObject: boolean;
}

const NO_PLAN: FieldPlan = { declared: {}, requires: [], sources: [], isOfObject: false };

/** The plan of a field; the one accessor of what the plugin has written. */
export function fieldPlanOf({ extensions }: Pick<GraphQLField<unknown, unknown>, "extensions">): FieldPlan {
  return extensions.plan ?? NO_PLAN;
}

/** The lookup by id of a type; null where it makes no request. */
export function lookupOf({ extensions }: GraphQLObjectType): LookupOptions | null {
  return extensions.lookup ?? null;
}

/** The fields that stand for an object of a type; null where all of them do. */
export function identifyingFieldsOf(type: GraphQLNamedType): IdentifyingFields | null {
  return isObjectType(type) || isUnionType(type) ? (type.extensions.identifiedBy ?? null) : null;
}
