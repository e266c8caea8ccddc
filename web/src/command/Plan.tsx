/** What was understood, in the colours of the words: which action, which side, how often, ... */

import type { Call, Draft } from "../api/motion";
import { useWords } from "../studio";
import { STYLE_OF } from "./marks";
import { WORDS, type Words } from "./words";

export function Plan({ draft: { steps, language } }: { draft: Draft }) {
  const words = useWords(WORDS);
  return (
    <ol className="plan" aria-label={words.understood}>
      {steps.map(({ actions }, index) => (
        <li key={index}>
          {actions.map((call, number) => (
            <span key={number} className="call">
              {number > 0 && (
                <span className="soft" title={words.together}>
                  {" + "}
                </span>
              )}
              <b className="mark action" title={words.styles.action}>
                {language === "zh" && `${call.phrase} `}
                {call.action.replaceAll("_", " ")}
              </b>
              {stated(call, words).map(([name, value]) => (
                <span key={name} className={`mark ${STYLE_OF[name]}`} title={words.styles[STYLE_OF[name]]}>
                  {value}
                </span>
              ))}
            </span>
          ))}
        </li>
      ))}
    </ol>
  );
}

type Parameter = Exclude<keyof typeof STYLE_OF, "action" | "timing">;

/** The parameters that a call states, in words. */
function stated(call: Call, words: Words): [Parameter, string][] {
  const { side, direction, speed, repetitions, duration, distance, steps, degrees } = call;
  const found: [Parameter, string | undefined | null | false][] = [
    ["side", side && words.sides[side]],
    ["direction", direction && words.directions[direction]],
    ["degrees", degrees != null && words.degrees(degrees)],
    ["speed", speed !== undefined && speed !== 1 && words.speed(speed)],
    ["repetitions", repetitions != null && words.repetitions(repetitions)],
    ["steps", steps != null && words.walked(steps)],
    ["distance", distance != null && words.distance(distance)],
    ["duration", duration != null && words.duration(duration)],
  ];
  return found.filter((one): one is [Parameter, string] => Boolean(one[1]));
}
