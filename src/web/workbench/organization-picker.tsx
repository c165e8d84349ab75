import { useEffect, useState } from "react";
import { pageOrganization } from "../client/page-organization.ts";
import { pageSettings } from "../client/page-settings.ts";
import { fetchFacts } from "./gateway-fetcher.ts";

interface Facts {
  readonly organizations: readonly { readonly name: string }[];
}

/** Chooses the organization of fields that name none, where the operator has named several. The URL keeps the choice. */
export function OrganizationPicker() {
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => {
    if (!pageSettings.hasOrganizations) return;
    void fetchFacts("{ organizations { name } }").then(({ data }) =>
      setNames(((data as Facts | null)?.organizations ?? []).map(({ name }) => name)),
    );
  }, []);
  if (names.length < 2) return null;
  return (
    <select
      className="field"
      aria-label="Organization of fields that name none"
      value={pageOrganization() ?? ""}
      onChange={({ target }) => {
        location.search = target.value === "" ? "" : `?organization=${encodeURIComponent(target.value)}`;
      }}
    >
      <option value="">No organization</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
