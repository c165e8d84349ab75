import { pageSettings } from "./page-settings.ts";

/** The organization in the URL of the page, which all of its requests name; null where the operator has named none. */
export function pageOrganization(): string | null {
  return pageSettings.hasOrganizations ? new URLSearchParams(location.search).get("organization") : null;
}

/** A path of the gateway with the organization of the page. */
export function withOrganization(path: string): string {
  const organization = pageOrganization();
  if (organization === null) return path;
  const url = new URL(path, location.origin);
  if (!url.searchParams.has("organization")) url.searchParams.set("organization", organization);
  return url.pathname + url.search + url.hash;
}
