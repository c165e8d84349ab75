import DataLoader from "dataloader";
import type { Context } from "../context.ts";

/** Answers one question for many keys at once; a key without an answer is null, and an error is that key's alone. */
export type Lookup<Params, Value> = (
  ctx: Context,
  params: Params,
  keys: readonly string[],
) => Promise<ReadonlyMap<string, Value | Error>>;

type AnyLoader = DataLoader<string, unknown>;

/** The loaders of a question, by its params. */
interface LoadersOfQuestion {
  readonly byParams: Map<string, AnyLoader>;
  /** The one that was used last: most rows of a list ask with equal params. */
  last: { readonly params: object; readonly loader: AnyLoader } | null;
}

const loaders = new WeakMap<Context, Map<unknown, LoadersOfQuestion>>();

/**
 * A question asked by key, as a DataLoader per operation and params: all keys that one level of a query asks for go out
 * together. Answers are matched to keys by what they are about, never by position.
 */
export function loader<Params extends object, Value>(
  question: Lookup<Params, Value>,
): (ctx: Context, params: Params) => DataLoader<string, Value | null> {
  return (ctx, params) => {
    const last = loaders.get(ctx)?.get(question)?.last;
    const known = last && isSame(params, last.params) ? last.loader : loaderOf(question, ctx, params);
    return known as DataLoader<string, Value | null>;
  };
}

function loaderOf<Params extends object, Value>(
  question: Lookup<Params, Value>,
  ctx: Context,
  params: Params,
): AnyLoader {
  const byQuestion = loaders.getOrInsertComputed(ctx, () => new Map());
  const known = byQuestion.getOrInsertComputed(question, () => ({ byParams: new Map(), last: null }));
  const batchScheduleFn = (dispatch: () => void) => void ctx.upstream.keysCollected().then(dispatch);
  const batch = async (keys: readonly string[]) => {
    const answers = await question(ctx, params, keys);
    return keys.map((key) => answers.get(key) ?? null);
  };
  const loader = known.byParams.getOrInsertComputed(
    JSON.stringify(params),
    () => new DataLoader<string, unknown>(batch, { batchScheduleFn }),
  );
  known.last = { params, loader };
  return loader;
}

/** Compares the properties of params by identity: the rows of a list have its very range. */
function isSame(a: object, b: object): boolean {
  return hasAllOf(a, b) && hasAllOf(b, a);
}

function hasAllOf(a: object, b: object): boolean {
  for (const name in b) if (!(name in a) || a[name as never] !== b[name as never]) return false;
  return true;
}
