import { lazy, Suspense } from "react";
import { createRoot } from "react-dom/client";
import "./live/overlay.css";
import "./style.css";

// Who watches a live character gets a page of their own, without the studio.
const query = new URLSearchParams(location.search);
const overlay = query.get("overlay");
const room = query.get("room");
if (overlay) document.documentElement.dataset.page = "overlay";

const App = lazy(() => import("./App").then((module) => ({ default: module.App })));
const Viewer = lazy(() => import("./live/Viewer").then((module) => ({ default: module.Viewer })));
const Overlay = lazy(() => import("./live/Overlay").then((module) => ({ default: module.Overlay })));

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <Suspense>{overlay ? <Overlay room={overlay} /> : room ? <Viewer room={room} /> : <App />}</Suspense>,
  );
