/** What becomes of what viewers say: one of three, each explained. */

import { useId } from "react";
import { useWords } from "../studio";
import { POLICIES, type Policy } from "./messages";
import { WORDS } from "./words";

export function Policies({
  value,
  choose,
  disabled = false,
}: {
  value: Policy;
  choose: (policy: Policy) => void;
  disabled?: boolean;
}) {
  const words = useWords(WORDS);
  const group = useId();
  return (
    <fieldset className="policies" disabled={disabled}>
      <legend>{words.policy}</legend>
      {POLICIES.map((policy) => (
        <div key={policy}>
          <label>
            <input
              type="radio"
              name={group}
              checked={policy === value}
              aria-describedby={`${group}-${policy}`}
              onChange={() => {
                choose(policy);
              }}
            />{" "}
            {words.policies[policy]}
          </label>
          <p id={`${group}-${policy}`} className="soft">
            {words.policyHints[policy]}
          </p>
        </div>
      ))}
      <p className="soft">{words.policyHost}</p>
    </fieldset>
  );
}
