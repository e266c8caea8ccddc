/** What was understood, in the colours of the words: which action, which side, how often, ... */

import { Fragment } from "react";
import type { Call, Draft } from "../api/motion";
import { useWords } from "../studio";
import { STYLE_OF } from "./marks";
import { WORDS, type Words } from "./words";

const MOST = 12; // steps; of a longer command the timeline shows all

export function Plan({ draft: { steps, language, words: said } }: { draft: Draft }) {
  const words = useWords(WORDS);
  const calls = steps.flatMap(({ actions }) => actions);
  /** The words for an action, beside its name where that is in another language. */
  const own = (call: Call) =>
    said
      .filter(({ action, kind }) => language === "zh" && kind === "action" && action === calls.indexOf(call))
      .map(({ text }) => `${text} `);
  return (
    <ol className="plan" aria-label={words.understood}>
      {steps.slice(0, MOST).map(({ actions }, index) => (
        <li key={index}>
          {actions.map((call, number) => (
            <span key={number} className="call">
              {number > 0 && (
                <span className="soft" title={words.together}>
                  {" + "}
                </span>
              )}
              <b className="mark action" title={words.styles.action}>
                {own(call)}
                {call.action.replaceAll("_", " ")}
              </b>
              {stated(call, words).map(([name, value]) => (
                <Fragment key={name}>
                  {" "}
                  <span className={`mark ${STYLE_OF[name]}`} title={words.styles[STYLE_OF[name]]}>
                    {value}
                  </span>
                </Fragment>
              ))}
            </span>
          ))}
        </li>
      ))}
      {steps.length > MOST && <li className="soft">{words.moreSteps(steps.length - MOST)}</li>}
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
