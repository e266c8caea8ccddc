/** The character alone, on nothing: for OBS. Nobody reads a message there, so it tries for ever, silently. */

import { lazy, Suspense, useEffect, useState } from "react";
import { skeleton, type Joint } from "../api/motion";
import { useWords } from "../studio";
import { overlayOptions, type OverlayOptions } from "./links";
import { performing } from "./room";
import { enter, leave, useSession } from "./session";
import { nameOf, useFrameNow } from "./Show";
import { useTime } from "./State";
import { WORDS } from "./words";

const Scene = lazy(() => import("./Scene").then((module) => ({ default: module.Scene })));
const AGAIN = 3000; // ms until the joints are asked for again
const TOLD = 20_000; // ms that one is told who asked
const MOST_TOLD = 4;

/** The joints; asked for until the service answers. */
export function useJoints(): Joint[] | undefined {
  const [joints, setJoints] = useState<Joint[]>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = () => {
      skeleton().then(setJoints, () => (timer = setTimeout(load, AGAIN)));
    };
    load();
    return () => {
      clearTimeout(timer);
    };
  }, []);
  return joints;
}

export function Overlay({ room }: { room: string }) {
  const words = useWords(WORDS);
  const joints = useJoints();
  const known = useSession((session) => session.room !== undefined); // before, there is no pose
  const [options] = useState<OverlayOptions>(() => overlayOptions(location.search));
  useEffect(() => {
    document.title = room;
    enter({ room, name: "", audience: true, stays: true });
    return leave;
  }, [room]);
  return (
    <main className="overlay">
      {joints && known && (
        <div className="overlay" role="img" aria-label={`${words.stage} ${room}`}>
          <Suspense>
            <Scene joints={joints} view={options.view} bare />
          </Suspense>
        </div>
      )}
      {options.captions && <Captions />}
    </main>
  );
}

function Captions() {
  const words = useWords(WORDS);
  const room = useSession((session) => session.room);
  const frame = useFrameNow();
  const clock = useTime(1000);
  if (!room) return null;
  const now = performing(room, frame);
  const recent = room.log
    .flatMap(({ said, time }) => (said.type === "cue" && clock - time < TOLD ? said : []))
    .filter(({ number }) => number !== now?.number)
    .slice(0, MOST_TOLD);
  const told = ({ sender, text }: { sender: string; text: string }) =>
    sender ? `${nameOf(sender, words)}: ${text}` : text;
  return (
    <div className="captions">
      {now && (
        <p className="said" key={now.number}>
          {told(now)}
        </p>
      )}
      <p className="ticker">
        {recent.map((cue) => (
          <span key={cue.number}>{told(cue)}</span>
        ))}
      </p>
    </div>
  );
}
