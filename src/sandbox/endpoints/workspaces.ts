import type { Instant } from "../../domain/day.ts";
import { timestamp } from "../calendar.ts";
import { type Endpoint, Refusal } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import { isArchived, type Workspace } from "../organization/console.ts";
import type { Person } from "../organization/people.ts";
import type { Organization } from "../organization.ts";

const FOR_ADMINS = { keys: ["admin", "oauth"], rateLimit: "lookups" } as const;

export const workspaces = ({ organization }: Ledger): Endpoint<Workspace> => ({
  ...FOR_ADMINS,
  path: "/v1/organizations/workspaces",
  parameters: {
    "ids[]": { type: "list", maxItems: 100 },
    include_archived: { type: "boolean" },
    include_default: { type: "boolean" },
  },
  paging: { style: "id", limit: { default: 20, max: 1000 } },
  answer({ query, now }) {
    const ids = query.list("ids[]");
    const rows = organization.console.workspaces.filter((workspace) => {
      if (query.has("ids[]") && !ids.includes(workspace.id)) return false;
      if (isArchived(workspace, now) && !query.flag("include_archived")) return false;
      return !workspace.isDefault || query.flag("include_default");
    });
    return { rows, render: (workspace) => wire(workspace, now), id: ({ id }) => id };
  },
});

export const workspace = ({ organization }: Ledger): Endpoint => ({
  ...FOR_ADMINS,
  path: "/v1/organizations/workspaces/{workspace_id}",
  parameters: {},
  paging: { style: "object" },
  answer: ({ path, now }) => ({ body: wire(found(organization, path), now) }),
});

/** The default workspace has no member list: all people are in it. */
export const workspaceMembers = ({ organization }: Ledger): Endpoint<Person> => ({
  ...FOR_ADMINS,
  path: "/v1/organizations/workspaces/{workspace_id}/members",
  parameters: {},
  paging: { style: "id", limit: { default: 20, max: 1000 } },
  answer({ path, now }) {
    const of = found(organization, path);
    const { console: directory } = organization.directories;
    const rows = organization
      .newestFirst("console")
      .filter((person) => directory.isCurrent(person, now) && isMember(of, person));
    return {
      rows,
      render: (person) => wireMember(organization, of, person),
      id: ({ index }) => directory.userId(index),
    };
  },
});

export const workspaceMember = ({ organization }: Ledger): Endpoint => ({
  ...FOR_ADMINS,
  path: "/v1/organizations/workspaces/{workspace_id}/members/{user_id}",
  parameters: {},
  paging: { style: "object" },
  answer({ path, now }) {
    const of = found(organization, path);
    const { console: directory } = organization.directories;
    const index = directory.personIndex(path.user_id ?? "");
    const person =
      index === null || index >= organization.personCount ? undefined : organization.person(index);
    if (
      person === undefined ||
      !directory.has(person) ||
      !directory.isCurrent(person, now) ||
      !isMember(of, person)
    ) {
      throw new Refusal(404, `No such member of the workspace: ${path.user_id}`);
    }
    return { body: wireMember(organization, of, person) };
  },
});

function found(organization: Organization, path: Readonly<Record<string, string>>): Workspace {
  const workspace = organization.console.workspaces.find(({ id }) => id === path.workspace_id);
  if (workspace === undefined) throw new Refusal(404, `No such workspace: ${path.workspace_id}`);
  return workspace;
}

/** Claude Code is for all people; the others each have their share of the people. */
function isMember({ isDefault, index, name }: Workspace, person: Person): boolean {
  return !isDefault && (name === "Claude Code" || (person.index + index) % 5 === 0);
}

function wire(workspace: Workspace, now: Instant) {
  return {
    id: workspace.id,
    archived_at: isArchived(workspace, now) ? timestamp(workspace.archivedAt ?? now) : null,
    compartment_id: workspace.compartment,
    created_at: timestamp(workspace.createdAt),
    data_residency: {
      allowed_inference_geos: workspace.geo === "us" ? ["us"] : "unrestricted",
      default_inference_geo: workspace.geo,
      workspace_geo: "us",
    },
    display_color: workspace.color,
    external_key_id: null,
    name: workspace.name,
    tags: workspace.tags,
    type: "workspace",
    user_profile_id: null,
  };
}

function wireMember({ directories }: Organization, { id, name }: Workspace, person: Person) {
  const isAdmin = directories.console.role(person) === "admin";
  return {
    type: "workspace_member",
    user_id: directories.console.userId(person.index),
    workspace_id: id,
    workspace_role: isAdmin
      ? "workspace_admin"
      : name === "Claude Code"
        ? "workspace_user"
        : "workspace_developer",
  };
}
