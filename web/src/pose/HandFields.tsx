/** A hand in numbers and words. */

import { useWords } from "../studio";
import { reframed } from "./drag";
import { editPose, useEditor } from "./editor";
import { Choice, named } from "../ui/Choice";
import { Place } from "./Fields";
import { FINGERS, FRAMES, type Frame, type Hand, type Pose, type Side } from "./model";
import { wayOf, worded } from "./script";
import { WORDS } from "./words";

const WAYS = ["out", "in", "up", "down", "forward", "back"];

export function HandFields({ side, pose }: { side: Side; pose: Pose }) {
  const words = useWords(WORDS);
  const hand = pose[`${side}_hand`];
  const put = (values: Partial<Hand>) => {
    editPose(
      { ...pose, [`${side}_hand`]: { ...hand, ...values } },
      `${side} hand ${Object.keys(values).join()}`,
    );
  };
  const ways = (extra: string) =>
    [["", extra], ...WAYS.map((way) => [way, words.ways[way] ?? way])] as [string, string][];
  const told = (way: Hand["palm"]): string => (way ? (worded(way) ?? "other") : "");
  const other = (way: Hand["palm"]): [string, string][] =>
    told(way) === "other" ? [["other", words.turned]] : [];
  const goWith = (frame: Frame) => {
    const { body } = useEditor.getState();
    if (body) put(reframed(hand, frame, side, pose, body));
  };
  return (
    <div className="pose-fields">
      <Place
        labels={[words.outward, words.up, words.forward]}
        at={hand.at}
        set={(at) => {
          put({ at });
        }}
      />
      <Choice
        label={words.shape}
        value={pose[`${side}_fingers`]}
        of={named(FINGERS, words.shapes)}
        set={(one) => {
          editPose({ ...pose, [`${side}_fingers`]: one });
        }}
      />
      <Choice
        label={words.palm}
        value={told(hand.palm)}
        of={[...ways(words.byItself), ...other(hand.palm)]}
        set={(way) => {
          if (way !== "other") put(palmTo(hand, way));
        }}
      />
      <Choice
        label={words.points}
        value={told(hand.palm && hand.fingers)}
        of={[...ways(words.byItself), ...other(hand.palm && hand.fingers)]}
        set={(way) => {
          if (way !== "other") put(fingersTo(hand, way));
        }}
      />
      <Choice
        label={words.elbow}
        value={told(hand.elbow)}
        of={[...ways(words.byItself), ...other(hand.elbow)]}
        set={(way) => {
          if (way !== "other") put({ elbow: way ? wayOf(way) : undefined });
        }}
      />
      <Choice
        label={words.frame}
        value={hand.frame}
        of={named(FRAMES, words.frames)}
        set={(one) => {
          goWith(one);
        }}
      />
    </div>
  );
}

type Way = Hand["palm"];

const across = (a: Way, b: Way): boolean =>
  !a || !b || Math.abs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) < 0.9 * Math.hypot(...a) * Math.hypot(...b);

/** The palm another way; fingers that cannot point where they did then are as the forearm has them. */
function palmTo(hand: Hand, way: string): Partial<Hand> {
  if (!way) return { palm: undefined, fingers: undefined };
  const palm = wayOf(way);
  return { palm, fingers: across(palm, hand.fingers) ? hand.fingers : undefined };
}

/** The fingers another way; the palm looks across to them. */
function fingersTo(hand: Hand, way: string): Partial<Hand> {
  if (!way) return { fingers: undefined };
  const fingers = wayOf(way);
  const usual = [wayOf("in"), wayOf("down")].find((palm) => across(palm, fingers));
  return { fingers, palm: hand.palm && across(hand.palm, fingers) ? hand.palm : usual };
}
