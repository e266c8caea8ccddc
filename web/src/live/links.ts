/** The addresses of a room's pages. */

export type View = "full" | "bust" | "front";

export const VIEWS: View[] = ["full", "bust", "front"];

/** Letters, digits, - and _, as the service has it. */
export const NAME = /^[A-Za-z0-9_-]{1,64}$/;

function link(values: Record<string, string>): string {
  const page = new URL("/", location.href);
  page.search = new URLSearchParams(Object.entries(values).filter(([, value]) => value)).toString();
  return page.href;
}

/** Where viewers watch and command; `key`: one for them, if the service asks for keys. */
export function viewerLink(room: string, key: string): string {
  return link({ room, key });
}

export interface OverlayOptions {
  view: View;
  captions: boolean;
}

/** Where the character stands on nothing. */
export function overlayLink(room: string, key: string, { view, captions }: OverlayOptions): string {
  return link({ overlay: room, view: view === "full" ? "" : view, captions: captions ? "1" : "", key });
}

/** What an overlay's address asks for. */
export function overlayOptions(search: string): OverlayOptions {
  const query = new URLSearchParams(search);
  const view = VIEWS.find((one) => one === query.get("view")) ?? "full";
  return { view, captions: query.get("captions") === "1" };
}

/** Whether others cannot reach this page by its address. */
export function onlyHere(): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
}
