import type { Connector as ConnectorShape, UseOf } from "../../src/domain/engagement.ts";
import { connectorUses } from "../../src/loaders/engagement-use.ts";
import { resolveActivityRange } from "../../src/planning/range-input.ts";
import { builder } from "../framework/builder.ts";
import { forward } from "../framework/connection.ts";
import { personFigures, personOver, User } from "../people/user.ts";
import { Connector, ConnectorFigures } from "./connector.ts";
import {
  personOfUse,
  thingOfUse,
  thingRequests,
  type Use,
  useRequests,
  usesOfPerson,
  usesOfThing,
} from "./use.ts";

const ConnectorUse = builder.objectRef<Use<ConnectorShape>>("ConnectorUse").implement({
  description: "One person's use of one connector over a range. All figures are of that person alone.",
  interfaces: [ConnectorFigures],
  fields: (t) => ({
    connector: t.field({
      authScopes: { "activity:read": true },
      type: Connector,
      nullable: true,
      description:
        "The connector as everyone used it over the same range. One upstream walk for all connectors of a list together, unless the list is of connectors.",
      requests: thingRequests(connectorUses, "Connector"),
      resolve: (use, _args, ctx) => thingOfUse(ctx, connectorUses, use),
    }),
    name: t.exposeString("name", { description: "Name of the connector, or an opaque id." }),
    displayName: t.exposeString("displayName", {
      nullable: true,
      description: "Readable name where `name` is an opaque id that resolves. Not unique.",
    }),
    user: t.field({
      type: User,
      nullable: true,
      description: "The person. Null for use that upstream ties to no member.",
      resolve: personOfUse,
    }),
    withOwnCredential: t.boolean({
      nullable: true,
      description:
        "Whether any of the use ran on the person's own credential. Null: not measured, or any part of the range before 2026-07-01.",
      resolve: ({ individualAuthUsers }) => (individualAuthUsers === null ? null : individualAuthUsers > 0),
    }),
    withManagedCredential: t.boolean({
      nullable: true,
      description:
        "Whether any of the use ran on a credential the organization manages; both can be. Null: not measured, or any part of the range before 2026-07-01.",
      resolve: ({ managedAuthUsers }) => (managedAuthUsers === null ? null : managedAuthUsers > 0),
    }),
  }),
});

/** All calls; null where none of them were measured. */
function calls({ readCalls, writeCalls, unclassifiedCalls }: UseOf<ConnectorShape>): number | null {
  const known = [readCalls, writeCalls, unclassifiedCalls].filter((count) => count !== null);
  return known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0);
}

const ConnectorUseConnection = builder.connectionObject(
  { type: ConnectorUse, name: "ConnectorUseConnection", description: "The people who used a connector." },
  { name: "ConnectorUseEdge", description: "A person's use and its place in the list." },
);

personFigures((t, range) => ({
  connectors: t.field({
    authScopes: { "activity:read": true, own: true },
    type: [ConnectorUse],
    nullable: true,
    description:
      "The connectors the person used over the range, most calls first; empty: none. Null: the person is not in the Enterprise organization. One upstream walk for all people of a list together. Source: CONNECTOR_ACTIVITY.",
    args: range,
    requests: useRequests(connectorUses),
    resolve: (person, { range }, ctx) =>
      usesOfPerson(ctx, connectorUses, calls, personOver(person, range, ctx, resolveActivityRange)),
  }),
}));

builder.objectField(Connector, "usedBy", (t) =>
  t.field({
    authScopes: { individuals: true },
    type: ConnectorUseConnection,
    nullable: true,
    description:
      "The people who used it over the range and under the filter of the list, most calls first, ties by id. One upstream walk for all connectors of a list together. Source: CONNECTOR_ACTIVITY.",
    args: forward,
    requests: useRequests(connectorUses),
    resolve: (connector, slice, ctx) =>
      usesOfThing(ctx, connectorUses, calls, connector, "Connector.usedBy", slice),
  }),
);
