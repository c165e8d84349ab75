import { inspect, pathToArray } from "@graphql-tools/utils";
import {
  defaultTypeResolver,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLIsTypeOfFn,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getOperationAST,
  execute as interpret,
  isObjectType,
  locatedError,
  type OperationDefinitionNode,
  OperationTypeNode,
} from "graphql";
import type { Context } from "../context.ts";
import type { ThreadTurn } from "../domain/pieces.ts";
import { type Permissions, permissionsOf } from "../domain/viewer.ts";
import { coerceVariables } from "../planning/operation.ts";
import { contextOfField } from "../planning/permissions.ts";
import { type FieldPlan, fieldPlanOf } from "../planning/plan.ts";
import type { LastingAnswers } from "./lasting-answers.ts";
import { LiveAnswer, PENDING } from "./live-answer.ts";
import {
  type CoercedVariables,
  type Output,
  type OutputOf,
  type PreparedField,
  type PreparedOperation,
  type PreparedSelection,
  prepare,
} from "./prepared.ts";

/**
 * Executes a query as graphql's `execute` does, with equal data, errors and order of resolvers, in less time: what depends on the
 * document alone is prepared once, and what is at hand is not awaited. Leaves all other operations to graphql.
 *
 * With `pause`, a long list is completed in parts, and each part waits for it, so that a large answer does not block the thread. Fields
 * beside such a list are then resolved before its later items.
 */
export function execute(
  args: ExecutionArgs,
  pause: ThreadTurn | null = null,
  fieldsATurn = FIELDS_A_TURN,
  enter: EnterField | null = null,
): ExecutionResult | Promise<ExecutionResult> {
  const { schema, document, contextValue, operationName, fieldResolver, typeResolver } = args;
  const definition = getOperationAST(document, operationName);
  const root = schema.getQueryType();
  if (definition?.operation !== OperationTypeNode.QUERY || !root || fieldResolver || typeResolver)
    return interpret(args);
  const execution = executionOf(args, definition);
  if ("faults" in execution) return { errors: execution.faults };
  return new Run(execution, contextValue, pause, enter, fieldsATurn).result(root);
}

/** Runs a resolver, so that what it begins is known to come from this field (`Type.field`). */
export type EnterField = <T>(coordinate: string, resolve: () => T) => T;

/** Runs a query in the same way, with its answer in view while it is being completed. */
export function executeLive(
  execution: Execution,
  root: GraphQLObjectType,
  contextValue: unknown,
  pause: ThreadTurn | null,
  enter: EnterField | null,
): LiveAnswer {
  const live = new LiveAnswer();
  void new Run(execution, contextValue, pause, enter, FIELDS_A_TURN, live).result(root);
  return live;
}

/** Prepares a query of a document to run, or returns what is wrong with its variables. */
export function executionOf(
  { schema, document, rootValue, variableValues }: ExecutionArgs,
  definition: OperationDefinitionNode,
): Execution | { readonly faults: readonly GraphQLError[] } {
  const coerced = coerceVariables(schema, definition, variableValues ?? {});
  if ("faults" in coerced) return coerced;
  const { variables } = coerced;
  return { operation: prepare(schema, document, definition, variables), rootValue, variables };
}

/** Fields completed in one go, which takes a few milliseconds. */
const FIELDS_A_TURN = 4_000;

type Path = GraphQLResolveInfo["path"];
type Answer = Record<string, unknown>;

/** The path of a value, with the object or list of the answer that holds it, and whether that can hold null in its place. */
class Place implements Path {
  readonly prev: Place | undefined;
  readonly key: string | number;
  readonly typename: string | undefined;
  readonly holder: Answer | unknown[];
  readonly isNonNull: boolean;
  /** The context of the fields below it. */
  readonly context: unknown;

  constructor(
    prev: Place | undefined,
    key: string | number,
    typename: string | undefined,
    holder: Answer | unknown[],
    isNonNull: boolean,
    context: unknown,
  ) {
    this.prev = prev;
    this.key = key;
    this.typename = typename;
    this.holder = holder;
    this.isNonNull = isNonNull;
    this.context = context;
  }

  put(value: unknown): void {
    (this.holder as Answer)[this.key] = value;
  }
}

/** The parts of an execution that resolvers can read. */
interface Execution {
  readonly operation: PreparedOperation;
  readonly rootValue: unknown;
  readonly variables: CoercedVariables;
}

/**
 * One execution of an operation. A promise is awaited for its own place alone: the objects and lists around it are made at once, and
 * the answer is complete when nothing is awaited any more.
 */
