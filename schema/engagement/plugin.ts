import type { Context } from "../../src/context.ts";
import type { SessionUse } from "../../src/domain/engagement.ts";
import { type Plugin as PluginShape, pluginKey } from "../../src/domain/plugin.ts";
import { pluginByKey } from "../../src/loaders/engagement-parts.ts";
import {
  PLUGIN_FILTER_VALUES,
  PLUGIN_FILTERS,
  pluginActivity,
} from "../../src/upstream/endpoints/plugins.ts";
import { builder, nodeLoader } from "../framework/builder.ts";
import { engagementOrder } from "../framework/order.ts";
import { sum } from "./activity.ts";
import {
  engagementArgs,
  type ListArgs,
  listMeasured,
  loadMeasured,
  type Measured,
  type MeasuredKind,
  measuredId,
  measuredLookup,
  measuredRequests,
} from "./engagement.ts";
import { EngagementFilter } from "./filter.ts";

const PluginUse = builder.objectRef<SessionUse>("PluginUse").implement({
  description: "Use of a plugin in one product.",
  fields: (t) => ({
    sessions: t.expose("sessions", {
      type: "Count",
      nullable: true,
      description:
        "Distinct sessions that invoked it. Null over more than one day: upstream does not count them across days.",
    }),
  }),
});

/** What is measured of a plugin, of everybody's use or a part of it. */
export const PluginFigures = builder.interfaceRef<PluginShape>("PluginFigures").implement({
  description: "The use of a plugin: by everyone, in one product or by the members of one group.",
  fields: (t) => ({
    users: t.expose("users", {
      type: "Count",
      nullable: true,
      description:
        "Different people who installed or invoked it. Recounted exactly over the range; not additive.",
    }),
    installs: t.expose("installs", {
      type: "Count",
      nullable: true,
      description:
        "Different people who installed it. Recounted exactly over the range; not additive. Null: not measured.",
    }),
    invocations: t.expose("invocations", sum("Invocations.")),
    claudeCode: t.expose("claudeCode", { type: PluginUse, nullable: true, description: "In Claude Code." }),
    cowork: t.expose("cowork", { type: PluginUse, nullable: true, description: "In Cowork." }),
    chatCowork: t.expose("chatCowork", {
      type: PluginUse,
      nullable: true,
      description: "In the merged Chat and Cowork product; null where the organization does not have it.",
    }),
  }),
});

const plugins: MeasuredKind<PluginShape> = {
  field: "plugins",
  endpoint: pluginActivity,
  filters: PLUGIN_FILTERS,
  filterValues: PLUGIN_FILTER_VALUES,
  choosing: ["names"],
  ownOf: pluginKey,
  // By the whole list: upstream filters on names only, and the list is mostly one page, which others have asked for too.
  rows: pluginByKey,
};

export const Plugin = builder.node(builder.objectRef<Measured<PluginShape>>("Plugin"), {
  description:
    "A plugin as used over the range of the list, as far as its filter lets through. The `id` names all three; `pluginId` is the plugin's own. Source: PLUGIN_ACTIVITY.",
  interfaces: [PluginFigures],
  id: { resolve: (plugin, _args, ctx) => measuredId(ctx, plugin, pluginKey(plugin)) },
  lookup: measuredLookup(plugins),
  loadOne: nodeLoader("Plugin", (id, ctx) => loadMeasured(ctx, plugins, id)),
  fields: (t) => ({
    name: t.exposeString("name", {
      description:
        "Name. Plugins of several marketplaces can share one. `third-party` is a bucket of all plugins that are not named, not a plugin.",
    }),
    pluginId: t.exposeString("pluginId", {
      nullable: true,
      description:
        "The id upstream knows it by, such as `name@marketplace`; null for `third-party` and where only a hash is known.",
    }),
  }),
});

const PluginOrder = engagementOrder<Measured<PluginShape>>(
  "Plugin",
  { field: "NAME", description: "By name." },
  {
    USERS: { description: "Different people who installed or invoked it.", of: ({ users }) => users },
    INSTALLS: { description: "Different people who installed it.", of: ({ installs }) => installs },
    INVOCATIONS: { description: "Invocations.", of: ({ invocations }) => invocations },
  },
);

type PluginArgs = ListArgs<PluginShape> & {
  readonly orderBy?: typeof PluginOrder.input.$inferInput | null | undefined;
};

function ordered(args: PluginArgs, ctx: Context): ListArgs<PluginShape> {
  return { ...args, order: PluginOrder.orderOf(args.orderBy, ctx) };
}

const PluginConnection = builder.connectionObject(
  { type: Plugin, name: "PluginConnection", description: "Plugins installed or used in the range." },
  { name: "PluginEdge", description: "A plugin and its place in the list." },
);

builder.queryField("plugins", (t) =>
  t.field({
    authScopes: { "activity:read": true },
    type: PluginConnection,
    nullable: true,
    description:
      "Plugins of Claude Code and Cowork that were installed or used in the range, by name unless ordered otherwise. Source: PLUGIN_ACTIVITY. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_*, UPSTREAM_*.",
    args: {
      filter: t.arg({ type: EngagementFilter, description: "Which use to count." }),
      orderBy: t.arg({
        type: PluginOrder.input,
        description: "What comes first; by default the first by name.",
      }),
      ...engagementArgs,
    },
    requests: ({ args }, ctx) => measuredRequests(ctx, plugins, ordered(args, ctx)),
    resolve: (_root, args, ctx) => listMeasured(ctx, plugins, ordered(args, ctx)),
  }),
);
