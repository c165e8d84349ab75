let isNamed = false;

/** States whether the operator has named organizations. A page calls it before it is drawn; a picture is drawn without. */
export function nameOrganizations(hasOrganizations: boolean): void {
  isNamed = hasOrganizations;
}

/** The organization in the URL of the page, which all of its requests name; null where the operator has named none. */
export function pageOrganization(): string | null {
  return isNamed ? new URLSearchParams(location.search).get("organization") : null;
}

/** A path of the gateway with the organization of the page. */
export function withOrganization(path: string): string {
  const organization = pageOrganization();
  if (organization === null) return path;
  const [place = "", fragment] = path.split(/#(.*)/s, 2);
  const [route = "", search = ""] = place.split(/\?(.*)/s, 2);
  const parameters = new URLSearchParams(search);
  if (!parameters.has("organization")) parameters.set("organization", organization);
  return `${route}?${parameters}${fragment === undefined ? "" : `#${fragment}`}`;
}
