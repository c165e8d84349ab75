import type { ContractShapes, Shape } from "./shape.ts";

/** Words of measurement that a new field can have and no field of the contract has yet. */
const USUAL =
  "average audio bytes category current daily day days duration failed first hour hourly hours image images last latency latest maximum median minimum minute minutes monthly ms percent period previous rate ratio seconds share size state succeeded time title total totals updated url value version video week weekly".split(
    " ",
  );

/** The most words in the name of a field. */
const MAX_WORDS = 8;

/**
 * Returns whether a name can be shown. Upstream may add a field, or turn an object into a map with people, groups or models as names. A
 * name is shown if it consists of words that names in the contract consist of, and does not occur as a text of the body.
 */
export function publicNames(contract: ContractShapes, body: unknown): (name: string) => boolean {
  const words = new Set([
    ...Object.values(contract)
      .flatMap((shape) => [...namesIn(shape)])
      .flatMap(wordsOf),
    ...USUAL,
  ]);
  const texts = new Set(
    [...textsIn(body)].flatMap((text) => [folded(text), ...text.split(/[\s@.,:/]+/).map(folded)]),
  );
  return (name) => {
    const parts = wordsOf(name);
    return (
      /^[a-z]+(_[a-z]+)*$/.test(name) &&
      parts.length <= MAX_WORDS &&
      parts.every((word) => words.has(word)) &&
      !texts.has(name)
    );
  };
}

function wordsOf(name: string): string[] {
  return name.split("_");
}

function* namesIn({ fields = {}, items, entries }: Shape): Generator<string> {
  for (const [name, shape] of Object.entries(fields)) {
    yield name;
    yield* namesIn(shape);
  }
  if (items !== undefined) yield* namesIn(items);
  if (entries !== undefined) yield* namesIn(entries);
}

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null)
    for (const each of Object.values(value)) yield* textsIn(each);
}

/** A text as it would be written as a name. */
function folded(text: string): string {
  return text.toLowerCase().replaceAll(/\W+/g, "_");
}
