/** What the service says in English, in the language of the page. */

import type { Language } from "../studio";
import messages from "./messages.zh.json";
import tags from "./tags.zh.json";

interface Entry {
  pattern: RegExp;
  chinese: string;
}

const ANYTHING = "((?:(?!; ).)+?)"; // but not the next note

let known: Entry[] | undefined;

/** The messages by what they look like: "{0}" stands for whatever the service puts there. */
function entries(): Entry[] {
  known ??= Object.entries({ ...messages, ...tags }).map(([english, chinese]) => {
    const parts = english.split(/\{\d+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return { pattern: new RegExp(`^${parts.join(ANYTHING)}$`, "s"), chinese };
  });
  return known;
}

/** A message, tag or note of the service; itself where nobody has translated it. */
export function told(message: string, language: Language): string {
  return (language === "zh" && translated(message)) || message;
}

function translated(message: string): string | undefined {
  for (const { pattern, chinese } of entries()) {
    const found = pattern.exec(message);
    if (found) return chinese.replace(/\{(\d+)\}/g, (_, n: string) => told(found[Number(n) + 1] ?? "", "zh"));
  }
  return inParts(message, "; ", "；") ?? inParts(message, ": ", "：");
}

/** Several notes in one, or what is wrong after the name of a file. */
function inParts(message: string, between: string, chinese: string): string | undefined {
  const at = message.indexOf(between);
  if (at < 0) return undefined;
  const [first, rest] = [message.slice(0, at), message.slice(at + between.length)];
  const after = translated(rest);
  return after === undefined ? undefined : `${told(first, "zh")}${chinese}${after}`;
}
