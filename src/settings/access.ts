import { IDENTITIES, type IdentityPolicy, isIdentity, isRole, ROLES, scopesOf } from "../domain/viewer.ts";
import type { AuthConfig } from "./auth.ts";
import { byteSize, ON_OR_OFF, oneOf, text, wholeNumber } from "./formats.ts";
import { fileOf, optional, type SettingFormat, type SettingsReader, setting } from "./setting.ts";

const IDENTITY: SettingFormat<IdentityPolicy["byRole"]> = {
  parse: identitiesByRole,
  expected: `${Object.keys(IDENTITIES).join(", ")}, or a list of those by role, each once, such as analyst:none,service:pseudonym, where full requires a role with identity:read`,
  values: "`full`, `pseudonym` or `none`, or comma-separated `role:identity`",
};

function identitiesByRole(value: string): IdentityPolicy["byRole"] | null {
  if (isIdentity(value)) return Object.fromEntries(Object.keys(ROLES).map((role) => [role, value]));
  const stated = value.split(",").map((each) => {
    const [role = "", identity, ...more] = each.trim().split(":");
    const name = role.toUpperCase().replaceAll("-", "_");
    if (!isRole(name) || !isIdentity(identity) || more.length > 0) return null;
    const isShown = identity !== "full" || name === "SERVICE" || scopesOf(name, null).has("identity:read");
    return isShown ? ([name, identity] as const) : null;
  });
  const byRole = new Map(stated.flatMap((each) => (each ? [each] : [])));
  return byRole.size < stated.length ? null : Object.fromEntries(byRole);
}

const pseudonymKeyFile = fileOf("PSEUDONYM_KEY");

export const ACCESS = {
  identity: optional({
    name: "IDENTITY",
    whenUnset: "names for roles with `identity:read`, pseudonyms for others",
    format: IDENTITY,
    meaning: "How callers see people, for all roles or by role.",
    example: "analyst:none,service:pseudonym",
  }),
  minPeople: setting({
    name: "MIN_PEOPLE",
    default: "5",
    format: wholeNumber(2, 10_000, "people"),
    meaning: "Groups with fewer people are hidden from callers with the identity `none`.",
  }),
  pseudonymKey: optional({
    name: "PSEUDONYM_KEY",
    whenUnset: "derived from the upstream keys, so that pseudonyms change with those",
    format: {
      parse: (value) => (value.length < 32 ? null : value),
      expected: "32 characters or more",
      values: "32 characters or more",
    },
    meaning: "Secret that pseudonyms are made with.",
    secret: true,
    file: pseudonymKeyFile,
  }),
  pseudonymKeyFile,
  introspection: setting({
    name: "INTROSPECTION",
    default: "on",
    format: ON_OR_OFF,
    meaning:
      "Shows callers the part of the schema that they may query: by introspection, in the suggestions of errors and in the workbench.",
  }),
  federation: setting({
    name: "FEDERATION",
    default: "off",
    format: ON_OR_OFF,
    meaning:
      "Serves the schema as a subgraph of Federation 2, with `_service` and `_entities`. It needs `DOCUMENTS=any`, since the gateway of a supergraph writes its own queries.",
  }),
  playground: setting({
    name: "PLAYGROUND",
    default: "on",
    format: ON_OR_OFF,
    meaning:
      "Serves the workbench, which is built on GraphiQL, to browsers on `/graphql`. It is off with `INTROSPECTION=off` or `DOCUMENTS=trusted`.",
  }),
  documents: setting({
    name: "DOCUMENTS",
    default: "any",
    format: oneOf(["any", "trusted"], "any or trusted"),
    meaning: "Documents that run: any, or only trusted ones, from the query library and `DOCUMENTS_FILE`.",
  }),
  documentsFile: optional({
    name: "DOCUMENTS_FILE",
    format: text("path"),
    meaning:
      "Manifest of further trusted documents: Apollo's format, or an object of ids and texts as Relay and codegen write it.",
    example: "persisted-documents.json",
  }),
  documentsBytes: setting({
    name: "DOCUMENTS_BYTES",
    default: "8MiB",
    format: byteSize("8MiB"),
    meaning:
      "Memory for documents that clients register by hash (automatic persisted queries), with `DOCUMENTS=any`.",
  }),
};

/** Reads who may read what. */
export function accessConfig(reader: SettingsReader, auth: AuthConfig) {
  const values = reader.readAll(ACCESS);
  const { identity, minPeople, pseudonymKey, introspection, federation, documents } = values;
  const trustedOnly = documents === "trusted";
  if (federation && trustedOnly)
    reader.faults.push(
      "FEDERATION is on, and DOCUMENTS is trusted: the gateway of a supergraph writes its own queries. Set DOCUMENTS=any, or limit the other callers by `documents` of their tokens.",
    );
  return Object.freeze({
    auth,
    identity: { byRole: identity ?? {}, minPeople } satisfies IdentityPolicy,
    /** Null: derived from the upstream keys. */
    pseudonymKey,
    introspection,
    /** The schema is a subgraph. */
    federation,
    // Without the schema the workbench could neither complete nor explain anything, and its own documents are never trusted.
    playground: values.playground && introspection && !trustedOnly,
    documents: {
      trustedOnly,
      /** The operator's manifest; empty: none. */
      path: values.documentsFile ?? "",
      registeredBytes: values.documentsBytes,
    },
  });
}
