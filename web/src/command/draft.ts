/** Reads a command while it is being typed. */

import { useEffect, useState } from "react";
import { draft } from "../api/motion";
import { readingOf, type Reading } from "./marks";

const PAUSE = 120; // ms without a key, after which the service is asked

/** What is understood of a text; of an earlier one until the service has answered, nothing while it is being composed. */
export function useReading(text: string, composing: boolean): Reading | undefined {
  const [reading, setReading] = useState<Reading>();
  const empty = text.trim() === "";
  useEffect(() => {
    if (empty || composing) return;
    const stale = new AbortController();
    const timer = setTimeout(() => {
      draft(text, stale.signal).then(
        (found) => {
          setReading(readingOf(text, found));
        },
        () => undefined, // nothing was asked for that could fail: performing the command will say what is wrong
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stale.abort();
    };
  }, [text, empty, composing]);
  return empty ? undefined : reading;
}
