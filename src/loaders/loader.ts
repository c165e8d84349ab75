import DataLoader from "dataloader";
import type { Context } from "../context.ts";

/** Answers one question for many keys at once; a key without an answer is null, and an error is that key's alone. */
export type Lookup<Params, Value> = (
  ctx: Context,
  params: Params,
  keys: readonly string[],
) => Promise<ReadonlyMap<string, Value | Error>>;

/** Returns the answers to the keys that have one. */
export function answersByKey<Value>(
  keys: readonly string[],
  answerTo: (key: string) => Value | null,
): ReadonlyMap<string, Value> {
  const found = new Map<string, Value>();
  for (const key of keys) {
    const answer = answerTo(key);
    if (answer !== null) found.set(key, answer);
  }
  return found;
}

/** Returns the answers to a question by key, where this process holds all that they are made from; null: they are looked up. */
export type HeldAnswers<Params, Value> = (
  ctx: Context,
  params: Params,
) => ((key: string) => Value | null) | null;

/** Answers by key, without waiting where all that they are made from is at hand. */
export interface KeyedAnswers<Value> {
  load(key: string): Value | null | Promise<Value | null>;
}

/** The answers to a question by its params. */
interface AnswersToQuestion {
  readonly byParams: Map<string, KeyedAnswers<unknown>>;
  /** The last ones that were used: most rows of a list ask with equal params. */
  last: { readonly params: object; readonly answers: KeyedAnswers<unknown> } | null;
}

const known = new WeakMap<Context, Map<unknown, AnswersToQuestion>>();

/**
 * A question asked by key, as a DataLoader per operation and params: all keys that one level of a query asks for go out
 * together. Answers are matched to keys by what they are about, never by position.
 */
export function loader<Params extends object, Value>(
  question: Lookup<Params, Value>,
): (ctx: Context, params: Params) => DataLoader<string, Value | null> {
  return (ctx, params) =>
    answersTo(question, ctx, params, () => batched(question, ctx, params)) as DataLoader<
      string,
      Value | null
    >;
}

/** A question asked by key that needs no DataLoader, and no promise for each row, where `held` has its answers. */
export function loaderUnlessHeld<Params extends object, Value>(
  question: Lookup<Params, Value>,
  held: HeldAnswers<Params, Value>,
): (ctx: Context, params: Params) => KeyedAnswers<Value> {
  const answersIn = (ctx: Context, params: Params) => {
    const load = held(ctx, params);
    return load === null ? batched(question, ctx, params) : { load };
  };
  return (ctx, params) =>
    answersTo(question, ctx, params, () => answersIn(ctx, params)) as KeyedAnswers<Value>;
}

function answersTo(
  question: unknown,
  ctx: Context,
  params: object,
  make: () => KeyedAnswers<unknown>,
): KeyedAnswers<unknown> {
  const last = known.get(ctx)?.get(question)?.last;
  if (last && isSame(params, last.params)) return last.answers;
  const byQuestion = known.getOrInsertComputed(ctx, () => new Map());
  const ofQuestion = byQuestion.getOrInsertComputed(question, () => ({ byParams: new Map(), last: null }));
  const answers = ofQuestion.byParams.getOrInsertComputed(JSON.stringify(params), make);
  ofQuestion.last = { params, answers };
  return answers;
}

function batched<Params, Value>(
  question: Lookup<Params, Value>,
  ctx: Context,
  params: Params,
): DataLoader<string, Value | null> {
  const batchScheduleFn = (dispatch: () => void) => void ctx.upstream.keysCollected().then(dispatch);
  const batch = async (keys: readonly string[]) => {
    const answers = await question(ctx, params, keys);
    return keys.map((key) => answers.get(key) ?? null);
  };
  return new DataLoader<string, Value | null>(batch, { batchScheduleFn });
}

/** Compares the properties of params by identity: the rows of a list have its very range. */
function isSame(a: object, b: object): boolean {
  return hasAllOf(a, b) && hasAllOf(b, a);
}

function hasAllOf(a: object, b: object): boolean {
  for (const name in b) if (!(name in a) || a[name as never] !== b[name as never]) return false;
  return true;
}
