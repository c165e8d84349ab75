import { inspect } from "@graphql-tools/utils";
import {
  defaultTypeResolver,
  type ExecutionResult,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLIsTypeOfFn,
  type GraphQLObjectType,
  isObjectType,
} from "graphql";
import type { Context } from "../context.ts";
import type { ThreadTurn } from "../domain/pieces.ts";
import { type Permissions, permissionsOf } from "../domain/viewer.ts";
import { contextOfField } from "../planning/permissions.ts";
import { type FieldPlan, fieldPlanOf } from "../planning/plan.ts";
import type { LastingAnswers } from "./lasting-answers.ts";
import { type LiveAnswer, PENDING } from "./live-answer.ts";
import type {
  CoercedVariables,
  Output,
  OutputOf,
  PreparedField,
  PreparedOperation,
  PreparedSelection,
} from "./prepared.ts";
import {
  type AnswerObject,
  AnswerPlace,
  answerPlaceOf,
  coordinateOf,
  type Execution,
  errorAt,
  ResolveInfo,
} from "./resolve-info.ts";

/** Runs a resolver, so that what it begins is known to come from this field (`Type.field`). */
export type EnterField = <T>(coordinate: string, resolve: () => T) => T;

/**
 * One execution of an operation. A promise is awaited for its own place alone: the objects and lists around it are made at once, and
 * the answer is complete when nothing is awaited any more.
 */
export class Run {
  readonly #execution: Execution;
  readonly #operation: PreparedOperation;
  readonly #variables: CoercedVariables;
  readonly #contextValue: unknown;
  /** Arguments that hold variables, by field. */
  readonly #args: CoercedVariables[] = [];
  readonly #errors: GraphQLError[] = [];
  readonly #nulled = new Set<AnswerPlace | undefined>();
  readonly #complete = Promise.withResolvers<ExecutionResult>();
  readonly #pause: ThreadTurn | null;
  readonly #enter: EnterField | null;
  readonly #fieldsATurn: number;
  /** Null: the answer is delivered once it is complete. */
  readonly #live: LiveAnswer | null;
  #data: AnswerObject | null = null;
  /** Number of promises that are awaited. */
  #awaited = 0;
  /** Fields completed since the last pause. */
  #completedFields = 0;
  /** Number of objects that can change, promises, lists and errors so far: an answer that has none of them lasts. */
  #passing = 0;

  constructor(
    execution: Execution,
    contextValue: unknown,
    pause: ThreadTurn | null,
    enter: EnterField | null,
    fieldsATurn: number,
    live: LiveAnswer | null = null,
  ) {
    this.#execution = execution;
    this.#operation = execution.operation;
    this.#variables = execution.variables;
    this.#contextValue = contextValue;
    this.#pause = pause;
    this.#enter = enter;
    this.#fieldsATurn = pause === null ? Number.POSITIVE_INFINITY : fieldsATurn;
    this.#live = live;
  }

  result(root: GraphQLObjectType): ExecutionResult | Promise<ExecutionResult> {
    try {
      const selection = this.#operation.selectionOf(root, this.#variables);
      this.#data = this.#fields(selection, this.#execution.rootValue, undefined);
    } catch (error) {
      this.#void(error as GraphQLError, undefined);
    }
    this.#show();
    return this.#awaited === 0 ? this.#response() : this.#complete.promise;
  }

