/** The page: a command above, the stage and the tools in the middle, the timeline below. */

import { lazy, Suspense, useEffect, type ReactNode } from "react";
import { CommandBar } from "./command/CommandBar";
import { begin } from "./command/link";
import { WORDS as COMMANDS } from "./command/words";
import { openPanel, setTheme, useStudio, useWords, type Panel, type Theme } from "./studio";
import { Timeline } from "./timeline/Timeline";
import { KeyDialog } from "./ui/KeyDialog";
import { LanguageButton } from "./ui/LanguageButton";
import { CALM, CAN_DRAW } from "./ui/machine";
import { useDocument } from "./ui/useDocument";
import { WORDS } from "./words";

// The page is there before the 3D library and the tools are.
const Stage = lazy(() => import("./stage/Stage").then((module) => ({ default: module.Stage })));
const Library = lazy(() => import("./library/Library").then((module) => ({ default: module.Library })));
const PoseEditor = lazy(() => import("./pose/PoseEditor").then((module) => ({ default: module.PoseEditor })));
const PoseHandles = lazy(() =>
  import("./pose/PoseHandles").then((module) => ({ default: module.PoseHandles })),
);
const Output = lazy(() => import("./output/Output").then((module) => ({ default: module.Output })));
const Live = lazy(() => import("./live/Live").then((module) => ({ default: module.Live })));
const TOOLS: [Panel, ReactNode][] = [
  ["library", <Library key="library" />],
  ["pose", <PoseEditor key="pose" />],
  ["export", <Output key="export" />],
  ["live", <Live key="live" />],
];
const THEMES: Theme[] = ["system", "light", "dark"];

let begun = false;

export function App() {
  useEffect(() => {
    if (begun) return;
    begun = true;
    void begin(COMMANDS.en.first, !CALM.matches);
  }, []);
  useEffect(() => {
    const keep = (event: DragEvent) => {
      if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault(); // else the browser would show the file instead of the page
      event.dataTransfer.dropEffect = "none";
    };
    window.addEventListener("dragover", keep);
    window.addEventListener("drop", keep);
    return () => {
      window.removeEventListener("dragover", keep);
      window.removeEventListener("drop", keep);
    };
  }, []);
  return (
    <>
      <KeyDialog />
      <Header />
      <main className="studio">
        <CommandBar />
        <Scene />
        <Tools />
        <Timeline />
      </main>
    </>
  );
}

function Header() {
  const words = useWords(WORDS);
  const theme = useStudio((studio) => studio.theme);
  useDocument(words.title);
  return (
    <header>
      <h1>{words.title}</h1>
      <select
        aria-label={words.theme}
        value={theme}
        onChange={(event) => {
          setTheme(event.target.value as Theme);
        }}
      >
        {THEMES.map((one) => (
          <option key={one} value={one}>
            {words.themes[one]}
          </option>
        ))}
      </select>
      <LanguageButton />
    </header>
  );
}

function Scene() {
  const words = useWords(WORDS);
  const joints = useStudio((studio) => studio.joints);
  const panel = useStudio((studio) => studio.panel);
  return (
    <div className="stage">
      {!CAN_DRAW && <Unseen />}
      {CAN_DRAW && joints && (
        <Suspense fallback={<p>{words.loading}</p>}>
          <Stage joints={joints}>
            {panel === "pose" && (
              <Suspense fallback={null}>
                <PoseHandles />
              </Suspense>
            )}
          </Stage>
        </Suspense>
      )}
    </div>
  );
}

/** In words, where nothing can be drawn. */
function Unseen() {
  const words = useWords(WORDS);
  const plan = useStudio((studio) => studio.shown?.motion.plan);
  return (
    <>
      <p>{words.noWebgl}</p>
      {plan && <p>{`${words.stage} ${plan}`}</p>}
    </>
  );
}

/** One tool at a time, chosen by its tab; chosen again it is put away. */
function Tools() {
  const words = useWords(WORDS);
  const panel = useStudio((studio) => studio.panel);
  const tool = TOOLS.find(([name]) => name === panel)?.[1];
  return (
    <section className="tools" aria-label={words.panels}>
      <nav className="tabs" aria-label={words.panels}>
        {TOOLS.map(([one]) => (
          <button
            key={one}
            type="button"
            aria-expanded={one === panel}
            onClick={() => {
              openPanel(one === panel ? undefined : one);
            }}
          >
            {words.panel[one]}
          </button>
        ))}
      </nav>
      {tool && (
        <div className="tool">
          <Suspense fallback={<p>{words.loading}</p>}>{tool}</Suspense>
        </div>
      )}
    </section>
  );
}
