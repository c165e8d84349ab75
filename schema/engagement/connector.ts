import type { Context } from "../../src/context.ts";
import type { Connector as ConnectorShape } from "../../src/domain/engagement.ts";
import { connectorUses } from "../../src/loaders/engagement-use.ts";
import { CONNECTOR_FILTERS, connectorActivity } from "../../src/upstream/endpoints/connectors.ts";
import { builder, nodeLoader } from "../framework/builder.ts";
import { engagementOrder } from "../framework/order.ts";
import { measured as optional } from "./activity.ts";
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
  OfficeSessions,
  useTypes,
} from "./engagement.ts";
import { EngagementFilter } from "./filter.ts";

const {
  Chat: ConnectorChat,
  Code: ConnectorCode,
  Cowork: ConnectorCowork,
  ChatCowork: ConnectorChatCowork,
} = useTypes("Connector", "used");

/** What is measured of a connector, of everybody's use or a part of it. */
export const ConnectorFigures = builder.interfaceRef<ConnectorShape>("ConnectorFigures").implement({
  description:
    "The use of a connector: by everyone, by one person, in one product or by the members of one group.",
  fields: (t) => ({
    readCalls: t.expose(
      "readCalls",
      optional("Calls marked read-only; measured where the range begins on or after 2026-05-29."),
    ),
    writeCalls: t.expose(
      "writeCalls",
      optional("Calls marked not read-only; measured where the range begins on or after 2026-05-29."),
    ),
    unclassifiedCalls: t.expose(
      "unclassifiedCalls",
      optional("Calls without a trusted mark; measured where the range begins on or after 2026-05-29."),
    ),
    chat: t.expose("chat", { type: ConnectorChat, nullable: true, description: "In chat." }),
    claudeCode: t.expose("claudeCode", {
      type: ConnectorCode,
      nullable: true,
      description: "In Claude Code.",
    }),
    office: t.expose("office", {
      type: OfficeSessions,
      nullable: true,
      description: "In Office applications.",
    }),
    cowork: t.expose("cowork", { type: ConnectorCowork, nullable: true, description: "In Cowork." }),
    chatCowork: t.expose("chatCowork", {
      type: ConnectorChatCowork,
      nullable: true,
      description: "In the merged Chat and Cowork product. Null where the organization does not have it.",
    }),
  }),
});

const connectors: MeasuredKind<ConnectorShape> = {
  field: "connectors",
  endpoint: connectorActivity,
  filters: CONNECTOR_FILTERS,
  choosing: ["names"],
  ownOf: ({ name }) => name,
  rows: connectorUses.thing,
};

export const Connector = builder.node(builder.objectRef<Measured<ConnectorShape>>("Connector"), {
  description:
    "A connector (MCP integration) as used over the range of the list, as far as its filter lets through. The `id` names all three; `name` is the connector's own. Source: CONNECTOR_ACTIVITY.",
  interfaces: [ConnectorFigures],
  id: { resolve: (connector, _args, ctx) => measuredId(ctx, connector, connector.name) },
  lookup: measuredLookup(connectors),
  loadOne: nodeLoader("Connector", (id, ctx) => loadMeasured(ctx, connectors, id)),
  fields: (t) => ({
    name: t.exposeString("name", { description: "Normalized name, or an opaque id." }),
    displayName: t.exposeString("displayName", {
      nullable: true,
      description: "Readable name where `name` is an opaque id that resolves. Not unique.",
    }),
    users: t.expose("users", {
      type: "Count",
      nullable: true,
      description: "Different people who used it. Recounted exactly over the range; not additive.",
    }),
    individualAuthUsers: t.expose("individualAuthUsers", {
      type: "Count",
      nullable: true,
      description:
        "Different people who used their own credential; not additive. Null: not measured, or any part of the range before 2026-07-01.",
    }),
    managedAuthUsers: t.expose("managedAuthUsers", {
      type: "Count",
      nullable: true,
      description:
        "Different people who used a credential the organization manages; not additive, and can overlap `individualAuthUsers`. Null: not measured, or any part of the range before 2026-07-01.",
    }),
  }),
});

const ConnectorOrder = engagementOrder<Measured<ConnectorShape>>(
  "Connector",
  { field: "NAME", description: "By name." },
  {
    USERS: { description: "Different people who used it.", of: ({ users }) => users },
    READ_CALLS: { description: "Calls marked read-only.", of: ({ readCalls }) => readCalls },
    WRITE_CALLS: { description: "Calls marked not read-only.", of: ({ writeCalls }) => writeCalls },
    UNCLASSIFIED_CALLS: {
      description: "Calls without a trusted mark.",
      of: ({ unclassifiedCalls }) => unclassifiedCalls,
    },
  },
);

type ConnectorArgs = ListArgs<ConnectorShape> & {
  readonly orderBy?: typeof ConnectorOrder.input.$inferInput | null | undefined;
};

function ordered(args: ConnectorArgs, ctx: Context): ListArgs<ConnectorShape> {
  return { ...args, order: ConnectorOrder.orderOf(args.orderBy, ctx) };
}

const ConnectorConnection = builder.connectionObject(
  { type: Connector, name: "ConnectorConnection", description: "Connectors used in the range." },
  { name: "ConnectorEdge", description: "A connector and its place in the list." },
);

builder.queryField("connectors", (t) =>
  t.field({
    authScopes: { "activity:read": true },
    type: ConnectorConnection,
    nullable: true,
    description:
      "Connectors used in the range, by name unless ordered otherwise. Source: CONNECTOR_ACTIVITY. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_*, UPSTREAM_*.",
    args: {
      filter: t.arg({ type: EngagementFilter, description: "Which use to count." }),
      orderBy: t.arg({
        type: ConnectorOrder.input,
        description: "What comes first; by default the first by name.",
      }),
      ...engagementArgs,
    },
    requests: ({ args }, ctx) => measuredRequests(ctx, connectors, ordered(args, ctx)),
    resolve: (_root, args, ctx) => listMeasured(ctx, connectors, ordered(args, ctx)),
  }),
);
