/** Settings that the gateway writes into its pages. */
export interface PageSettings {
  /** Request header of the caller's token; null: callers do not authenticate. */
  readonly tokenHeader: string | null;
  /** Where people sign in; null: the pages ask for a token. */
  readonly signInUrl: string | null;
  /** True if the workbench is served on /graphql. */
  readonly workbench: boolean;
  /** True if callers can make links to pictures, by POST to /links. */
  readonly links: boolean;
  /** True if the operator has named organizations, so that every request has to name one. */
  readonly hasOrganizations: boolean;
  /** Name of the library's query that the workbench opens with. */
  readonly firstQuery: string;
  /** Limit of the rows that are requested of a list. */
  readonly maxFirst: number;
  /** Limit of the rows of an operation, with those that are looked up for them. */
  readonly maxRows: number;
}

// A picture is drawn without a page, and has the defaults.
const stated: Partial<PageSettings> = JSON.parse(
  globalThis.document?.querySelector<HTMLMetaElement>('meta[name="gateway"]')?.content ?? "{}",
);

export const pageSettings: PageSettings = {
  tokenHeader: stated.tokenHeader ?? null,
  signInUrl: stated.signInUrl ?? null,
  workbench: stated.workbench ?? false,
  links: stated.links ?? false,
  hasOrganizations: stated.hasOrganizations ?? false,
  firstQuery: stated.firstQuery ?? "",
  maxFirst: stated.maxFirst ?? 1_000,
  maxRows: stated.maxRows ?? 20_000,
};
