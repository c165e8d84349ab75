import type { StatedLimit } from "../../src/settings/limits.ts";
import { builder } from "../framework/builder.ts";

const Limit = builder.objectRef<StatedLimit>("Limit").implement({
  description: "A limit of this gateway, as its operator set it.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "The setting, which errors name in `extensions.limit`." }),
    value: t.expose("value", { type: "Count", description: "Maximum value." }),
    description: t.exposeString("meaning", { description: "Meaning of the limit." }),
  }),
});

builder.queryField("limits", (t) =>
  t.field({
    requires: ["anybody"],
    type: [Limit],
    description:
      "Limits of one request and one caller. A request over a limit is rejected before it runs, with LIMIT_EXCEEDED, CALLER_RATE_LIMITED or TOO_EXPENSIVE. Limits that are not set are not listed. Makes no upstream request.",
    resolve: (_root, _args, { limits }) => [...limits],
  }),
);
