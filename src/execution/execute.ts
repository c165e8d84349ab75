import { inspect, pathToArray } from "@graphql-tools/utils";
import {
  defaultTypeResolver,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getOperationAST,
  execute as interpret,
  isObjectType,
  locatedError,
  OperationTypeNode,
} from "graphql";
import type { ThreadTurn } from "../domain/pieces.ts";
import { coerceVariables } from "../planning/operation.ts";
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
): ExecutionResult | Promise<ExecutionResult> {
  const { schema, document, rootValue, contextValue, operationName, fieldResolver, typeResolver } = args;
  const definition = getOperationAST(document, operationName);
  const root = schema.getQueryType();
  if (definition?.operation !== OperationTypeNode.QUERY || !root || fieldResolver || typeResolver)
    return interpret(args);
  const coerced = coerceVariables(schema, definition, args.variableValues ?? {});
  if ("faults" in coerced) return { errors: coerced.faults };
  const operation = prepare(schema, document, definition, coerced.variables);
  return new Run(operation, rootValue, contextValue, coerced.variables, pause, fieldsATurn).result(root);
}

/** Fields completed in one go, which takes a few milliseconds. */
const FIELDS_A_TURN = 4_000;

type Path = GraphQLResolveInfo["path"];
type Answer = Record<string, unknown>;

/** One execution of an operation. Its methods return a promise only where a resolver has returned one. */
class Run {
  readonly #operation: PreparedOperation;
  readonly #rootValue: unknown;
  readonly #contextValue: unknown;
  readonly #variables: CoercedVariables;
  /** Arguments that hold variables, by field. */
  readonly #args: CoercedVariables[] = [];
  readonly #errors: GraphQLError[] = [];
  readonly #nulled = new Set<Path | undefined>();
  readonly #pause: ThreadTurn | null;
  readonly #fieldsATurn: number;
  /** Fields completed since the last pause. */
  #completedFields = 0;

  constructor(
    operation: PreparedOperation,
    rootValue: unknown,
    contextValue: unknown,
    variables: CoercedVariables,
    pause: ThreadTurn | null,
    fieldsATurn: number,
  ) {
    this.#operation = operation;
    this.#rootValue = rootValue;
    this.#contextValue = contextValue;
    this.#variables = variables;
    this.#pause = pause;
    this.#fieldsATurn = pause === null ? Number.POSITIVE_INFINITY : fieldsATurn;
  }

  result(root: GraphQLObjectType): ExecutionResult | Promise<ExecutionResult> {
    const failed = (error: unknown) => {
      this.#add(error as GraphQLError, undefined);
      return this.#response(null);
    };
    try {
      const data = this.#fields(
        this.#operation.selectionOf(root, this.#variables),
        this.#rootValue,
        undefined,
      );
      return data instanceof Promise
        ? data.then((answer) => this.#response(answer), failed)
        : this.#response(data);
    } catch (error) {
      return failed(error);
    }
  }

