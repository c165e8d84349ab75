import { pathToArray } from "@graphql-tools/utils";
import { type GraphQLError, type GraphQLResolveInfo, locatedError } from "graphql";
import type { CoercedVariables, PreparedField, PreparedOperation } from "./prepared.ts";

type Path = GraphQLResolveInfo["path"];

/** An object of an answer. */
export type AnswerObject = Record<string, unknown>;

/** The path of a value, with the object or list of the answer that holds it, and whether that can hold null in its place. */
export class AnswerPlace implements Path {
  readonly prev: AnswerPlace | undefined;
  readonly key: string | number;
  readonly typename: string | undefined;
  readonly holder: AnswerObject | unknown[];
  readonly isNonNull: boolean;
  /** The context of the fields below it. */
  readonly context: unknown;

  constructor(
    prev: AnswerPlace | undefined,
    key: string | number,
    typename: string | undefined,
    holder: AnswerObject | unknown[],
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
    (this.holder as AnswerObject)[this.key] = value;
  }
}

/** The parts of an execution that resolvers can read. */
export interface Execution {
  readonly operation: PreparedOperation;
  readonly rootValue: unknown;
  readonly variables: CoercedVariables;
}

/** Information for a resolver. Few resolvers read any of it, so that most of it, the path included, is made when it is read. */
export class ResolveInfo implements GraphQLResolveInfo {
  readonly #execution: Execution;
  readonly #field: PreparedField;
  readonly #parent: AnswerPlace | undefined;
  readonly #holder: AnswerObject | unknown[];
  readonly #context: unknown;
  #place: AnswerPlace | undefined;

  constructor(
    execution: Execution,
    field: PreparedField,
    parent: AnswerPlace | undefined,
    holder: AnswerObject | unknown[],
    context: unknown,
    place?: AnswerPlace,
  ) {
    this.#execution = execution;
    this.#field = field;
    this.#parent = parent;
    this.#holder = holder;
    this.#context = context;
    this.#place = place;
  }

  get path(): AnswerPlace {
    this.#place ??= answerPlaceOf(this.#field, this.#parent, this.#holder, this.#context);
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

export function answerPlaceOf(
  { key, parentType, output }: PreparedField,
  parent: AnswerPlace | undefined,
  holder: AnswerObject | unknown[],
  context: unknown,
) {
  return new AnswerPlace(parent, key, parentType.name, holder, output.isNonNull, context);
}

export function errorAt(fault: unknown, { nodes }: PreparedField, place: AnswerPlace): GraphQLError {
  return locatedError(fault, nodes, pathToArray(place));
}

export function coordinateOf({ parentType, definition }: PreparedField): string {
  return `${parentType.name}.${definition.name}`;
}