class Run {
  readonly #execution: Execution;
  readonly #operation: PreparedOperation;
  readonly #variables: CoercedVariables;
  readonly #contextValue: unknown;
  /** Arguments that hold variables, by field. */
  readonly #args: CoercedVariables[] = [];
  readonly #errors: GraphQLError[] = [];
  readonly #nulled = new Set<Place | undefined>();
  readonly #complete = Promise.withResolvers<ExecutionResult>();
  readonly #pause: ThreadTurn | null;
  readonly #enter: EnterField | null;
  readonly #fieldsATurn: number;
  /** Null: the answer is delivered once it is complete. */
  readonly #live: LiveAnswer | null;
  #data: Answer | null = null;
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

  #fields(selection: PreparedSelection, source: unknown, place: Place | undefined): Answer {
    const { fields } = selection;
    const answer = blankAnswer(selection);
    this.#completedFields += fields.length;
    for (const field of fields) answer[field.key] = this.#field(field, source, place, answer);
    return answer;
  }

  #field(field: PreparedField, source: unknown, parent: Place | undefined, holder: Answer): unknown {
    const { output, property } = field;
    let info: ResolveInfo | undefined;
    let place: Place | undefined;
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
      place = info?.path ?? placeOf(field, parent, holder, context);
      return this.#value(field, output, place, value);
    } catch (error) {
      return this.#failed(
        error,
        field,
        output,
        place ?? info?.path ?? placeOf(field, parent, holder, context),
      );
    }
  }

  #entered(
    enter: EnterField,
    field: PreparedField,
    source: unknown,
    args: Answer,
    context: unknown,
    info: ResolveInfo,
  ): unknown {
    return enter(nameOf(field), () => field.resolve(source, args, context, info));
  }

  /** The context of a field of the root. Throws where it does not say which organization it is about. */
  #contextOf(field: PreparedField): unknown {
    const plan = fieldPlanOf(field.definition);
    if (plan.context === undefined) return this.#contextValue;
    return contextOfField(plan, field.argsOf(this.#variables, this.#args), this.#contextValue as Context);
  }

  #info(field: PreparedField, place: Place): ResolveInfo {
    const { prev, holder, context } = place;
    return new ResolveInfo(this.#execution, field, prev, holder, context, place);
  }

  #value(field: PreparedField, output: Output, place: Place, value: unknown): unknown {
    return isPromise(value)
      ? this.#awaitedValue(field, output, place, value)
      : this.#completed(field, output, place, value);
  }

  // On its own, as are those below: what a function's closures use is allocated at each call, whether or not it makes one.
  #awaitedValue(field: PreparedField, output: Output, place: Place, value: PromiseLike<unknown>): unknown {
    return this.#later(field, place, value, (resolved) => this.#completed(field, output, place, resolved));
  }

  /** Puts what a promise completes to into its place, which holds null until then, or PENDING where it is delivered in parts. */
  #later<T>(
    field: PreparedField,
    place: Place,
    promise: PromiseLike<T>,
    complete: (resolved: T) => unknown,
  ): typeof PENDING | null {
    this.#await(promise, field, place, (resolved) => place.put(complete(resolved)));
    return this.#live === null ? null : PENDING;
  }

  /** Goes on when a promise is resolved. A failure makes null of the place. */
  #await<T>(promise: PromiseLike<T>, field: PreparedField, place: Place, goOn: (resolved: T) => void): void {
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

  #completed(field: PreparedField, output: Output, place: Place, value: unknown): unknown {
    if (output.kind === "leaf") return completedLeaf(field, output, value);
    if (value instanceof Error) throw value;
    if (value === null || value === undefined) return completedNull(field, output);
    if (output.kind === "list") return this.#list(field, output, place, value);
    if (output.kind === "object") return this.#object(field, output.type, place, value);
    return this.#abstract(field, output, place, value);
  }

  #list(field: PreparedField, { item }: OutputOf<"list">, place: Place, values: unknown): unknown {
    if (!isIterable(values))
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${nameOf(field)}".`);
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
      const at = new Place(place, key, undefined, answers, item.isNonNull, context);
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

  #item(field: PreparedField, output: Output, place: Place, value: unknown): unknown {
    try {
      return this.#value(field, output, place, value);
    } catch (error) {
      return this.#failed(error, field, output, place);
    }
  }

  #abstract(field: PreparedField, { type }: OutputOf<"abstract">, place: Place, value: unknown): unknown {
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
    throw new Error(`a value of ${nameOf(field)} is of the type ${name}, which is not a ${type.name}`);
  }

  #object(field: PreparedField, type: GraphQLObjectType, place: Place, value: unknown): unknown {
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
    place: Place,
    value: object,
  ): Answer {
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
    place: Place,
    value: unknown,
  ): unknown {
    const selection = this.#operation.selectionBelow(field, type, this.#variables);
    this.#passing++;
    const complete = (isOfType: boolean) => {
      if (!isOfType) throw new Error(`a value of ${nameOf(field)} is not a ${type.name}`);
      const answer = this.#fields(selection, value, place);
      this.#live?.typed(answer, type);
      return answer;
    };
    const isOfType = isTypeOf(value, place.context, this.#info(field, place));
    return isPromise(isOfType) ? this.#later(field, place, isOfType, complete) : complete(isOfType);
  }

  /** Makes an error of the answer of what was thrown; throws it on where null is not allowed. */
  #failed(fault: unknown, field: PreparedField, { isNonNull }: Output, place: Place): null {
    const error = errorAt(fault, field, place);
    this.#passing++;
    if (isNonNull) throw error;
    this.#add(error, place);
    return null;
  }

  /** Makes null of a value that was awaited, or of the nearest around it that can be null. */
  #void(error: GraphQLError, place: Place | undefined): void {
    let nearest = place;
    while (nearest?.isNonNull) nearest = nearest.prev;
    if (nearest === undefined) this.#data = null;
    else nearest.put(null);
    this.#add(error, nearest);
  }

  /** Adds an error to the answer, unless an earlier one has made null what it is in. */
  #add(error: GraphQLError, place: Place | undefined): void {
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
  readonly place: Place;
  readonly items: readonly unknown[];
  /** Of the items so far. */
  readonly answers: unknown[];
  /** The context of an item of a field of the root, where that is not the one of the field. */
  readonly contextOf: FieldPlan["contextOfItem"];
}

