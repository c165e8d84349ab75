import type { ConnectorRow, UseOf } from "../../src/domain/engagement.ts";
import { connectorParts } from "../../src/loaders/engagement-parts.ts";
import { connectorUses } from "../../src/loaders/engagement-use.ts";
import { connectorActivity } from "../../src/upstream/endpoints/connectors.ts";
import { measuredField as optional } from "./activity.ts";
import { count } from "./comparison.ts";
import { measuredNoun } from "./measured-noun.ts";
import { OfficeSessions, useTypes } from "./product-use.ts";

const {
  Chat: ConnectorChat,
  Code: ConnectorCode,
  Cowork: ConnectorCowork,
  ChatCowork: ConnectorChatCowork,
} = useTypes("Connector", "used");

export const Connector = measuredNoun<ConnectorRow>({
  noun: "Connector",
  called: "connector",
  verb: "used",
  field: "connectors",
  endpoint: connectorActivity,
  choosing: ["names"],
  ownOf: ({ name }) => name,
  rows: connectorUses.thing,
  description:
    "A connector (MCP integration) with its use over the range and filter of the list. The `id` identifies all three; `name` identifies the connector.",
  listed: { query: "Connectors used in the range", connection: "Connectors used in the range." },
  column: { field: "NAME", called: "name" },
  figures: {
    description:
      "The use of a connector: by all people, by one person, in one product or by the members of one group.",
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
  },
  fields: (t) => ({
    name: t.exposeString("name", { description: "Normalized name, or an opaque id." }),
    displayName: t.exposeString("displayName", {
      nullable: true,
      description: "Readable name where `name` is an opaque id that resolves. Not unique.",
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
  measures: {
    READ_CALLS: { description: "Calls marked read-only.", of: ({ readCalls }) => readCalls },
    WRITE_CALLS: { description: "Calls marked not read-only.", of: ({ writeCalls }) => writeCalls },
    UNCLASSIFIED_CALLS: {
      description: "Calls without a trusted mark.",
      of: ({ unclassifiedCalls }) => unclassifiedCalls,
    },
  },
  parts: connectorParts,
  comparison: {
    description: "The use of a connector compared with another period. Estimated counts are left out.",
    fields: {
      readCalls: count("Calls marked read-only. Additive.", ({ readCalls }) => readCalls),
      writeCalls: count("Calls marked not read-only. Additive.", ({ writeCalls }) => writeCalls),
      unclassifiedCalls: count(
        "Calls without a trusted mark. Additive.",
        ({ unclassifiedCalls }) => unclassifiedCalls,
      ),
    },
  },
  uses: {
    kind: connectorUses,
    by: calls,
    counts: "calls",
    fields: (t) => ({
      name: t.exposeString("name", { description: "Name of the connector, or an opaque id." }),
      displayName: t.exposeString("displayName", {
        nullable: true,
        description: "Readable name where `name` is an opaque id that resolves. Not unique.",
      }),
      withOwnCredential: t.boolean({
        nullable: true,
        description:
          "True if any of the use ran on the person's own credential. Null: not measured, or any part of the range before 2026-07-01.",
        resolve: ({ individualAuthUsers }) => (individualAuthUsers === null ? null : individualAuthUsers > 0),
      }),
      withManagedCredential: t.boolean({
        nullable: true,
        description:
          "True if any of the use ran on a credential that the organization manages; both can be true. Null: not measured, or any part of the range before 2026-07-01.",
        resolve: ({ managedAuthUsers }) => (managedAuthUsers === null ? null : managedAuthUsers > 0),
      }),
    }),
  },
});

/** All calls; null where a kind of them was not measured. */
function calls({ readCalls, writeCalls, unclassifiedCalls }: UseOf<ConnectorRow>): number | null {
  if (readCalls === null || writeCalls === null || unclassifiedCalls === null) return null;
  return readCalls + writeCalls + unclassifiedCalls;
}
