import type { GraphQLArgument, GraphQLField, GraphQLInputField, GraphQLSchema } from "graphql";
import { builderState, chooseBuild } from "./builder-state.ts";
import { beginChoice } from "./choice.ts";
import { GatewayFacts } from "./datasets.ts";
import { type BuildMeasure, type BuildSubject, subjectsOf } from "./subjects.ts";

/** A list or figure that the builder has for a field of the schema. */
export interface BuildTarget {
  readonly subject: BuildSubject;
  /** Null: the field is the list itself. */
  readonly measure: BuildMeasure | null;
}

type Definition = GraphQLField<unknown, unknown> | GraphQLInputField | GraphQLArgument;

/** The fields that a query can be built with: lists, and the figures of their rows. A figure of several lists is that of the first. */
export function buildTargets(schema: GraphQLSchema): ReadonlyMap<Definition, BuildTarget> {
  const targets = new Map<Definition, BuildTarget>();
  for (const subject of subjectsOf(schema)) {
    const list = subject.path.at(-1);
    if (list !== undefined) targets.set(list, { subject, measure: null });
    for (const measure of subject.measures) {
      const field = measure.fields.findLast(({ name }) => name !== "usd");
      if (field !== undefined && !targets.has(field)) targets.set(field, { subject, measure });
    }
  }
  return targets;
}

/** Begins a choice with a field of the schema. */
export function chooseTarget({ subject, measure }: BuildTarget): void {
  const { choice, facts } = builderState();
  const begun = beginChoice(subject, choice, facts ?? new GatewayFacts([], []));
  chooseBuild(measure === null ? begun : { ...begun, measures: [measure.name] });
}