  #response(): ExecutionResult {
    return this.#errors.length === 0 ? { data: this.#data } : { errors: this.#errors, data: this.#data };
  }

  /** Shows the answer as it is now. */
  #show(): void {
    if (this.#live === null) return;
    this.#live.data = this.#data;
    this.#live.isOver = this.#awaited === 0;
    this.#live.notify();
  }

  #fields(selection: PreparedSelection, source: unknown, place: AnswerPlace | undefined): AnswerObject {
    const { fields } = selection;
    const answer = blankAnswer(selection);
    this.#completedFields += fields.length;
    for (const field of fields) answer[field.key] = this.#field(field, source, place, answer);
    return answer;
  }

  #field(
    field: PreparedField,
    source: unknown,
    parent: AnswerPlace | undefined,
    holder: AnswerObject,
  ): unknown {
    const { output, property } = field;
    let info: ResolveInfo | undefined;
    let place: AnswerPlace | undefined;
    let context = parent === undefined ? this.#contextValue : parent.context;
    try {
      if (parent === undefined) context = this.#contextOf(field);
      let value: unknown;
      if (property !== null) value = isObject(source) ? source[property] : undefined;
      if (property === null || typeof value === "function") {
        if (property !== null) this.#passing++;
        if (field.takesInfo) info = new ResolveInfo(this.#execution, field, parent, holder, context);
        const args = field.argsOf(this.#variables, this.#args);
        const given = info as ResolveInfo; // or no parameter for it
        value =
          this.#enter === null
            ? field.resolve(source, args, context, given)
            : this.#entered(this.#enter, field, source, args, context, given);
      }
      if (output.kind === "leaf" && !isPromise(value)) return completedLeaf(field, output, value);
      place = info?.path ?? answerPlaceOf(field, parent, holder, context);
      return this.#value(field, output, place, value);
    } catch (error) {
      return this.#failed(
        error,
        field,
        output,
        place ?? info?.path ?? answerPlaceOf(field, parent, holder, context),
      );
    }
  }

  #entered(
    enter: EnterField,
    field: PreparedField,
    source: unknown,
    args: AnswerObject,
    context: unknown,
    info: ResolveInfo,
  ): unknown {
    return enter(coordinateOf(field), () => field.resolve(source, args, context, info));
  }

  /** The context of a field of the root. Throws where it does not say which organization it is about. */
  #contextOf(field: PreparedField): unknown {
    const plan = fieldPlanOf(field.definition);
    if (plan.context === undefined) return this.#contextValue;
    return contextOfField(plan, field.argsOf(this.#variables, this.#args), this.#contextValue as Context);
  }

  #info(field: PreparedField, place: AnswerPlace): ResolveInfo {
    const { prev, holder, context } = place;
    return new ResolveInfo(this.#execution, field, prev, holder, context, place);
  }

  #value(field: PreparedField, output: Output, place: AnswerPlace, value: unknown): unknown {
    return isPromise(value)
      ? this.#awaitedValue(field, output, place, value)
      : this.#completed(field, output, place, value);
  }

  // On its own, as are those below: what a function's closures use is allocated at each call, whether or not it makes one.
  #awaitedValue(
    field: PreparedField,
    output: Output,
    place: AnswerPlace,
    value: PromiseLike<unknown>,
  ): unknown {
    return this.#later(field, place, value, (resolved) => this.#completed(field, output, place, resolved));
  }

  /** Puts what a promise completes to into its place, which holds null until then, or PENDING where it is delivered in parts. */
  #later<T>(
    field: PreparedField,
    place: AnswerPlace,
    promise: PromiseLike<T>,
    complete: (resolved: T) => unknown,
  ): typeof PENDING | null {
    this.#await(promise, field, place, (resolved) => place.put(complete(resolved)));
    return this.#live === null ? null : PENDING;
  }

  /** Goes on when a promise is resolved. A failure makes null of the place. */
  #await<T>(
    promise: PromiseLike<T>,
    field: PreparedField,
    place: AnswerPlace,
    goOn: (resolved: T) => void,
  ): void {
    this.#awaited++;
    this.#passing++;
    Promise.resolve(promise).then(
      (resolved) => {
        try {
          goOn(resolved);
        } catch (fault) {
          this.#void(errorAt(fault, field, place), place);
        }
        this.#settled();
      },
      (fault) => {
        this.#void(errorAt(fault, field, place), place);
        this.#settled();
      },
    );
  }

  #settled(): void {
    this.#awaited--;
    this.#show();
    if (this.#awaited === 0) this.#complete.resolve(this.#response());
  }

  #completed(field: PreparedField, output: Output, place: AnswerPlace, value: unknown): unknown {
    if (output.kind === "leaf") return completedLeaf(field, output, value);
    if (value instanceof Error) throw value;
    if (value === null || value === undefined) return completedNull(field, output);
    if (output.kind === "list") return this.#list(field, output, place, value);
    if (output.kind === "object") return this.#object(field, output.type, place, value);
    return this.#abstract(field, output, place, value);
  }

  #list(field: PreparedField, { item }: OutputOf<"list">, place: AnswerPlace, values: unknown): unknown {
    if (!isIterable(values))
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${coordinateOf(field)}".`);
    const items = Array.isArray(values) ? values : [...values];
    const answers: unknown[] = [];
    const contextOf = place.prev === undefined ? fieldPlanOf(field.definition).contextOfItem : undefined;
    this.#items({ field, item, place, items, answers, contextOf });
    return answers;
  }

  /** Completes the items of a list that are left. When it is time to pause, the others come after the pause. */
  #items(list: OpenList): void {
    const { field, item, place, items, answers, contextOf } = list;
    while (answers.length < items.length) {
      const key = answers.length;
      const context = contextOf?.(items[key]) ?? place.context;
      const at = new AnswerPlace(place, key, undefined, answers, item.isNonNull, context);
      answers.push(this.#item(field, item, at, items[key]));
      this.#completedFields++;
      const isDue = this.#completedFields >= this.#fieldsATurn && answers.length < items.length;
      if (this.#pause === null || !isDue) continue;
      this.#live?.open(answers);
      this.#await(this.#pause(), field, place, () => {
        this.#completedFields = 0;
        this.#items(list);
      });
      return;
    }
    this.#live?.close(answers);
  }

  #item(field: PreparedField, output: Output, place: AnswerPlace, value: unknown): unknown {
    try {
      return this.#value(field, output, place, value);
    } catch (error) {
      return this.#failed(error, field, output, place);
    }
  }

  #abstract(
    field: PreparedField,
    { type }: OutputOf<"abstract">,
    place: AnswerPlace,
    value: unknown,
  ): unknown {
    const resolveType = type.resolveType ?? defaultTypeResolver;
    const complete = (name: string | undefined) => {
      const own = this.#possibleType(name, type, field);
      const answer = this.#object(field, own, place, value);
      this.#live?.typed(answer, own);
      return answer;
    };
    const name = resolveType(value, place.context, this.#info(field, place), type);
    return isPromise(name) ? this.#later(field, place, name, complete) : complete(name);
  }

  #possibleType(
    name: string | undefined,
    type: GraphQLAbstractType,
    field: PreparedField,
  ): GraphQLObjectType {
    const { schema } = this.#operation;
    const found = name === undefined ? undefined : schema.getType(name);
    if (isObjectType(found) && schema.isSubType(type, found)) return found;
    throw new Error(`a value of ${coordinateOf(field)} is of the type ${name}, which is not a ${type.name}`);
  }

  #object(field: PreparedField, type: GraphQLObjectType, place: AnswerPlace, value: unknown): unknown {
    if (type.isTypeOf) return this.#checkedObject(field, type, type.isTypeOf, place, value);
    const selection = this.#operation.selectionBelow(field, type, this.#variables);
    const { lasting } = selection;
    const viewer = (place.context as Partial<Context> | undefined)?.viewer;
    // Traces state every field, and an answer in parts its lists: neither is in an answer that lasts.
    const mayLast = viewer !== undefined && this.#enter === null && this.#live === null;
    if (lasting !== null && mayLast && isObject(value) && Object.isFrozen(value))
      return this.#lastingAnswer(selection, lasting, permissionsOf(viewer), place, value);
    this.#passing++;
    return this.#fields(selection, value, place);
  }

  #lastingAnswer(
    selection: PreparedSelection,
    lasting: LastingAnswers,
    permissions: Permissions,
    place: AnswerPlace,
    value: object,
  ): AnswerObject {
    const known = lasting.find(permissions, value);
    if (known !== undefined) return known;
    const before = this.#passing;
    const answer = this.#fields(selection, value, place);
    if (this.#passing === before) lasting.keep(permissions, value, answer);
    return answer;
  }

  #checkedObject(
    field: PreparedField,
    type: GraphQLObjectType,
    isTypeOf: GraphQLIsTypeOfFn<unknown, unknown>,
    place: AnswerPlace,
    value: unknown,
  ): unknown {
    const selection = this.#operation.selectionBelow(field, type, this.#variables);
    this.#passing++;
    const complete = (isOfType: boolean) => {
      if (!isOfType) throw new Error(`a value of ${coordinateOf(field)} is not a ${type.name}`);
      const answer = this.#fields(selection, value, place);
      this.#live?.typed(answer, type);
      return answer;
    };
    const isOfType = isTypeOf(value, place.context, this.#info(field, place));
    return isPromise(isOfType) ? this.#later(field, place, isOfType, complete) : complete(isOfType);
  }

  /** Makes an error of the answer of what was thrown; throws it on where null is not allowed. */
  #failed(fault: unknown, field: PreparedField, { isNonNull }: Output, place: AnswerPlace): null {
    const error = errorAt(fault, field, place);
    this.#passing++;
    if (isNonNull) throw error;
    this.#add(error, place);
    return null;
  }

  /** Makes null of a value that was awaited, or of the nearest around it that can be null. */
  #void(error: GraphQLError, place: AnswerPlace | undefined): void {
    let nearest = place;
    while (nearest?.isNonNull) nearest = nearest.prev;
    if (nearest === undefined) this.#data = null;
    else nearest.put(null);
    this.#add(error, nearest);
  }

  /** Adds an error to the answer, unless an earlier one has made null what it is in. */
  #add(error: GraphQLError, place: AnswerPlace | undefined): void {
    for (let each = place; each !== undefined; each = each.prev) if (this.#nulled.has(each)) return;
    if (this.#nulled.has(undefined)) return;
    this.#nulled.add(place);
    this.#errors.push(error);
    this.#live?.failed(error, place?.holder ?? null, place?.key ?? "");
  }
}

