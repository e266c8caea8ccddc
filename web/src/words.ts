/** All words of the page, in both languages. */

export type Language = "en" | "zh";

const en = {
  title: "Motion Engine",
  ask: "What shall the character do?",
  first: "wave then run",
  go: "Perform",
  examples: ["wave then run", "run while waving the left hand", "先走路，再跳两下，最后鞠躬"],
  play: "Play",
  pause: "Pause",
  space: "Space bar",
  player: "Player",
  stage: "The character performs:",
  time: "Position in the motion",
  working: "Working…",
  understood: "Understood as",
  ignored: "not performed",
  download: "Download",
  unknown: "There is no action for",
  nearest: "Did you mean",
  offline: "The service does not answer. Is `motion serve` running?",
  refused: "The service refused this:",
  noWebgl: "This browser cannot draw in 3D (WebGL 2 is off). The downloads below work all the same.",
  other: "中文",
};

export type Words = typeof en;

const zh: Words = {
  title: "动作引擎",
  ask: "让角色做什么？",
  first: "先挥手，再跑步",
  go: "开始",
  examples: ["先挥手，再跑步", "一边走一边鼓掌", "walk, then jump twice, then bow"],
  play: "播放",
  pause: "暂停",
  space: "空格键",
  player: "播放器",
  stage: "角色正在表演：",
  time: "播放位置",
  working: "正在生成…",
  understood: "理解为",
  ignored: "未表演",
  download: "下载",
  unknown: "没有这个动作：",
  nearest: "您是想说",
  offline: "服务没有响应。`motion serve` 在运行吗？",
  refused: "服务拒绝了请求：",
  noWebgl: "此浏览器无法显示三维画面（WebGL 2 未启用）。下方的下载仍然可用。",
  other: "English",
};

export const WORDS: Record<Language, Words> = { en, zh };
