import {
  collectFields,
  collectSubFields,
  GraphQLDeferDirective,
  GraphQLStreamDirective,
} from "@graphql-tools/utils";
import {
  type ASTNode,
  type DocumentNode,
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getDirectiveValues,
  getNullableType,
  getOperationAST,
  type InlineFragmentNode,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  visit,
} from "graphql";
import type { ThreadTurn } from "../domain/pieces.ts";
import { executeLive, executionOf } from "./execute.ts";
import { type LiveAnswer, PENDING } from "./live-answer.ts";
import { type CoercedVariables, fieldOf } from "./prepared.ts";
import type { EnterField } from "./run.ts";

/** A document as it is executed, and as its answer is delivered. */
export interface IncrementalDocument {
  /** Without `@defer` and `@stream`. */
  readonly whole: DocumentNode;
  /** With them; null: it has neither. */
  readonly inParts: DocumentNode | null;
}

const DIRECTIVES: readonly string[] = [GraphQLDeferDirective.name, GraphQLStreamDirective.name];

/** Separates from a document the directives that say how its answer is delivered, so that all else reads and runs the whole. */
export function incrementalDocument(document: DocumentNode): IncrementalDocument {
  let isInParts = false;
  const whole = visit(document, {
    Directive({ name }) {
      if (!DIRECTIVES.includes(name.value)) return;
      isInParts = true;
      return null;
    },
  });
  return isInParts ? { whole, inParts: document } : { whole: document, inParts: null };
}

type Path = readonly (string | number)[];

/** A part of an answer that follows the first one. */
export interface Patch {
  readonly label?: string;
  readonly path: Path;
  /** Fields of a fragment. Null: they failed. */
  readonly data?: Readonly<Record<string, unknown>> | null;
  /** Items of a list, of which `path` names the first. */
  readonly items?: readonly unknown[] | null;
  readonly errors?: readonly GraphQLError[];
}

/** The first part of an answer, or those that became ready together. */
export interface Payload {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphQLError[];
  readonly incremental?: readonly Patch[];
  readonly hasNext: boolean;
}

export interface InPartsOptions {
  readonly pause: ThreadTurn | null;
  readonly enter: EnterField | null;
}

/**
 * Executes a query and yields its answer in parts, as `@defer` and `@stream` say (the format of August 2022, which clients share).
 * The execution is that of the whole document: it calls the same resolvers in the same order, so that the parts together are the answer to
 * it, and make the same upstream requests. The document has no `deliveryFaults`. An error that voids more than its part, as no nullable field does, leaves `data` or `items` null.
 */
export async function* executeInParts(
  args: ExecutionArgs,
  inParts: DocumentNode,
  { pause, enter }: InPartsOptions,
): AsyncGenerator<Payload, void, void> {
  const { schema, operationName } = args;
  const definition = getOperationAST(inParts, operationName);
  const whole = getOperationAST(args.document, operationName);
  const root = schema.getQueryType();
  if (!definition || !whole || !root) throw new Error("a validated document has no such query");
  const execution = executionOf(args, whole);
  if ("faults" in execution) {
    yield { errors: execution.faults, hasNext: false };
    return;
  }
  const { variables } = execution;
  const answer = executeLive(execution, root, args.contextValue, pause, enter);
  yield* new Delivery({ schema, definition, variables, fragments: fragmentsIn(inParts) }, answer).payloads(
    root,
  );
}

/** Says why a number of initial items is not one. */
export function negativeCount(count: number | string): string {
  return `\`initialCount\` of \`@stream\` is ${count}; it is the number of items that come first, 0 or more.`;
}

/** Returns what is wrong with the values that variables give to the directives of a document, however its answer is delivered. */
export function deliveryFaults(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: CoercedVariables,
): readonly GraphQLError[] {
  const faults: GraphQLError[] = [];
  const fault = (message: string, nodes: GraphQLError["nodes"] | ASTNode) =>
    faults.push(new GraphQLError(message, { nodes: nodes ?? null, extensions: { code: "BAD_USER_INPUT" } }));
  const check = (node: FieldNode | InlineFragmentNode | FragmentSpreadNode) => {
    for (const directive of node.directives ?? []) {
      const definition = schema.getDirective(directive.name.value);
      if (!DIRECTIVES.includes(directive.name.value) || !definition) continue;
      try {
        const count = getDirectiveValues(definition, node, variables)?.initialCount;
        if (typeof count === "number" && count < 0) fault(negativeCount(count), directive);
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error;
        fault(error.message, error.nodes); // null in a variable that the argument cannot have
      }
    }
  };
  visit(document, { Field: check, InlineFragment: check, FragmentSpread: check });
  return faults;
}

