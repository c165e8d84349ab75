import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type NameNode,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
  visit,
} from "graphql";
import { valueAt } from "../export/fields.ts";

/** A document with its list made ready to be read page by page. */
export interface PagedDocument {
  readonly document: DocumentNode;
  /** The variable that the document has for `first`; null: it has none. */
  readonly firstVariable: string | null;
  /** The variable that the document has for `after`; null: it has none. */
  readonly afterVariable: string | null;
  /** True if the document states a number of rows, which no variable changes. */
  readonly isBounded: boolean;
}

/** Names of the two variables and the field that are added. No name of a schema begins with two underscores. */
export const PAGE = { first: "__first", after: "__after", info: "__page" } as const;

const [ADDED] = parse(
  `query ($${PAGE.first}: Int, $${PAGE.after}: String) { ${PAGE.info}: pageInfo { hasNextPage endCursor } }`,
  { noLocation: true },
).definitions as readonly [OperationDefinitionNode];

/** Where a page of a list ends. */
export interface PageEnd {
  readonly hasNextPage: boolean;
  /** Null: the page has no rows, as with `first: 0`. */
  readonly endCursor: string | null;
}

/** The end of the page in an answer to a paged document, by the path of its list. A list that is null does not go on. */
export function pageEnd(data: object, listPath: string): PageEnd {
  const end = valueAt(data, [...listPath.split("."), PAGE.info]) as PageEnd | null;
  return end ?? { hasNextPage: false, endCursor: null };
}

const pagedByList = new WeakMap<FieldNode, PagedDocument>();

/** Gives the list of an operation variables for its page, and selects where the page ends. */
export function pagedDocument(
  document: DocumentNode,
  definition: OperationDefinitionNode,
  list: FieldNode,
): PagedDocument {
  return pagedByList.getOrInsertComputed(list, () => {
    const [first, after] = [argumentIn(list, "first"), argumentIn(list, "after")];
    return {
      document: visit(document, {
        OperationDefinition: {
          // On the way in, so that the fields below are visited too.
          enter: (node) => (node === definition ? withVariables(node) : undefined),
        },
        Field: { enter: (node) => (node === list ? withPage(node) : undefined) },
      }),
      firstVariable: first?.kind === Kind.VARIABLE ? first.name.value : null,
      afterVariable: after?.kind === Kind.VARIABLE ? after.name.value : null,
      isBounded: first !== undefined && first.kind !== Kind.VARIABLE,
    };
  });
}

function argumentIn({ arguments: given = [] }: FieldNode, name: string): ArgumentNode["value"] | undefined {
  return given.find((each) => each.name.value === name)?.value;
}

function withVariables(definition: OperationDefinitionNode): OperationDefinitionNode {
  const { variableDefinitions = [] } = definition;
  return {
    ...definition,
    variableDefinitions: [...variableDefinitions, ...(ADDED.variableDefinitions ?? [])],
  };
}

function withPage(list: FieldNode): FieldNode {
  const others = list.arguments?.filter(({ name }) => name.value !== "first" && name.value !== "after") ?? [];
  const selections: readonly SelectionNode[] = list.selectionSet?.selections ?? [];
  return {
    ...list,
    arguments: [...others, argument("first", PAGE.first), argument("after", PAGE.after)],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [...selections, ...ADDED.selectionSet.selections],
    },
  };
}

function argument(name: string, variable: string): ArgumentNode {
  const named = (value: string): NameNode => ({ kind: Kind.NAME, value });
  return {
    kind: Kind.ARGUMENT,
    name: named(name),
    value: { kind: Kind.VARIABLE, name: named(variable) },
  };
}
