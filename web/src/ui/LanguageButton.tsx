/** Changes the page to the other language. */

import { setLanguage, useStudio, useWords } from "../studio";
import { WORDS } from "../words";

export function LanguageButton() {
  const words = useWords(WORDS);
  const other = useStudio((studio) => (studio.language === "en" ? "zh" : "en"));
  return (
    <button
      type="button"
      className="plain"
      lang={other === "zh" ? "zh-CN" : "en"}
      onClick={() => {
        setLanguage(other);
      }}
    >
      {words.other}
    </button>
  );
}
