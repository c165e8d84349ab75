import type { Context } from "../context.ts";

/** Works a value out once for each operation and parameters, so that the planner and the resolvers have the same one. */
export function oncePerOperation<Params, Value>(
  make: (ctx: Context, params: Params) => Value,
): (ctx: Context, params: Params) => Value {
  const made = new WeakMap<Context, Map<string, { readonly value: Value }>>();
  return (ctx, params) => {
    const ofOperation = made.get(ctx) ?? new Map<string, { readonly value: Value }>();
    made.set(ctx, ofOperation);
    const key = JSON.stringify(params);
    const known = ofOperation.get(key) ?? { value: make(ctx, params) };
    ofOperation.set(key, known);
    return known.value;
  };
}
