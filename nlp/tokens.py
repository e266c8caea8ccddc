"""Text to tokens: words, numbers, single Chinese characters and punctuation."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "han", "number", "comma", "stop", "foreign"]

# Traditional characters that commands use, and their simplified forms; each column is one pair.
_TRADITIONAL = (
    "揮後後來與從個們過兩雙臺台對時間邊點頭聳鼓樂轉圈彎體後請讓別動聲帶馬開關術組後鐘秒幾遍遠進連續導運動戰緊張慢輕飛"
    "躍躬禮擊腳腿臉腦聽說話長頸膝蓋壯頓熱暫靜慶歡勝歡迎鞏點贊隨後號聯繫無為麼樣發給記憶還開門場燈擺踢見觀眾鏡"
    "倒滾翻筋鬥爾後劃臥撐應該對們這裡裏隻條隊將軍員勢勁騰繞圓極嘗試別於樓梯爬樹遊泳劍閃躲緩側總結齊步踏專屬機"
    "實現幫我們歲買賣車輛經驗夠準備顫搖肩慣國師學習區傷壓寫圖嚮誰許諾賽較錯髮鬆餘鍵鬧麗龍龜閉闊陽陰雲電題願顧風飄館駐"
    "舉灑擰換攤掛撲繩棄輪滿慮復複軟轟瘋憤懶嚇飯麵貓鵝雞鴨豬屍莊嚴肅煩剛終繼歷創製邁奮趕趨達針錢鐵陣雖靈響頂順顯騎鬥戲臂籃書紙畫燈瓶買畢竟橫豎縱斜側臨徵響"
    "驚鳥單獨雜難離須顏額類餵丟佈併億價優傳債傾償兒內冊凍劇劉勞勵協厲參叢吶喚喊嗎囉圍園塊報墊壺奪妝娛婦嬌寶審寬層嶄"
    "廣廳彈徑徹態憐戲擁擇擋擔據擠擬擴攝敵數斷曬朧東極楊槍樁橋歸氣沖決淚淺湯滅漢潑濕灣爭犧狀獎現畫當疊療盡監盤確禍種積穩穿"
)
_SIMPLIFIED = (
    "挥后后来与从个们过两双台台对时间边点头耸鼓乐转圈弯体后请让别动声带马开关术组后钟秒几遍远进连续导运动战紧张慢轻飞"
    "跃躬礼击脚腿脸脑听说话长颈膝盖壮顿热暂静庆欢胜欢迎巩点赞随后号联系无为么样发给记忆还开门场灯摆踢见观众镜"
    "倒滚翻筋斗尔后划卧撑应该对们这里里只条队将军员势劲腾绕圆极尝试别于楼梯爬树游泳剑闪躲缓侧总结齐步踏专属机"
    "实现帮我们岁买卖车辆经验够准备颤摇肩惯国师学习区伤压写图向谁许诺赛较错发松余键闹丽龙龟闭阔阳阴云电题愿顾风飘馆驻"
    "举洒拧换摊挂扑绳弃轮满虑复复软轰疯愤懒吓饭面猫鹅鸡鸭猪尸庄严肃烦刚终继历创制迈奋赶趋达针钱铁阵虽灵响顶顺显骑斗戏臂篮书纸画灯瓶买毕竟横竖纵斜侧临征响"
    "惊鸟单独杂难离须颜额类喂丢布并亿价优传债倾偿儿内册冻剧刘劳励协厉参丛呐唤喊吗啰围园块报垫壶夺妆娱妇娇宝审宽层崭"
    "广厅弹径彻态怜戏拥择挡担据挤拟扩摄敌数断晒胧东极杨枪桩桥归气冲决泪浅汤灭汉泼湿湾争牺状奖现画当叠疗尽监盘确祸种积稳穿"
)
_SIMPLE: dict[int, int | str] = dict(str.maketrans(_TRADITIONAL, _SIMPLIFIED))
_SIMPLE.update({ord("‘"): "'", ord("’"): "'", ord("′"): "'", ord("著"): "着", ord("ʼ"): "'"})

_CONTRACTIONS = {
    "don't": ("do", "not"), "dont": ("do", "not"), "doesn't": ("does", "not"), "doesnt": ("does", "not"),
    "mustn't": ("must", "not"), "shouldn't": ("should", "not"), "can't": ("cannot",), "won't": ("do", "not"),
    "didn't": ("do", "not"), "let's": ("let", "us"), "i'd": ("i", "would"), "you'd": ("you", "would"),
    "you're": ("you", "are"), "he's": ("he", "is"), "she's": ("she", "is"), "it's": ("it", "is"),
    "they're": ("they", "are"), "you've": ("you", "have"), "we're": ("we", "are"), "i'm": ("i", "am"),
    "isn't": ("is", "not"), "you'll": ("you", "will"), "i'll": ("i", "will"), "that's": ("that", "is"),
    "he'll": ("he", "will"), "she'll": ("she", "will"), "they'll": ("they", "will"), "let": ("let",),
}  # fmt: skip
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SIGN = r"(?:(?<![\w.)\]-])[-\u2212](?=\.?\d))?"
_TOKEN = re.compile(
    r"(?P<clock>(?<![\d:])\d{1,2}:[0-5]\d(?![\d:]))"
    r"|(?P<fraction>(?:\d{1,6} +)?(?<![\d.])[1-9][/\u2044](?:2|3|4|5|6|8|10)(?![\d/]))"
    rf"|(?P<number>{_SIGN}(?:\d{{1,3}}(?:,\d{{3}})+(?![\d,])|\d{{1,12}})(?:\.\d{{1,6}})?(?:e\d{{1,2}}(?![a-z\d]))?"
    rf"|{_SIGN}(?<![\w.])\.\d{{1,6}})"
    rf"|(?P<han>[{_HAN}])|(?P<word>[a-z\u00df-\u024f]+(?:['_][a-z]+)*|[°&])"
    r"|(?P<comma>[,、:\u2013\u2014()\[\]\"“”>/-])|(?P<stop>[.;!?。…\n]+)|(?P<foreign>[^\W\d_]+)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number, character or mark, and from where to where it stands in the text."""

    text: str
    kind: Kind
    start: int = 0
    end: int = 0


