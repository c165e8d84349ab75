import type { PageProps } from "../page-props.ts";

export function TeamsPage(_props: PageProps) {
  return null;
}
