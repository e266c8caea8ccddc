/** The words of the microphone. */

import type { Hindrance } from "./recorder";

const hindered: Record<Hindrance, string> = {
  insecure:
    "Browsers allow the microphone only on https:// pages and on localhost. Open the studio there, or type the command.",
  unsupported:
    "This browser cannot record sound. Type the command, or use a current Chrome, Firefox, Edge or Safari.",
  missing: "No microphone was found. Connect one, or type the command.",
  refused:
    "The browser does not let this page use the microphone. Allow it in the site's settings (beside the address), and press again.",
  busy: "The microphone does not answer: another program may be using it. Close that, and press again.",
  short: "That was too short to hear anything. Hold the button while you speak.",
};

const en = {
  speak: "Speak",
  speakTitle: "Hold while you speak, or press once to begin and once more to end",
  asking: "Allow the microphone in the browser's question…",
  held: "Listening: let go when you have said it. Esc throws it away.",
  open: "Listening: press again when you have said it. Esc throws it away.",
  hearing: "Hearing what was said…",
  nothingHeard: "Nothing was heard clearly. Speak closer to the microphone, and say it again.",
  noSpeech:
    "This service has no speech recognition, or it does not work. Type the command. Whoever runs the service reads:",
  hindered,
};

export type Words = typeof en;

const zh: Words = {
  speak: "说话",
  speakTitle: "按住说话；或点一下开始，再点一下结束",
  asking: "请在浏览器的提示中允许使用麦克风…",
  held: "正在听：说完松开。Esc 放弃。",
  open: "正在听：说完再点一下。Esc 放弃。",
  hearing: "正在识别…",
  nothingHeard: "没有听清。请靠近麦克风再说一遍。",
  noSpeech: "此服务没有语音识别，或语音识别不可用。请打字输入。给服务运行者的信息：",
  hindered: {
    insecure: "浏览器只允许在 https:// 页面和 localhost 上使用麦克风。请在那里打开本页，或打字输入。",
    unsupported: "此浏览器不能录音。请打字输入，或使用新版 Chrome、Firefox、Edge 或 Safari。",
    missing: "没有找到麦克风。请连接麦克风，或打字输入。",
    refused: "浏览器不允许本页使用麦克风。请在地址旁的网站设置中允许，然后再按一次。",
    busy: "麦克风没有反应：可能被其他程序占用。请关闭那个程序，然后再按一次。",
    short: "太短了，没有听到。请按住按钮说话。",
  },
};

export const WORDS = { en, zh };
