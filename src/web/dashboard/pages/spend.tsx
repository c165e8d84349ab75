import type { PageProps } from "../page-props.ts";

export function SpendPage(_props: PageProps) {
  return null;
}