function fragmentsIn({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((each) => [each.name.value, each]));
}

interface Operation {
  readonly schema: GraphQLSchema;
  readonly definition: OperationDefinitionNode;
  readonly variables: CoercedVariables;
  readonly fragments: Record<string, FragmentDefinitionNode>;
}

type Fields = ReturnType<typeof collectFields>["fields"];

/** The place of a value: the keys that lead to it, the last one first. */
interface Place {
  readonly prev: Place | null;
  readonly key: string | number;
}

/** A fragment at an object, or the rest of a list, that is still to be delivered. */
type Part = DeferredPart | StreamedPart;

interface DeferredPart {
  readonly kind: "deferred";
  readonly label: string | undefined;
  readonly place: Place | null;
  readonly type: GraphQLObjectType;
  readonly fields: Fields;
  readonly answer: object;
}

interface StreamedPart {
  readonly kind: "streamed";
  readonly label: string | undefined;
  readonly place: Place;
  readonly itemType: GraphQLOutputType;
  readonly nodes: FieldNode[];
  readonly list: readonly unknown[];
  /** The number of items that were delivered. */
  delivered: number;
}

/** Parts and errors that come with a part. */
interface Scope {
  readonly errors: GraphQLError[][];
  readonly parts: Part[];
}

/** Why a part is not ready: a value that is awaited, or a list that is not complete. */
type Block =
  | { readonly holder: object; readonly key: string | number }
  | { readonly list: readonly unknown[] };

/** Items delivered in one payload: between two of them, other requests have the thread. */
const ITEMS_A_PAYLOAD = 100;

/** Delivers an answer, while it is being completed, in parts. */
class Delivery {
  readonly #operation: Operation;
  readonly #answer: LiveAnswer;
  readonly #blocks = new WeakMap<Part, Block>();
  /** A list is streamed once: other parts with its field hold all of it, so that clients which merge by index keep what they have. */
  readonly #streamed = new WeakSet<readonly unknown[]>();
  #parts: Part[] = [];
  #block: Block | null = null;

  constructor(operation: Operation, answer: LiveAnswer) {
    this.#operation = operation;
    this.#answer = answer;
  }