/** A list that is being completed. */
interface OpenList {
  readonly field: PreparedField;
  readonly item: Output;
  readonly place: AnswerPlace;
  readonly items: readonly unknown[];
  /** Of the items so far. */
  readonly answers: unknown[];
  /** The context of an item of a field of the root, where that is not the one of the field. */
  readonly contextOf: FieldPlan["contextOfItem"];
}

function completedLeaf(field: PreparedField, output: OutputOf<"leaf">, value: unknown): unknown {
  if (value === null || value === undefined) return completedNull(field, output);
  if (value instanceof Error) throw value;
  const serialized = output.type.serialize(value);
  if (serialized !== null && serialized !== undefined) return serialized;
  throw new Error(
    `${output.type.name} serializes a value of ${coordinateOf(field)} as nothing: ${inspect(value)}`,
  );
}

function completedNull(field: PreparedField, { isNonNull }: Output): null {
  if (isNonNull) throw new Error(`Cannot return null for non-nullable field ${coordinateOf(field)}.`);
  return null;
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return isObject(value) && typeof value.then === "function";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

/** V8 spreads objects of a few shapes in one place quickly, and these have as many as documents have selections. */
function blankAnswer({ blank, hasProtoKey }: PreparedSelection): AnswerObject {
  return hasProtoKey ? { ...blank } : Object.assign({}, blank);
}
