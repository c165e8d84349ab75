import type { InputFieldMap, InputShapeFromFields } from "@pothos/core";
import {
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from "graphql";
import type { Context } from "../context.ts";
import type { DayRange } from "../domain/range.ts";
import { permissionsOf } from "../domain/viewer.ts";
import { GatewayError } from "../errors.ts";
import { contextOfField, isGranted } from "./permissions.ts";
import type { FieldPlan, Found, PlanInput } from "./plan.ts";
import { isRangeInput, resolveRange } from "./range-input.ts";
import type { FieldShape } from "./shape.ts";

/** The arguments of a field, its own and those it stands below, and its days. */
type Stated = Pick<PlanInput<Record<string, unknown>>, "args" | "argsOf" | "range">;

/** Fields of an object, by the type it is of. */
export interface Selection {
  readonly type: GraphQLObjectType;
  readonly fields: readonly SelectedField[];
}

/** A type that objects of a field can be of, with the days and the context of their fields. */
interface TypeBelow {
  readonly type: GraphQLObjectType;
  readonly range: DayRange;
  readonly ctx: Context;
}

/** Values that fields inherit from those above them. */
interface Place {
  readonly range: DayRange;
  readonly above: Ancestor | null;
  /** Of the tenant that the fields above are of; null at the root. */
  readonly ctx: Context | null;
}

/** A field with its arguments as they are declared and as they are given. */
interface Ancestor {
  readonly declared: FieldPlan["declared"];
  readonly args: Record<string, unknown>;
  readonly above: Ancestor | null;
}

/** Parts of an operation that its fields depend on: coerced variables, and the viewer. */
export interface OperationInput {
  readonly schema: GraphQLSchema;
  readonly variables: Record<string, unknown>;
  readonly ctx: Context;
}

/** A field of an operation. It is read once, when a visitor gets to it, and kept for those that come after. */
export class SelectedField {
  readonly shape: FieldShape;
  readonly isPermitted: boolean;
  readonly #operation: OperationInput;
  readonly #place: Place;
  #ctx: Context | undefined;
  #stated: Stated | undefined;
  #below: readonly Selection[] | undefined;

  constructor(operation: OperationInput, shape: FieldShape, place: Place) {
    this.#operation = operation;
    this.#place = place;
    this.shape = shape;
    const { requires } = shape;
    const { viewer } = place.ctx ?? operation.ctx; // a team lead reads as a member below their own person
    this.isPermitted = requires === null || isGranted(requires, permissionsOf(viewer));
  }

  /** Its place in the answer, by response names. */
  get path(): string {
    return this.shape.path;
  }

  /** The type it is a field of. */
  get type(): GraphQLObjectType {
    return this.shape.type;
  }

  get field(): GraphQLField<unknown, unknown> {
    return this.shape.field;
  }

  get nodes(): readonly FieldNode[] {
    return this.shape.nodes;
  }

  get plan(): FieldPlan {
    return this.shape.plan;
  }

  /** The context that it runs in. Throws where it does not say which organization it is about. */
  get ctx(): Context {
    this.#ctx ??= this.#place.ctx ?? contextOfField(this.plan, this.#args, this.#operation.ctx);
    return this.#ctx;
  }

  get #args(): Record<string, unknown> {
    return this.shape.args(this.#operation.variables);
  }

  /** Its arguments and its days. Throws where it is refused for them. */
  get stated(): Stated {
    this.#stated ??= this.#read();
    return this.#stated;
  }

  /** The fields below it, for each type that its objects can be of. Throws where it is refused. */
  get below(): readonly Selection[] {
    this.#below ??= this.#typesBelow().map((each) => this.#selectionOf(each));
    return this.#below;
  }

  /** The fields below it, whichever the type. Throws where it is refused. */
  get fieldsBelow(): readonly SelectedField[] {
    return this.below.flatMap(({ fields }) => fields);
  }

  /** Its rows are not grouped by its dimension, so that it is null. */
  get isUngrouped(): boolean {
    const { dimension } = this.plan;
    if (dimension === undefined) return false;
    for (let each = this.#place.above; each !== null; each = each.above)
      if (Object.hasOwn(each.declared, "groupBy")) return !listOf(each.args.groupBy).includes(dimension);
    return false;
  }

  #read(): Stated {
    const { ctx } = this;
    const { range: inherited, above } = this.#place;
    const args = this.#args;
    const own = isRangeInput(args.range) ? resolveRange(args.range, ctx.now()) : inherited;
    const range = this.plan.range?.(args, ctx) ?? own;
    return {
      args,
      range,
      argsOf: (declared) => argsOf({ declared: this.plan.declared, args, above }, declared),
    };
  }

  #typesBelow(): readonly TypeBelow[] {
    const { schema } = this.#operation;
    const { ctx } = this;
    const { args, range } = this.stated;
    const found = this.plan.finds?.(args, ctx, schema);
    if (found !== undefined)
      return distinct(found).map((each) => ({
        type: each.type,
        range: each.range ?? range,
        ctx: each.ctx ?? ctx,
      }));
    const named = getNamedType(this.field.type);
    const types = isAbstractType(named) ? schema.getPossibleTypes(named) : isObjectType(named) ? [named] : [];
    return types.map((type) => ({ type, range, ctx }));
  }

  #selectionOf({ type, range, ctx }: TypeBelow): Selection {
    const above = { declared: this.plan.declared, args: this.stated.args, above: this.#place.above };
    const place = { range, above, ctx };
    const shapes = this.shape.below(type, this.#operation.variables);
    return { type, fields: shapes.map((each) => new SelectedField(this.#operation, each, place)) };
  }
}

function distinct(found: readonly Found[]): readonly Found[] {
  const keyOf = ({ type, range, ctx }: Found) =>
    JSON.stringify([type.name, range, ctx?.upstream.tenant.name, ctx?.organization?.name]);
  return [...new Map(found.map((each) => [keyOf(each), each])).values()];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function argsOf<Declared extends InputFieldMap>(
  from: Ancestor,
  declared: Declared,
): InputShapeFromFields<Declared> | null {
  for (let each: Ancestor | null = from; each !== null; each = each.above)
    if (isDeclaredWith(declared, each)) return each.args;
  return null;
}

/** Arguments that were coerced by the very declarations have their types. */
function isDeclaredWith<Declared extends InputFieldMap>(
  declared: Declared,
  field: Ancestor,
): field is Ancestor & { readonly args: InputShapeFromFields<Declared> } {
  return Object.entries(declared).every(([name, arg]) => field.declared[name] === arg);
}

/**
 * Runs a part of planning; null where the field is refused, which it says itself when it runs. Any other fault is thrown: a field that
 * cannot be planned must not count as free.
 */
export function unlessRefused<T>(plan: () => T, onRefusal: (fault: Error) => void = () => {}): T | null {
  try {
    return plan();
  } catch (fault) {
    if (!(fault instanceof GraphQLError || fault instanceof GatewayError)) throw fault;
    onRefusal(fault);
    return null;
  }
}