  async *payloads(root: GraphQLObjectType): AsyncGenerator<Payload, void, void> {
    let first = this.#first(root);
    while (first === null) {
      await this.#answer.change();
      first = this.#first(root);
    }
    if (first.hasNext) yield first;
    else yield { ...first, ...withErrors([...(first.errors ?? []), ...(await this.#otherErrors())]) };
    while (this.#parts.length > 0) {
      const { isOver } = this.#answer; // whatever is not ready then never will be
      let patches = this.#readyPatches();
      if (patches.length === 0 && isOver) patches = this.#failedPatches();
      if (patches.length === 0 && this.#parts.length > 0) {
        await this.#answer.change();
        continue;
      }
      const hasNext = this.#parts.length > 0;
      yield {
        ...withPatches(hasNext ? patches : withLastErrors(patches, await this.#otherErrors())),
        hasNext,
      };
    }
  }

  /** Errors of values that others have voided, once nothing is awaited any more. */
  async #otherErrors(): Promise<readonly GraphQLError[]> {
    while (!this.#answer.isOver) await this.#answer.change();
    return this.#answer.takeOtherErrors();
  }

  /** The first part; null where it is not ready. */
  #first(root: GraphQLObjectType): Payload | null {
    const { schema, definition, variables, fragments } = this.#operation;
    const { data } = this.#answer;
    if (data === null) {
      const errors = this.#answer.takeOtherErrors();
      return { data: null, ...withErrors(errors), hasNext: false };
    }
    if (this.#block !== null && this.#isBlocked(this.#block)) return null;
    const scope: Scope = { errors: [], parts: [] };
    const collected = collectFields(schema, fragments, variables, root, definition.selectionSet);
    const made = this.#object(root, collected, data, null, scope);
    if (made === PENDING) return null;
    this.#parts = this.#opened(scope);
    return { data: made, ...withErrors(taken(scope)), hasNext: scope.parts.length > 0 };
  }

  /** Patches of all parts that are ready. Parts within them take their place. */
  #readyPatches(): Patch[] {
    const patches: Patch[] = [];
    const left: Part[] = [];
    let items = 0;
    for (const part of this.#parts) {
      const block = this.#blocks.get(part);
      if (items >= ITEMS_A_PAYLOAD || (block !== undefined && this.#isBlocked(block))) {
        left.push(part);
        continue;
      }
      const scope: Scope = { errors: [], parts: [] };
      const patch = part.kind === "deferred" ? this.#fragment(part, scope) : this.#rest(part, scope);
      if (patch !== null) {
        patches.push(patch);
        items += patch.items?.length ?? 1;
      }
      const isDone = part.kind === "deferred" ? patch !== null : this.#isDelivered(part);
      if (!isDone) left.push(part);
      if (!isDone && this.#block !== null) this.#blocks.set(part, this.#block);
      if (patch !== null) left.push(...this.#opened(scope));
    }
    this.#parts = left;
    return patches;
  }

  /** The parts within one that is delivered. */
  #opened({ parts }: Scope): Part[] {
    for (const part of parts) if (part.kind === "streamed") this.#streamed.add(part.list);
    return parts;
  }

  /** Patches of the parts that something outside of them has voided. */
  #failedPatches(): Patch[] {
    const errors = this.#answer.takeOtherErrors();
    const patches = this.#parts.map(({ kind, label, place, ...part }, i) => ({
      ...(kind === "deferred" ? { data: null } : { items: null }),
      path: "delivered" in part ? [...pathOf(place), part.delivered] : pathOf(place),
      ...(label === undefined ? {} : { label }),
      ...withErrors(i === 0 ? errors : []),
    }));
    this.#parts = [];
    return patches;
  }

  #fragment({ type, fields, answer, place, label }: DeferredPart, scope: Scope): Patch | null {
    this.#block = null;
    const data = this.#object(type, { fields, patches: [] }, answer, place, scope);
    if (data === PENDING) return null;
    return {
      data,
      path: pathOf(place),
      ...(label === undefined ? {} : { label }),
      ...withErrors(taken(scope)),
    };
  }

  /** The next items that are ready; null where there is none. */
  #rest(part: StreamedPart, scope: Scope): Patch | null {
    const { itemType, nodes, list, place, label, delivered } = part;
    this.#block = null;
    const items: unknown[] = [];
    while (part.delivered < list.length && items.length < ITEMS_A_PAYLOAD) {
      const own: Scope = { errors: [], parts: [] };
      const item = this.#value(itemType, nodes, list, part.delivered, place, own, false);
      if (item === PENDING) break;
      items.push(item);
      scope.errors.push(...own.errors);
      scope.parts.push(...own.parts);
      part.delivered++;
    }
    if (this.#block === null && part.delivered === list.length) this.#block = { list };
    if (items.length === 0) return null;
    const path = [...pathOf(place), delivered];
    return { items, path, ...(label === undefined ? {} : { label }), ...withErrors(taken(scope)) };
  }

  #isDelivered({ list, delivered }: StreamedPart): boolean {
    return delivered === list.length && !this.#answer.isOpen(list);
  }

  /** True if looking again is in vain. An error can have put null in the place of what held the awaited value. */
  #isBlocked(block: Block): boolean {
    if (this.#answer.isOver || !("holder" in block)) return false;
    return Reflect.get(block.holder, block.key) === PENDING;
  }

  /** A copy of an object with the fields of a part; PENDING where one of them is awaited. */
  #object(
    type: GraphQLObjectType,
    { fields, patches }: ReturnType<typeof collectFields>,
    answer: object,
    place: Place | null,
    scope: Scope,
  ): Record<string, unknown> | typeof PENDING {
    const made: Record<string, unknown> = {};
    for (const [key, nodes] of fields) {
      const field = fieldOf(this.#operation.schema, type, nodes[0]?.name.value ?? "");
      if (field === undefined) continue;
      const value = this.#value(field.type, nodes, answer, key, place, scope, true);
      if (value === PENDING) return PENDING;
      made[key] = value;
    }
    for (const patch of patches)
      scope.parts.push({ kind: "deferred", label: patch.label, place, type, fields: patch.fields, answer });
    return made;
  }

  #value(
    outer: GraphQLOutputType,
    nodes: FieldNode[],
    holder: object,
    key: string | number,
    prev: Place | null,
    scope: Scope,
    mayStream: boolean,
  ): unknown {
    const value: unknown = Reflect.get(holder, key);
    if (value === PENDING) {
      this.#block = { holder, key };
      return PENDING;
    }
    if (value === null) {
      scope.errors.push(this.#answer.errorsAt(holder, key));
      return null;
    }
    const type = getNullableType(outer);
    if (isLeafType(type)) return value;
    const place = { prev, key };
    if (isListType(type))
      return this.#list(type.ofType, nodes, value as readonly unknown[], place, scope, mayStream);
    const { schema, fragments, variables } = this.#operation;
    const answer = value as object;
    const own = isObjectType(type) ? type : this.#answer.typeOf(answer);
    if (own === undefined) throw new Error(`an object of ${type} was completed without its type`);
    return this.#object(
      own,
      collectSubFields(schema, fragments, variables, own, nodes),
      answer,
      place,
      scope,
    );
  }

