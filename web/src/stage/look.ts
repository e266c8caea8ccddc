/** How the user looks at the stage: what is drawn over it, from where; kept in the browser. */

import { useSyncExternalStore } from "react";
import { create } from "zustand";
import { kept, useStudio } from "../studio";

export const OVERLAYS = ["skeleton", "contacts", "path", "shadow", "poseMap"] as const;
export type Overlay = (typeof OVERLAYS)[number];
export const VIEWS = ["front", "left", "right", "back", "top"] as const;
export type View = (typeof VIEWS)[number] | "reset" | "fit";

interface Look extends Record<Overlay, boolean> {
  follow: boolean; // the camera goes along with the figure
  view: { name: View; count: number }; // that was asked for last
}

const DEFAULTS = {
  skeleton: false,
  contacts: false,
  path: false,
  shadow: true,
  poseMap: false,
  follow: true,
};

export const useLook = create<Look>(() => ({
  ...DEFAULTS,
  ...kept.read<Partial<typeof DEFAULTS>>("look", {}),
  view: { name: "reset", count: 0 },
}));

export function toggle(name: Overlay | "follow"): void {
  useLook.setState((look) => ({ [name]: !look[name] }));
  const look = useLook.getState();
  const names = [...OVERLAYS, "follow"] as const;
  kept.write("look", Object.fromEntries(names.map((one) => [one, look[one]])));
}

export function lookFrom(name: View): void {
  useLook.setState(({ view }) => ({ view: { name, count: view.count + 1 } }));
}

const DARK = window.matchMedia("(prefers-color-scheme: dark)");

/** Whether the page is dark now. */
export function useDark(): boolean {
  const theme = useStudio((studio) => studio.theme);
  const system = useSyncExternalStore(
    (listener) => {
      DARK.addEventListener("change", listener);
      return () => {
        DARK.removeEventListener("change", listener);
      };
    },
    () => DARK.matches,
  );
  return theme === "system" ? system : theme === "dark";
}

/** Whether WebGL is drawn by the processor, as on machines without a graphics card: then every pixel counts. */
export const SLOW_GL = drawnBySoftware();

function drawnBySoftware(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
}