/** Information for a resolver. Few resolvers read any of it, so that most of it, the path included, is made when it is read. */
class ResolveInfo implements GraphQLResolveInfo {
  readonly #execution: Execution;
  readonly #field: PreparedField;
  readonly #parent: Place | undefined;
  readonly #holder: Answer | unknown[];
  readonly #context: unknown;
  #place: Place | undefined;

  constructor(
    execution: Execution,
    field: PreparedField,
    parent: Place | undefined,
    holder: Answer | unknown[],
    context: unknown,
    place?: Place,
  ) {
    this.#execution = execution;
    this.#field = field;
    this.#parent = parent;
    this.#holder = holder;
    this.#context = context;
    this.#place = place;
  }

  get path(): Place {
    this.#place ??= placeOf(this.#field, this.#parent, this.#holder, this.#context);
    return this.#place;
  }

  get fieldName() {
    return this.#field.definition.name;
  }

  get fieldNodes() {
    return this.#field.nodes;
  }

  get returnType() {
    return this.#field.definition.type;
  }

  get parentType() {
    return this.#field.parentType;
  }

  get rootValue() {
    return this.#execution.rootValue;
  }

  get variableValues() {
    return this.#execution.variables;
  }

  get schema() {
    return this.#execution.operation.schema;
  }

  get fragments() {
    return this.#execution.operation.fragments;
  }

  get operation() {
    return this.#execution.operation.definition;
  }
}

function completedLeaf(field: PreparedField, output: OutputOf<"leaf">, value: unknown): unknown {
  if (value === null || value === undefined) return completedNull(field, output);
  if (value instanceof Error) throw value;
  const serialized = output.type.serialize(value);
  if (serialized !== null && serialized !== undefined) return serialized;
  throw new Error(`${output.type.name} serializes a value of ${nameOf(field)} as nothing: ${inspect(value)}`);
}

function completedNull(field: PreparedField, { isNonNull }: Output): null {
  if (isNonNull) throw new Error(`Cannot return null for non-nullable field ${nameOf(field)}.`);
  return null;
}

function placeOf(
  { key, parentType, output }: PreparedField,
  parent: Place | undefined,
  holder: Answer | unknown[],
  context: unknown,
) {
  return new Place(parent, key, parentType.name, holder, output.isNonNull, context);
}

function errorAt(fault: unknown, { nodes }: PreparedField, place: Place): GraphQLError {
  return locatedError(fault, nodes, pathToArray(place));
}

function nameOf({ parentType, definition }: PreparedField): string {
  return `${parentType.name}.${definition.name}`;
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
function blankAnswer({ blank, hasProtoKey }: PreparedSelection): Answer {
  return hasProtoKey ? { ...blank } : Object.assign({}, blank);
}
