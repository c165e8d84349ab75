import type { PageProps } from "../page-props.ts";

export function PeoplePage(_props: PageProps) {
  return null;
}
