import type { Plugin } from "graphql-yoga";
import type { Context } from "../context.ts";

/** Says in `extensions.upstream` what an answer has cost: requests sent, pages taken from the cache, milliseconds waited. */
export function reportUsage(): Plugin<Context> {
  return {
    onExecute: ({ args }) => ({
      onExecuteDone({ result, setResult }) {
        if (Symbol.asyncIterator in result) return;
        const { upstream } = args.contextValue as Context;
        setResult({ ...result, extensions: { ...result.extensions, upstream: { ...upstream.usage } } });
      },
    }),
  };
}
