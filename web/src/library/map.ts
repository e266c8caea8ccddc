/** What is stated of a file's skeleton, as the YAML of a map. */

export interface Stated {
  up: string;
  facing: string;
  unit: string;
  joints: string; // lines "ours: the file's"
}

export const UNSTATED: Stated = { up: "", facing: "", unit: "", joints: "" };

/** The map that says so; empty if nothing is stated. */
export function yamlOf({ up, facing, unit, joints }: Stated): string {
  const pairs = joints.split("\n").flatMap((line) => {
    const [ours = "", ...rest] = line.split(/[:：]/);
    const theirs = rest.join(":").trim();
    return ours.trim() && theirs ? [`  ${JSON.stringify(ours.trim())}: ${JSON.stringify(theirs)}`] : [];
  });
  const facts = Object.entries({ up, facing, unit }).filter(([, value]) => value);
  return [
    ...(pairs.length > 0 ? ["joints:", ...pairs] : []),
    ...facts.map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
  ].join("\n");
}
