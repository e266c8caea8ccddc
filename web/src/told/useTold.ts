import { useStudio } from "../studio";
import { told } from "./told";

/** `told` in the language of the page. */
export function useTold(): (message: string) => string {
  const language = useStudio((studio) => studio.language);
  return (message) => told(message, language);
}
