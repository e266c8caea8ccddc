/** The stage: floor, light, the figure, a camera that follows it; and what the user wants to see of it. */

import { Canvas } from "@react-three/fiber";
import { useRef, useState, type DragEvent, type ReactNode } from "react";
import type { Joint } from "../api/motion";
import { useStudio, useWords } from "../studio";
import { WORDS as PAGE } from "../words";
import { Adapt } from "./Adapt";
import { bring, useWardrobe } from "./avatar/wardrobe";
import { Camera } from "./Camera";
import { Grid, Light, PAINT } from "./Ground";
import { SLOW_GL, useDark, useLook } from "./look";
import { Bones } from "./overlays/Bones";
import { Contacts } from "./overlays/Contacts";
import { Path } from "./overlays/Path";
import { PoseMap } from "./overlays/PoseMap";
import { Performer } from "./Performer";
import { Shown, ShownContext } from "./shown";
import { Toolbar, useFit } from "./Toolbar";
import { WORDS } from "./words";
import "./stage.css";

interface Props {
  joints: Joint[];
  bare?: boolean;
  children?: ReactNode;
}

/** `children` stand on the stage beside the figure; `bare`: only the figure, on nothing. */
export function Stage({ joints, bare = false, children }: Props) {
  return bare ? (
    <Scene joints={joints} bare>
      {children}
    </Scene>
  ) : (
    <Framed joints={joints}>{children}</Framed>
  );
}

/** The stage with its tools; avatars can be dropped on it. */
function Framed({ joints, children }: Props) {
  const words = useWords(WORDS);
  const stage = useRef<HTMLDivElement>(null);
  const poseMap = useLook((look) => look.poseMap);
  const loading = useWardrobe((wardrobe) => wardrobe.loading);
  const [over, setOver] = useState(false);
  useFit(stage);
  const dragging = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    setOver(event.type === "dragover");
  };
  return (
    <div
      ref={stage}
      className="framed"
      onDragOver={dragging}
      onDragLeave={dragging}
      onDrop={(event) => {
        const file = event.dataTransfer.files[0];
        setOver(false);
        if (!file) return;
        event.preventDefault();
        event.stopPropagation();
        void bring(file);
      }}
    >
      <Scene joints={joints}>{children}</Scene>
      {poseMap && <PoseMap />}
      <Toolbar stage={stage} />
      {over && <p className="drop">{words.drop}</p>}
      {loading && (
        <p className="reading" role="status">
          {words.reading}
        </p>
      )}
    </div>
  );
}

function Scene({ joints, bare = false, children }: Props) {
  const words = useWords(PAGE);
  const plan = useStudio((studio) => (studio.source ? undefined : studio.shown?.motion.plan));
  const { skeleton, contacts, path, shadow } = useLook();
  const paint = PAINT[useDark() ? "dark" : "light"];
  const [shown] = useState(() => new Shown(joints));
  return (
    <Canvas
      role="img"
      aria-label={plan ? `${words.stage} ${plan}` : words.character}
      frameloop="demand"
      shadows="percentage"
      dpr={Math.min(window.devicePixelRatio, 2)}
      gl={{ alpha: bare, antialias: !SLOW_GL }}
      camera={{ position: [1.9, 1.5, 3.4], fov: 32 }}
      onCreated={({ scene, camera }) => Object.assign(window, { scene, camera })} // for tests: where the joints are
    >
      <ShownContext value={shown}>
        <Performer />
        <Camera />
        {!bare && <color attach="background" args={[paint.floor]} />}
        {!bare && <Grid paint={paint} />}
        <Light paint={bare ? PAINT.light : paint} shadow={shadow} />
        {skeleton && !bare && <Bones />}
        {contacts && !bare && <Contacts />}
        {path && !bare && <Path />}
        <Adapt />
        {children}
      </ShownContext>
    </Canvas>
  );
}
