/** The words of the command bar. */

const en = {
  ask: "What shall the character do?",
  first: "wave then run",
  go: "Perform",
  examples: ["wave then run", "run while waving the left hand three times", "先走路，再跳两下，最后鞠躬"],
  working: "Working…",
  understood: "Understood as",
  ignored: "not performed",
  nearest: "Did you mean",
};

export type Words = typeof en;

const zh: Words = {
  ask: "让角色做什么？",
  first: "先挥手，再跑步",
  go: "开始",
  examples: ["先挥手，再跑步", "一边走一边鼓掌三次", "walk, then jump twice, then bow"],
  working: "正在生成…",
  understood: "理解为",
  ignored: "未表演",
  nearest: "您是想说",
};

export const WORDS = { en, zh };