  #response(data: Answer | null): ExecutionResult {
    return this.#errors.length === 0 ? { data } : { errors: this.#errors, data };
  }

  #fields(
    { fields, blank }: PreparedSelection,
    source: unknown,
    path: Path | undefined,
  ): Answer | Promise<Answer> {
    const answer: Answer = { ...blank };
    let pending: string[] | null = null;
    this.#completedFields += fields.length;
    try {
      for (const field of fields) {
        const value = this.#field(field, source, path);
        answer[field.key] = value;
        if (value instanceof Promise) {
          if (pending === null) pending = [field.key];
          else pending.push(field.key);
        }
      }
    } catch (error) {
      if (pending === null) throw error;
      // The others can fail as well, and are waited for.
      return settled(answer, pending).finally(() => {
        throw error;
      });
    }
    return pending === null ? answer : settled(answer, pending);
  }

  #field(field: PreparedField, source: unknown, parentPath: Path | undefined): unknown {
    const { output, property } = field;
    let info: ResolveInfo | undefined;
    try {
      let value: unknown;
      if (property !== null) value = isObject(source) ? source[property] : undefined;
      if (property === null || typeof value === "function") {
        info = new ResolveInfo(this.#operation, this.#rootValue, this.#variables, field, parentPath);
        const args = field.argsOf(this.#variables, this.#args);
        value = field.resolve(source, args, this.#contextValue, info);
      }
      if (output.kind === "leaf" && !isPromise(value)) return completedLeaf(field, output, value);
      return this.#guarded(field, output, info?.path ?? pathOf(field, parentPath), value);
    } catch (error) {
      return this.#failed(error, field, output, info?.path ?? pathOf(field, parentPath));
    }
  }

  #info(field: PreparedField, path: Path): ResolveInfo {
    return new ResolveInfo(this.#operation, this.#rootValue, this.#variables, field, path.prev, path);
  }

  /** Completes a value, or a promise of one. Where the value may be null, a failure later on is an error of the answer. */
  #guarded(field: PreparedField, output: Output, path: Path, value: unknown): unknown {
    const completed = isPromise(value)
      ? Promise.resolve(value).then((resolved) => this.#completed(field, output, path, resolved))
      : this.#completed(field, output, path, value);
    if (!(completed instanceof Promise)) return completed;
    return completed.then(undefined, (error) => this.#failed(error, field, output, path));
  }

  #completed(field: PreparedField, output: Output, path: Path, value: unknown): unknown {
    if (output.kind === "leaf") return completedLeaf(field, output, value);
    if (value instanceof Error) throw value;
    if (value === null || value === undefined) return completedNull(field, output);
    if (output.kind === "list") return this.#list(field, output, path, value);
    if (output.kind === "object") return this.#object(field, output.type, path, value);
    return this.#abstract(field, output, path, value);
  }

  #list(field: PreparedField, { item }: OutputOf<"list">, path: Path, values: unknown): unknown {
    if (!isIterable(values))
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${nameOf(field)}".`);
    const items = Array.isArray(values) ? values : [...values];
    const list: OpenList = { field, item, path, items, answers: [], isPending: false };
    try {
      if (!this.#completedList(list) && this.#pause !== null) return this.#otherParts(list, this.#pause);
    } catch (error) {
      if (list.isPending) ignoreFailures(list.answers);
      throw error;
    }
    return list.isPending ? Promise.all(list.answers) : list.answers;
  }

  /** Completes items of a list until it is time to pause. Returns true where all are done. */
  #completedList(list: OpenList): boolean {
    const { field, item, path, items, answers } = list;
    while (answers.length < items.length) {
      const key = answers.length;
      const answer = this.#item(field, item, { prev: path, key, typename: undefined }, items[key]);
      if (answer instanceof Promise) list.isPending = true;
      answers.push(answer);
      this.#completedFields++;
      if (this.#completedFields >= this.#fieldsATurn && answers.length < items.length) return false;
    }
    return true;
  }

  /** Completes the rest of a list in parts. Where several lists are open, these take turns. */
  async #otherParts(list: OpenList, pause: ThreadTurn): Promise<unknown[]> {
    const { answers } = list;
    try {
      for (let begin = 0, isDone = false; !isDone; ) {
        ignoreFailures(answers.slice(begin)); // those during the pause: they are thrown at the end
        begin = answers.length;
        await pause();
        this.#completedFields = 0;
        isDone = this.#completedList(list);
      }
    } catch (error) {
      ignoreFailures(answers);
      throw error;
    }
    return Promise.all(answers);
  }

  #item(field: PreparedField, output: Output, path: Path, value: unknown): unknown {
    try {
      return this.#guarded(field, output, path, value);
    } catch (error) {
      return this.#failed(error, field, output, path);
    }
  }

  #abstract(field: PreparedField, { type }: OutputOf<"abstract">, path: Path, value: unknown): unknown {
    const resolveType = type.resolveType ?? defaultTypeResolver;
    const complete = (name: string | undefined) =>
      this.#object(field, this.#possibleType(name, type, field), path, value);
    const name = resolveType(value, this.#contextValue, this.#info(field, path), type);
    return isPromise(name) ? Promise.resolve(name).then(complete) : complete(name);
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

  #object(field: PreparedField, type: GraphQLObjectType, path: Path, value: unknown): unknown {
    const selection = this.#operation.selectionBelow(field, type, this.#variables);
    if (!type.isTypeOf) return this.#fields(selection, value, path);
    const complete = (isOfType: boolean) => {
      if (!isOfType) throw new Error(`a value of ${nameOf(field)} is not a ${type.name}`);
      return this.#fields(selection, value, path);
    };
    const isOfType = type.isTypeOf(value, this.#contextValue, this.#info(field, path));
    return isPromise(isOfType) ? Promise.resolve(isOfType).then(complete) : complete(isOfType);
  }

  /** Makes an error of the answer of what was thrown; throws it on where null is not allowed. */
  #failed(fault: unknown, { nodes }: PreparedField, { isNonNull }: Output, path: Path): null {
    const error = locatedError(fault, nodes, pathToArray(path));
    if (isNonNull) throw error;
    this.#add(error, path);
    return null;
  }

  /** Adds an error to the answer, unless an earlier one has made null what it is in. */
  #add(error: GraphQLError, path: Path | undefined): void {
    for (let each = path; each !== undefined; each = each.prev) if (this.#nulled.has(each)) return;
    if (this.#nulled.has(undefined)) return;
    this.#nulled.add(path);
    this.#errors.push(error);
  }
}

/** A list that is being completed. */
interface OpenList {
  readonly field: PreparedField;
  readonly item: Output;
  readonly path: Path;
  readonly items: readonly unknown[];
  /** Of the items so far. */
  readonly answers: unknown[];
  isPending: boolean;
}

/** Keeps failures from being reported as unhandled where another one is thrown instead, or where they are thrown later. */
function ignoreFailures(answers: readonly unknown[]): void {
  for (const answer of answers) if (answer instanceof Promise) answer.catch(() => {});
}

/** Information for a resolver. Few resolvers read any of it, so that most of it, the path included, is made when it is read. */
class ResolveInfo implements GraphQLResolveInfo {
  readonly rootValue: unknown;
  readonly variableValues: CoercedVariables;
  readonly #operation: PreparedOperation;
  readonly #field: PreparedField;
  readonly #parentPath: Path | undefined;
  #path: Path | undefined;

  constructor(
    operation: PreparedOperation,
    rootValue: unknown,
    variableValues: CoercedVariables,
    field: PreparedField,
    parentPath: Path | undefined,
    path?: Path,
  ) {
    this.#operation = operation;
    this.rootValue = rootValue;
    this.variableValues = variableValues;
    this.#field = field;
    this.#parentPath = parentPath;
    this.#path = path;
  }

  get path() {
    this.#path ??= pathOf(this.#field, this.#parentPath);
    return this.#path;
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

  get schema() {
    return this.#operation.schema;
  }

  get fragments() {
    return this.#operation.fragments;
  }

  get operation() {
    return this.#operation.definition;
  }
}

/** The answer, once its values are there. */
async function settled(answer: Answer, pending: readonly string[]): Promise<Answer> {
  const values = await Promise.all(pending.map((key) => answer[key]));
  for (const [i, key] of pending.entries()) answer[key] = values[i];
  return answer;
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

function pathOf({ key, parentType }: PreparedField, prev: Path | undefined): Path {
  return { prev, key, typename: parentType.name };
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
