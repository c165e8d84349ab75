import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  getNullableType,
  isListType,
  Kind,
  type SelectionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";

export interface DeliveredError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string };
}

export interface DeliveredPatch {
  readonly path: readonly (string | number)[];
  readonly label?: string;
  readonly data?: object | null;
  readonly items?: readonly unknown[] | null;
  readonly errors?: readonly DeliveredError[];
  readonly extensions?: object;
}

export interface Delivered {
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the shape of what it asked for
  readonly data?: any;
  readonly errors?: readonly DeliveredError[];
  readonly extensions?: object;
  readonly incremental?: readonly DeliveredPatch[];
  readonly hasNext?: boolean;
}

/** The parts of an answer in the body of a response, whichever way they are framed. */
export function partsIn(contentType: string, body: string): readonly Delivered[] {
  if (contentType.startsWith("text/event-stream"))
    return [...body.matchAll(/^event: next\ndata: (.+)\n\n/gm)].map(([, json = ""]) => JSON.parse(json));
  if (!contentType.startsWith("multipart/mixed")) return [JSON.parse(body)];
  return body
    .split("\r\n---")
    .slice(1, -1)
    .map((part) => JSON.parse(part.slice(part.indexOf("\r\n\r\n"))));
}

/** Joins the parts of an answer, as the format says. Throws where one does not follow on from those before it. */
export function joined(parts: readonly Delivered[]): Delivered & { readonly isVoided: boolean } {
  const [first, ...rest] = structuredClone(parts) as Delivered[];
  const root = { data: first?.data };
  const errors = [...(first?.errors ?? [])];
  let isVoided = false;
  for (const { incremental = [] } of rest)
    for (const { path, data, items, errors: own = [] } of incremental) {
      errors.push(...own);
      if (data === null || items === null) {
        isVoided = true;
        continue;
      }
      const keys = items === undefined ? path : path.slice(0, -1);
      let target: unknown = root.data;
      for (const key of keys) target = (target as Record<string | number, unknown>)[key];
      if (typeof target !== "object" || target === null) throw new Error(`nothing is at ${path.join(".")}`);
      if (items === undefined) merge(target, data ?? {});
      else if (!Array.isArray(target) || target.length < Number(path.at(-1)))
        throw new Error(`items at ${path.join(".")} do not follow on`);
      else merge(target, Object.fromEntries(items.map((item, i) => [Number(path.at(-1)) + i, item])));
    }
  return { ...root, errors, isVoided };
}

function merge(target: object, source: object): void {
  for (const [key, value] of Object.entries(source)) {
    const before: unknown = Reflect.get(target, key);
    const isObject =
      typeof before === "object" && before !== null && typeof value === "object" && value !== null;
    if (isObject) merge(before, value);
    else Reflect.set(target, key, value);
  }
}

/** Puts `@defer` and `@stream` in places of a document that chance decides; `random` gives numbers from 0 to 1. */
export function placedIn(schema: GraphQLSchema, document: DocumentNode, random: () => number): DocumentNode {
  const types = new TypeInfo(schema);
  let labels = 0;
  const label = () => `label: "part ${labels++}"`;
  const streamed = new Set<FieldNode>();
  visit(
    document,
    visitWithTypeInfo(types, {
      Field(node) {
        const type = types.getType();
        if (type && isListType(getNullableType(type)) && random() < 0.4) streamed.add(node);
      },
    }),
  );
  const directive = (name: string, values: string) =>
    ({ kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: `${name}(${values})` } }) as const;
  const deferred = (selections: readonly SelectionNode[]): SelectionNode => ({
    kind: Kind.INLINE_FRAGMENT,
    directives: [directive("defer", label())],
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  });
  return visit(document, {
    Field: {
      leave(node) {
        const original = [...streamed].find(({ loc }) => loc?.start === node.loc?.start);
        if (original === undefined) return;
        const stream = directive("stream", `initialCount: ${Math.floor(random() * 4)} ${label()}`);
        return { ...node, directives: [...(node.directives ?? []), stream] };
      },
    },
    SelectionSet: {
      leave(node) {
        const selections: SelectionNode[] = [];
        for (const each of node.selections) {
          const chance = random();
          if (chance < 0.3) selections.push(deferred([each]));
          else if (chance < 0.35) selections.push(each, deferred([plain(each)]));
          else selections.push(each);
        }
        return { ...node, selections };
      },
    },
  });
}

/** A copy without labels, which are used once. */
function plain(selection: SelectionNode): SelectionNode {
  return visit(selection, {
    Directive: ({ name }) => (/^(defer|stream)\(/.test(name.value) ? null : undefined),
  });
}

/** A source of numbers from 0 to 1 that depends on a seed alone. */
export function randomBy(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
