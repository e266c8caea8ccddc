/** The words of the page as a whole, in both languages; each view has its own beside it. */

const en = {
  title: "Motion Engine",
  other: "中文",
  theme: "Colours",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  stage: "The character performs:",
  character: "The character",
  noWebgl: "This browser cannot draw in 3D (WebGL 2 is off). Everything else works all the same.",
  loading: "Getting ready…",
  panels: "Tools",
  panel: { library: "Library", pose: "Pose", export: "Export", live: "Live" },
  offline: "The service does not answer. Is `motion serve` running?",
  refused: "The service refused this:",
  key: "This service needs a key. Ask whoever runs it for one (`motion keys add NAME`).",
  keyLabel: "Key",
  keyUse: "Use this key",
};

export type Words = typeof en;

const zh: Words = {
  title: "动作引擎",
  other: "English",
  theme: "配色",
  themes: { system: "跟随系统", light: "浅色", dark: "深色" },
  stage: "角色正在表演：",
  character: "角色",
  noWebgl: "此浏览器无法显示三维画面（WebGL 2 未启用）。其他功能仍然可用。",
  loading: "正在准备…",
  panels: "工具",
  panel: { library: "动作库", pose: "姿势", export: "导出", live: "直播" },
  offline: "服务没有响应。`motion serve` 在运行吗？",
  refused: "服务拒绝了请求：",
  key: "此服务需要密钥。请向运行者索取（`motion keys add NAME`）。",
  keyLabel: "密钥",
  keyUse: "使用此密钥",
};

export const WORDS = { en, zh };
