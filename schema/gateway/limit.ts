import type { StatedLimit } from "../../src/settings/limits.ts";
import { builder } from "../framework/builder.ts";

const Limit = builder.objectRef<StatedLimit>("Limit").implement({
  description: "A bound of this gateway, as its operator set it.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "The setting, which errors name in `extensions.limit`." }),
    value: t.expose("value", { type: "Count", description: "The most it allows." }),
    description: t.exposeString("meaning", { description: "What it bounds." }),
  }),
});

builder.queryField("limits", (t) =>
  t.field({
    authScopes: { anybody: true },
    type: [Limit],
    description:
      "What one request and one caller are held to; whatever passes one is refused before it is run, with LIMIT_EXCEEDED, CALLER_RATE_LIMITED or TOO_EXPENSIVE. Bounds that are not set are not listed. Asks nothing of upstream.",
    resolve: (_root, _args, { limits }) => [...limits],
  }),
);
