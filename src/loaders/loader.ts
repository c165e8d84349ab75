import DataLoader from "dataloader";
import type { Context } from "../context.ts";

/** Answers one question for many keys at once; a key without an answer is null, and an error is that key's alone. */
export type Lookup<Params, Value> = (
  ctx: Context,
  params: Params,
  keys: readonly string[],
) => Promise<ReadonlyMap<string, Value | Error>>;

const loaders = new WeakMap<Context, Map<unknown, Map<string, DataLoader<string, unknown>>>>();

/**
 * A question asked by key, as a DataLoader per operation and params: all keys that one level of a query asks for go out
 * together. Answers are matched to keys by what they are about, never by position.
 */
export function loader<Params, Value>(
  question: Lookup<Params, Value>,
): (ctx: Context, params: Params) => DataLoader<string, Value | null> {
  return (ctx, params) => {
    const byQuestion = loaders.getOrInsertComputed(ctx, () => new Map());
    const byParams = byQuestion.getOrInsertComputed(question, () => new Map());
    const batchScheduleFn = (dispatch: () => void) => void ctx.upstream.keysCollected().then(dispatch);
    const batch = async (keys: readonly string[]) => {
      const answers = await question(ctx, params, keys);
      return keys.map((key) => answers.get(key) ?? null);
    };
    return byParams.getOrInsertComputed(
      JSON.stringify(params),
      () => new DataLoader<string, unknown>(batch, { batchScheduleFn }),
    ) as DataLoader<string, Value | null>;
  };
}
