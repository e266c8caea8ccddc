/** The document is in the language, the colours and of the title of its page. */

import { useEffect } from "react";
import { useStudio } from "../studio";

export function useDocument(title: string): void {
  const language = useStudio((studio) => studio.language);
  const theme = useStudio((studio) => studio.theme);
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.documentElement.dataset.theme = theme;
    document.title = title;
  }, [language, theme, title]);
}