def simplify(text: str) -> str:
    """Lower case, full-width forms narrowed, traditional characters simplified (those of commands only)."""
    return _simplified(text)[0]


def _simplified(text: str) -> tuple[str, list[int]]:
    """The text as `simplify` gives it; for each of its characters, and the end, where in `text` it comes from."""
    plain: list[str] = []
    origin: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        form = unicodedata.normalize("NFKC", text[start:end]).lower().translate(_SIMPLE)
        form = f" {form}" if "\u2044" in form else form  # 2½ is two and a half, not 21/2
        plain.append(form)
        origin += [start] * len(form)
        start = end
    return "".join(plain), [*origin, len(text)]


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`; emoji and other symbols are left out. Linear in the length of the text."""
    tokens: list[Token] = []
    plain, origin = _simplified(text)
    for match in _TOKEN.finditer(plain):
        word, kind = match.group(), match.lastgroup
        assert kind is not None
        at = origin[match.start()], max(origin[match.end()], origin[match.end() - 1] + 1)
        if kind == "word" and "'" in word:
            parts = _CONTRACTIONS.get(word) or ((word[:-2], "'s") if word.endswith("'s") else (word.replace("'", ""),))
            tokens += [Token(part, "word", *at) for part in parts if part != "'s"]
        elif kind == "word":
            tokens += [Token(part, "word", *at) for part in _CONTRACTIONS.get(word) or (word,)]
        elif kind == "clock":
            minutes, _, seconds = word.partition(":")
            tokens += [Token(str(60 * int(minutes) + int(seconds)), "number", *at), Token("seconds", "word", *at)]
        elif kind == "fraction":
            *whole, share = word.replace("\u2044", "/").split()
            above, below = share.split("/")
            tokens.append(Token(f"{sum(map(int, whole)) + int(above) / int(below):.6g}", "number", *at))
        elif kind == "number" and not word.isdecimal():
            number = float(word.replace(",", "").replace("\u2212", "-"))
            tokens.append(Token(f"{number:.12g}" if abs(number) < 1e12 else str(number), "number", *at))
        else:
            tokens.append(Token(word, kind, *at))  # type: ignore[arg-type]
    return tokens


def spell(tokens: list[Token]) -> str:
    """The tokens as text: spaces between words, none between Chinese characters."""
    out = ""
    for token in tokens:
        if out and not (token.kind in ("han", "comma", "stop") or (out[-1] > "\u2e7f")):
            out += " "
        out += token.text
    return out
