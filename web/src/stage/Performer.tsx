/** Moves the figure: as what is shown says, or whoever took its place. */

import { useFrame, useThree } from "@react-three/fiber";
import { useEffect, useMemo, useRef } from "react";
import * as service from "../api/motion";
import { clock, useStudio } from "../studio";
import { begin, useWardrobe } from "./avatar/wardrobe";
import { useFigure } from "./Figure";
import { lookFrom } from "./look";
import { useShown } from "./shown";
import { sample, WIDTH, type Source } from "./source";

/** What is shown, at the time of the clock. */
function useClip(): Source | undefined {
  const shown = useStudio((studio) => studio.shown);
  const stands = useRef<Uint8Array>(undefined);
  const id = shown?.motion.id;
  useEffect(() => {
    let current = true;
    stands.current = undefined;
    if (id)
      service.contacts(id).then(
        (contacts) => {
          if (current) stands.current = contacts;
        },
        () => undefined, // then nobody knows which feet stand; the motion is there all the same
      );
    return () => {
      current = false;
    };
  }, [id]);
  return useMemo(() => {
    if (!shown) return undefined;
    const into = new Float32Array(WIDTH);
    const { fps } = shown.motion.timeline;
    return {
      pose: (delta) => {
        clock.tick(delta);
        return sample(shown.data, clock.time * fps, into);
      },
      contacts: () =>
        stands.current?.at(Math.min(Math.floor(clock.time * fps + 1e-3), stands.current.length - 1)),
    };
  }, [shown]);
}

/** Draws again and again while something moves; else when the clock is set, or the user looks from elsewhere. */
export function Performer() {
  const shown = useShown();
  const figure = useFigure(shown.joints);
  const worn = useWardrobe((wardrobe) => wardrobe.avatar);
  const { invalidate } = useThree();
  const clip = useClip();
  const other = useStudio((studio) => studio.source);
  const source = other ?? clip;
  const avatar = source?.mannequin ? undefined : worn;
  const played = useRef(avatar);
  const moving = useRef(false); // in the last frame: what has passed since counts
  useEffect(() => void begin(), []);
  useEffect(() => clock.subscribe(invalidate), [invalidate]);
  useEffect(() => {
    figure.show(!avatar);
    invalidate();
  }, [figure, avatar, source, invalidate]);
  useEffect(() => {
    if (played.current !== avatar) lookFrom("fit"); // who comes on may be of another size
    played.current = avatar;
  }, [avatar]);
  useFrame((_, delta) => {
    const passed = moving.current ? delta : 0;
    const values = source?.pose(passed);
    moving.current = other ? (other.moves?.() ?? true) : clock.playing;
    if (moving.current) invalidate();
    if (!values) return;
    figure.pose(values);
    shown.pose(values, source?.contacts?.(), delta, avatar);
  });
  return (
    <>
      <primitive object={figure.group} />
      {avatar && <primitive object={avatar.group} />}
    </>
  );
}
