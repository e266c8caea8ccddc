/** All words of the page, in both languages. */

export type Language = "en" | "zh";

export const WORDS = {
  en: {
    ask: "What shall the character do?",
    placeholder: "wave then run",
    go: "Perform",
    examples: ["wave then run", "run while waving the left hand", "先走路，再跳两下，最后鞠躬"],
    play: "Play",
    pause: "Pause",
    time: "Position in the motion",
    understood: "Understood as",
    download: "Download",
    nearest: "Did you mean",
    other: "中文",
  },
  zh: {
    ask: "让角色做什么？",
    placeholder: "先挥手，再跑步",
    go: "开始",
    examples: ["先挥手，再跑步", "一边走一边鼓掌", "walk, then jump twice, then bow"],
    play: "播放",
    pause: "暂停",
    time: "动作的位置",
    understood: "理解为",
    download: "下载",
    nearest: "您是想说",
    other: "English",
  },
} as const;