  #list(
    itemType: GraphQLOutputType,
    nodes: FieldNode[],
    list: readonly unknown[],
    place: Place,
    scope: Scope,
    mayStream: boolean,
  ): unknown {
    const stream = mayStream && !this.#streamed.has(list) ? this.#streamOf(nodes) : null;
    const isOpen = this.#answer.isOpen(list);
    const count = Math.min(list.length, stream?.initialCount ?? list.length);
    if (isOpen && (stream === null || list.length < stream.initialCount)) {
      this.#block = { list };
      return PENDING;
    }
    const items: unknown[] = [];
    for (let i = 0; i < count; i++) {
      const item = this.#value(itemType, nodes, list, i, place, scope, false);
      if (item === PENDING) return PENDING;
      items.push(item);
    }
    if (stream !== null && (isOpen || list.length > count))
      scope.parts.push({
        kind: "streamed",
        label: stream.label,
        place,
        itemType,
        nodes,
        list,
        delivered: count,
      });
    return items;
  }

  #streamOf([node]: readonly FieldNode[]): {
    readonly label: string | undefined;
    readonly initialCount: number;
  } | null {
    const { variables } = this.#operation;
    const stream = node && getDirectiveValues(GraphQLStreamDirective, node, variables);
    if (stream === undefined || stream.if === false) return null;
    const { label, initialCount } = stream;
    return {
      label: typeof label === "string" ? label : undefined,
      initialCount: typeof initialCount === "number" ? initialCount : 0,
    };
  }
}

/** Takes the errors that come with a part, so that each is delivered once. */
function taken({ errors }: Scope): readonly GraphQLError[] {
  return errors.flatMap((each) => each.splice(0));
}

function withPatches(incremental: readonly Patch[]): { readonly incremental?: readonly Patch[] } {
  return incremental.length === 0 ? {} : { incremental };
}

function withLastErrors(patches: readonly Patch[], errors: readonly GraphQLError[]): readonly Patch[] {
  const last = patches.at(-1);
  if (last === undefined || errors.length === 0) return patches;
  return [...patches.slice(0, -1), { ...last, errors: [...(last.errors ?? []), ...errors] }];
}

function withErrors(errors: readonly GraphQLError[]): { readonly errors?: readonly GraphQLError[] } {
  return errors.length === 0 ? {} : { errors };
}

function pathOf(place: Place | null): Path {
  const path: (string | number)[] = [];
  for (let each = place; each !== null; each = each.prev) path.push(each.key);
  return path.reverse();
}
