import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type TypeNode,
  type ValueNode,
} from "graphql";
import type { RequestLimits } from "../../settings/limits.ts";
import { keepWithin } from "./exceeded.ts";

/** The size of a part of a document, by the setting that bounds it; the first is the number it adds to its selection set. */
interface Size {
  width: number;
  MAX_DEPTH: number;
  MAX_INTROSPECTION_DEPTH: number;
  MAX_ALIASES: number;
  MAX_DIRECTIVES: number;
  MAX_BREADTH: number;
  MAX_FIELDS: number;
  MAX_LIST_LENGTH: number;
  MAX_INPUT_DEPTH: number;
}

const nothing = (): Size => ({
  width: 0,
  MAX_DEPTH: 0,
  MAX_INTROSPECTION_DEPTH: 0,
  MAX_ALIASES: 0,
  MAX_DIRECTIVES: 0,
  MAX_BREADTH: 0,
  MAX_FIELDS: 0,
  MAX_LIST_LENGTH: 0,
  MAX_INPUT_DEPTH: 0,
});

const ADDED = ["width", "MAX_ALIASES", "MAX_DIRECTIVES", "MAX_FIELDS"] as const;

const LARGEST = [
  "MAX_DEPTH",
  "MAX_INTROSPECTION_DEPTH",
  "MAX_BREADTH",
  "MAX_LIST_LENGTH",
  "MAX_INPUT_DEPTH",
] as const;

/** Throws LIMIT_EXCEEDED where a document is larger than it may be in what can be read off its text. */
export function boundDocument({ definitions }: DocumentNode, limits: RequestLimits): void {
  const operations = definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const fragments = definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
  keepWithin(limits, { MAX_OPERATIONS: operations.length, MAX_FRAGMENTS: fragments.length });
  const sizeOfFragment = fragmentSizes(fragments);
  const all = [
    ...operations.map((each) => {
      const size = sizeOfSet(each.selectionSet, sizeOfFragment);
      addDirectives(size, each.directives);
      for (const { type, defaultValue, directives } of each.variableDefinitions ?? []) {
        if (defaultValue !== undefined) addValue(size, defaultValue);
        size.MAX_INPUT_DEPTH = Math.max(size.MAX_INPUT_DEPTH, depthOfType(type));
        addDirectives(size, directives);
      }
      return size;
    }),
    // Validation also reads fragments that are never spread.
    ...fragments.map(({ name, typeCondition }) => {
      const size = sizeOfFragment(name.value);
      const isIntrospection = typeCondition.name.value.startsWith("__");
      return isIntrospection ? { ...size, MAX_DEPTH: 0, MAX_INTROSPECTION_DEPTH: size.MAX_DEPTH } : size;
    }),
  ];
  for (const { width: _, ...size } of all) keepWithin(limits, size);
}

/** Each fragment is sized once, however often it is spread: thirty that spread the next one twice are 2^30 fields. */
function fragmentSizes(fragments: readonly FragmentDefinitionNode[]): (name: string) => Size {
  const byName = new Map(fragments.map((each) => [each.name.value, each]));
  const sizes = new Map<string, Size>();
  const sizeOfFragment = (name: string): Size => {
    const known = sizes.get(name);
    if (known !== undefined) return known;
    const fragment = byName.get(name);
    sizes.set(name, nothing()); // in a circle, which validation refuses
    const size = fragment === undefined ? nothing() : sizeOfSet(fragment.selectionSet, sizeOfFragment);
    addDirectives(size, fragment?.directives);
    sizes.set(name, size);
    return size;
  };
  return sizeOfFragment;
}

function sizeOfSet({ selections }: SelectionSetNode, sizeOfFragment: (name: string) => Size): Size {
  const size = nothing();
  for (const selection of selections) {
    const part = sizeOfSelection(selection, sizeOfFragment);
    for (const name of ADDED) size[name] += part[name];
    for (const name of LARGEST) size[name] = Math.max(size[name], part[name]);
    addDirectives(size, selection.directives);
  }
  size.MAX_BREADTH = Math.max(size.MAX_BREADTH, size.width);
  return size;
}

function sizeOfSelection(selection: SelectionNode, sizeOfFragment: (name: string) => Size): Size {
  if (selection.kind === Kind.FRAGMENT_SPREAD) return { ...sizeOfFragment(selection.name.value) };
  if (selection.kind === Kind.INLINE_FRAGMENT) return sizeOfSet(selection.selectionSet, sizeOfFragment);
  const { name, alias, selectionSet } = selection;
  const size = selectionSet === undefined ? nothing() : sizeOfSet(selectionSet, sizeOfFragment);
  const isIntrospection = name.value === "__schema" || name.value === "__type";
  if (isIntrospection) size.MAX_INTROSPECTION_DEPTH = 1 + size.MAX_DEPTH;
  size.MAX_DEPTH = isIntrospection ? 1 : 1 + size.MAX_DEPTH;
  size.MAX_ALIASES += alias === undefined ? 0 : 1;
  size.MAX_FIELDS++;
  size.width = 1;
  for (const { value } of selection.arguments ?? []) addValue(size, value);
  return size;
}

function addDirectives(
  size: Size,
  directives: readonly (DirectiveNode | ConstDirectiveNode)[] | undefined,
): void {
  size.MAX_DIRECTIVES += directives?.length ?? 0;
  for (const { arguments: args } of directives ?? [])
    for (const { value } of args ?? []) addValue(size, value);
}

function addValue(size: Size, value: ValueNode | ConstValueNode, depth = 0): void {
  if (value.kind !== Kind.LIST && value.kind !== Kind.OBJECT) return;
  size.MAX_INPUT_DEPTH = Math.max(size.MAX_INPUT_DEPTH, depth + 1);
  const entries = value.kind === Kind.LIST ? value.values : value.fields.map((field) => field.value);
  size.MAX_LIST_LENGTH = Math.max(size.MAX_LIST_LENGTH, entries.length);
  for (const each of entries) addValue(size, each, depth + 1);
}

function depthOfType(type: TypeNode): number {
  let depth = 0;
  for (let at = type; at.kind !== Kind.NAMED_TYPE; at = at.type) if (at.kind === Kind.LIST_TYPE) depth++;
  return depth;
}

/**
 * Throws LIMIT_EXCEEDED where variables exceed their limits, declared or not. It uses an explicit stack: JSON nests as deep as
 * its body is long, and recursion would overflow.
 */
export function boundVariables(variables: object, limits: RequestLimits): void {
  const values = { MAX_LIST_LENGTH: 0, MAX_INPUT_DEPTH: 0 };
  const left: [value: unknown, depth: number][] = Object.values(variables).map((each) => [each, 0]);
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [value, depth] = next;
    if (typeof value !== "object" || value === null) continue;
    values.MAX_INPUT_DEPTH = Math.max(values.MAX_INPUT_DEPTH, depth + 1);
    const entries = Object.values(value);
    values.MAX_LIST_LENGTH = Math.max(values.MAX_LIST_LENGTH, entries.length);
    for (const each of entries) left.push([each, depth + 1]);
  }
  keepWithin(limits, values);
}
